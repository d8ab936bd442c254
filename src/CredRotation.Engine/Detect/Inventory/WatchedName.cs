namespace CredRotation.Engine.Detect.Inventory;

/// <summary>Names one watched object, or a vault as a whole.</summary>
/// <param name="Kind">Null for the vault itself; then the name is empty.</param>
public sealed record WatchedName(string VaultHost, VaultObjectKind? Kind, string Name)
{
    public static WatchedName Of(SecretName secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return new(secret.VaultHost, VaultObjectKind.Secret, secret.Name);
    }

    public static WatchedName OfVault(string vaultHost) => new(vaultHost, null, "");

    public override string ToString() => Kind switch
    {
        VaultObjectKind.Secret => $"https://{VaultHost}/secrets/{Name}",
        VaultObjectKind.Key => $"https://{VaultHost}/keys/{Name}",
        VaultObjectKind.Certificate => $"https://{VaultHost}/certificates/{Name}",
        _ => $"https://{VaultHost}/",
    };
}
