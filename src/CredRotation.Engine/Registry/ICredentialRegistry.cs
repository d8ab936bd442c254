namespace CredRotation.Engine.Registry;

/// <summary>An open door to a rotation for ways in: read models and the inbox. Only visits write anything else.</summary>
public interface ICredentialRegistry
{
    Task<CredentialRow?> FindAsync(CredentialId credential, CancellationToken cancellationToken);

    /// <summary>Every managed credential, in pages.</summary>
    IAsyncEnumerable<CredentialRow> ListAsync(CancellationToken cancellationToken);

    /// <summary>The credential's n-th rotation.</summary>
    Task<Rotation?> FindRotationAsync(CredentialId credential, int ordinal, CancellationToken cancellationToken);

    /// <summary>A rotation by its own id.</summary>
    Task<(CredentialRow Credential, Rotation Rotation)?> FindRotationAsync(RotationId rotation, CancellationToken cancellationToken);

    /// <summary>The credential's chain from its first entry, each with the hash of its stored text.</summary>
    IAsyncEnumerable<(LedgerEntry Entry, string Hash)> ReadLedgerAsync(CredentialId credential, CancellationToken cancellationToken);

    /// <summary>Findings about secrets that are not managed.</summary>
    IAsyncEnumerable<SecretFinding> ListFindingsAsync(CancellationToken cancellationToken);

    /// <summary>Puts an item into the inbox; saying the same again is one item.</summary>
    Task TellAsync(CredentialId credential, InboxItem item, CancellationToken cancellationToken);
}
