using System.Text.Json.Serialization;

namespace CredRotation.Engine.Detect.Inventory;

/// <summary>Names one watched object, a vault as a whole, a way in by which events come, or our own ledger.</summary>
/// <param name="VaultHost">Empty for a way in and the ledger.</param>
/// <param name="Kind">Null for the vault itself, whose name is empty, for a way in and the ledger.</param>
public sealed record WatchedName(string VaultHost, VaultObjectKind? Kind, string Name)
{
    public static WatchedName Ledger { get; } = new("", null, "CredRotation's own ledger");

    /// <summary>Stands where the name of a vault stands; no host can be called so.</summary>
    public const string AppRegistrations = "app registrations";

    /// <summary>Stands where the name of a vault stands; no host can be called so.</summary>
    public const string OwnerGroups = "owner groups";

    /// <summary>A group that is to answer.</summary>
    public static WatchedName OfOwners(string group) => new(OwnerGroups, null, group);

    /// <summary>A secret or certificate of an app registration.</summary>
    public static WatchedName OfApp(AppRegistrationSeen app, AppCredentialSeen credential)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(credential);
        return new(AppRegistrations, credential.Kind, $"{app.AppId}/{credential.KeyId}");
    }

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
        _ when VaultHost == AppRegistrations => Name.Length == 0 ? AppRegistrations : $"app registration {Name}",
        _ when VaultHost == OwnerGroups => $"owner group {Name}",
        VaultObjectKind.Secret => $"https://{VaultHost}/secrets/{Name}",
        VaultObjectKind.Key => $"https://{VaultHost}/keys/{Name}",
        VaultObjectKind.Certificate => $"https://{VaultHost}/certificates/{Name}",
        _ => $"https://{VaultHost}/",
    };
}
