using System.Text.Json.Serialization;

namespace CredRotation.Engine.Detect.Inventory;

/// <summary>Names one watched object, a vault as a whole, a way in by which events come, or our own ledger.</summary>
/// <param name="VaultHost">Empty for a way in and the ledger.</param>
/// <param name="Kind">Null for the vault itself, whose name is empty, for a way in and the ledger.</param>
public sealed record WatchedName(string VaultHost, VaultObjectKind? Kind, string Name)
{
    public static WatchedName Ledger { get; } = new("", null, "CredRotation's own ledger");

    public static WatchedName Of(SecretName secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return new(secret.VaultHost, VaultObjectKind.Secret, secret.Name);
    }

    public static WatchedName OfVault(string vaultHost) => new(vaultHost, null, "");

    /// <summary>What comes this way says where it is from, and need not be believed: so it is named by the way.</summary>
    public static WatchedName OfWayIn(string function) => new("", null, function);

    [JsonIgnore]
    public bool IsWayIn => VaultHost.Length == 0 && this != Ledger;

    public override string ToString() => Kind switch
    {
        _ when VaultHost.Length == 0 => Name,
        VaultObjectKind.Secret => $"https://{VaultHost}/secrets/{Name}",
        VaultObjectKind.Key => $"https://{VaultHost}/keys/{Name}",
        VaultObjectKind.Certificate => $"https://{VaultHost}/certificates/{Name}",
        _ => $"https://{VaultHost}/",
    };
}
