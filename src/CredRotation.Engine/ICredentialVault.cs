namespace CredRotation.Engine;

/// <summary>One version of a secret as a list shows it: properties, never a value.</summary>
/// <param name="Version">The version id; null in a listing of secrets, which names none.</param>
/// <param name="IsManaged">The vault keeps it itself, for example behind a certificate: never ours to rotate.</param>
public sealed record SecretProperties(
    SecretName Secret,
    string? Version,
    bool IsEnabled,
    DateTimeOffset? ExpiresOn,
    DateTimeOffset? CreatedOn,
    DateTimeOffset? UpdatedOn,
    string? ContentType,
    IReadOnlyDictionary<string, string> Tags,
    bool IsManaged = false);

/// <summary>A version with its value. <paramref name="RemoteDate"/> is the vault's own clock.</summary>
public sealed record VaultSecret(SecretProperties Properties, SecretText Value, DateTimeOffset? RemoteDate);

/// <summary>What a write asks for; nothing carries over from the version before.</summary>
public sealed record VaultWrite(SecretText Value, string? ContentType, DateTimeOffset? ExpiresOn, IReadOnlyDictionary<string, string> Tags);

/// <summary>
/// Key Vault, as a rotation needs it. Every member may throw <see cref="RemoteTroubleException"/>, and may have happened although it threw.
/// <c>callId</c> is sent as the client request id, so that the vault's own audit log names our call.
/// </summary>
public interface ICredentialVault
{
    /// <summary>Every version of a secret, oldest first by creation; ties keep the vault's order.</summary>
    Task<IReadOnlyList<SecretProperties>> ListVersionsAsync(SecretName secret, string callId, CancellationToken cancellationToken);

    /// <summary>The newest version with its value.</summary>
    Task<VaultSecret> ReadCurrentAsync(SecretName secret, string callId, CancellationToken cancellationToken);

    Task<VaultSecret> ReadVersionAsync(SecretName secret, string version, string callId, CancellationToken cancellationToken);

    /// <summary>Updates a version's properties to what they already are: shows that the vault lets us write.</summary>
    Task ConfirmWritableAsync(SecretProperties current, string callId, CancellationToken cancellationToken);

    /// <summary>Writes a version's tags, all of them, and its end in one PATCH; its value, its state and its content type stay. Source: Key Vault REST, "Update Secret".</summary>
    /// <param name="expiresOn">Null leaves the end as it is.</param>
    Task RetagAsync(SecretProperties current, IReadOnlyDictionary<string, string> tags, DateTimeOffset? expiresOn, string callId, CancellationToken cancellationToken);

    /// <summary>Writes a new version and answers its id.</summary>
    Task<string> WriteAsync(SecretName secret, VaultWrite write, string callId, CancellationToken cancellationToken);

    /// <summary>Deletes a secret of ours in the staging vault; gone already is fine.</summary>
    Task DiscardAsync(SecretName secret, string callId, CancellationToken cancellationToken);
}
