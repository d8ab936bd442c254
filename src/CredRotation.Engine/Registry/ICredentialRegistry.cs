using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;

namespace CredRotation.Engine.Registry;

/// <summary>An open door to a rotation for ways in: read models and the inbox. Only visits write anything else.</summary>
public interface ICredentialRegistry
{
    Task<CredentialRow?> FindAsync(CredentialId credential, CancellationToken cancellationToken);

    /// <summary>Every credential that is managed, or was until it was released, in pages.</summary>
    IAsyncEnumerable<CredentialRow> ListAsync(CancellationToken cancellationToken);

    /// <summary>The credential's n-th rotation.</summary>
    Task<Rotation?> FindRotationAsync(CredentialId credential, int ordinal, CancellationToken cancellationToken);

    /// <summary>A rotation by its own id.</summary>
    Task<(CredentialRow Credential, Rotation Rotation)?> FindRotationAsync(RotationId rotation, CancellationToken cancellationToken);

    /// <summary>The credential's chain from its first entry, each with the hash of its stored text.</summary>
    IAsyncEnumerable<(LedgerEntry Entry, string Hash)> ReadLedgerAsync(CredentialId credential, CancellationToken cancellationToken);

    /// <summary>The stored texts of the credential's chain from its first entry, exactly as they were hashed.</summary>
    IAsyncEnumerable<string> ReadChainAsync(CredentialId credential, CancellationToken cancellationToken);

    /// <summary>What a person should know now of secrets, keys, certificates and vaults, managed or not.</summary>
    IAsyncEnumerable<ObjectFinding> ListFindingsAsync(CancellationToken cancellationToken);

    /// <summary>Notes a finding that no sweep looks for, for example one of events; it is cleared when it was not noted again for a month.</summary>
    /// <param name="times">How often it happened; added to what is known.</param>
    Task NoteFindingAsync(WatchedName about, Finding finding, int times, CancellationToken cancellationToken);

    /// <summary>What the last whole look at each watched vault listed, without tags.</summary>
    IAsyncEnumerable<VaultObject> ListObjectsAsync(CancellationToken cancellationToken);

    /// <summary>Puts an item into the inbox and asks for a visit; saying the same again is one item.</summary>
    Task TellAsync(CredentialId credential, InboxItem item, CancellationToken cancellationToken);
}
