namespace CredRotation.Engine.Detect.Inventory;

/// <summary>One object as a vault's list shows it: properties of its newest version, never a value.</summary>
/// <param name="Name">Lower case: Key Vault compares names without case.</param>
/// <param name="IsManaged">The vault keeps it itself, for example the key and the secret behind a certificate; what happens to it is decided there.</param>
public sealed record VaultObject(
    VaultObjectKind Kind,
    string VaultHost,
    string Name,
    bool IsEnabled,
    DateTimeOffset? ExpiresOn,
    DateTimeOffset? CreatedOn,
    DateTimeOffset? UpdatedOn,
    IReadOnlyDictionary<string, string> Tags,
    bool IsManaged)
{
    public WatchedName About => new(VaultHost, Kind, Name);

    /// <summary>A secret as a rotation knows it, as something to watch.</summary>
    public static VaultObject Of(SecretProperties secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return new(VaultObjectKind.Secret, secret.Secret.VaultHost, secret.Secret.Name, secret.IsEnabled, secret.ExpiresOn, secret.CreatedOn, secret.UpdatedOn, secret.Tags, secret.IsManaged);
    }

    /// <summary>The same, as a rotation knows secrets.</summary>
    public SecretProperties ToSecret()
        => new(SecretName.Of(new Uri($"https://{VaultHost}/"), Name), null, IsEnabled, ExpiresOn, CreatedOn, UpdatedOn, null, Tags, IsManaged);
}
