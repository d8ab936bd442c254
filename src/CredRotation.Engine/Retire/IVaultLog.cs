namespace CredRotation.Engine.Retire;

/// <summary>Somebody who read a secret, by the vault's own log.</summary>
/// <param name="ObjectId">Of the caller's identity.</param>
/// <param name="AppId">Of its application; null where the log names none.</param>
/// <param name="Version">The version that was asked for; null: whatever was current.</param>
/// <param name="Times">How often, between the two instants.</param>
public sealed record VaultReader(string ObjectId, string? AppId, string? Version, DateTimeOffset FirstOn, DateTimeOffset LastOn, long Times);

/// <summary>What the log says. Only <see cref="Read"/> shows anything: an empty log is not a vault that nobody reads.</summary>
public abstract record VaultLogAnswer
{
    private VaultLogAnswer()
    {
    }

    /// <param name="Readers">Everybody but ourselves.</param>
    /// <param name="CompleteUntil">The newest of the vault's entries that has arrived.</param>
    public sealed record Read(IReadOnlyList<VaultReader> Readers, DateTimeOffset CompleteUntil) : VaultLogAnswer;

    /// <summary>No entry of this vault at all, so that its log does not arrive there.</summary>
    public sealed record NoEvidence(string Detail) : VaultLogAnswer;

    /// <summary>A part of the question was not answered.</summary>
    public sealed record Partial(string Detail) : VaultLogAnswer;

    public sealed record NotAllowed(string Detail) : VaultLogAnswer;

    public sealed record Unavailable(string Detail) : VaultLogAnswer;
}

/// <summary>The audit log of the vaults. Never throws for what the log's service does.</summary>
public interface IVaultLog
{
    /// <summary>Who read the secret since then, by caller and version.</summary>
    Task<VaultLogAnswer> ReadersAsync(SecretName secret, DateTimeOffset since, CancellationToken cancellationToken);
}
