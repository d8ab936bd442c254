using Azure.Core;
using CredRotation.Adapters.KeyVault;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Setup;
using Microsoft.Extensions.Options;

namespace CredRotation.Adapters.Setup;

/// <summary>
/// Whether the app may list each watched vault, and in mode Rotate read and write it and the staging vault. Asked without any effect: reading
/// and changing a version that cannot exist is refused for lack of a right, or else not found.
/// </summary>
internal sealed class VaultNeeds(IVaultInventory inventory, KeyVaultClientFactory clients, TokenCredential credential, IOptions<RotationOptions> rotation) : ISetupProbe
{
    /// <summary>A name that nobody gives a secret, for a version that no vault makes.</summary>
    public const string Name = "credrotation-setup-check";

    private const string Version = "00000000000000000000000000000000";
    private const string List = "Key Vault Reader", Change = "Key Vault Secrets Officer";

    public async Task<IReadOnlyList<Need>> ProbeAsync(CancellationToken cancellationToken)
    {
        var options = rotation.Value;
        var principal = await PrincipalAsync(cancellationToken);
        var needs = new List<Need>();
        if (options.Vaults.Count == 0)
            needs.Add(new Need("watched vaults", NeedState.Missing, "Rotation:Vaults lists no vault.", "Nothing is detected.", "az functionapp config appsettings set --settings Rotation__Vaults__0=https://<vault>.vault.azure.net/ --name <app> --resource-group <group>", "Whoever deploys the app"));
        foreach (var vault in options.Vaults)
        {
            var host = SecretName.HostOf(vault);
            needs.Add(await ListAsync(vault, host, principal, cancellationToken));
            needs.Add(await ChangeAsync($"read and write {host}", vault, host, "No secret of this vault is rotated: its current value cannot be read for the proof, and no new version written.", host, principal, cancellationToken));
        }

        if (options.StagingVault is { } staging)
        {
            var host = SecretName.HostOf(staging);
            needs.Add(await ChangeAsync($"staging vault {host}", staging, host, "Nothing is issued anywhere: a new value has no safe place before it is proved.", "", principal, cancellationToken));
        }
        else
        {
            needs.Add(new Need("staging vault", NeedState.NotNeeded, "Rotation:StagingVault is not set.", "Nothing is issued: mode Rotate needs it.", "azd provision -C infra", "Whoever deploys the app"));
        }

        return needs;
    }

    private async Task<string?> PrincipalAsync(CancellationToken cancellationToken)
    {
        try
        {
            var vault = rotation.Value.Vaults is [var first, ..] ? first : rotation.Value.StagingVault;
            return vault is null ? null : (await AppIdentity.ReadAsync(credential, clients.ScopeOf(vault), cancellationToken)).ObjectId;
        }
        catch (Exception unknown) when (!cancellationToken.IsCancellationRequested && unknown is Azure.Identity.AuthenticationFailedException or Azure.RequestFailedException)
        {
            return null;
        }
    }

    private async Task<Need> ListAsync(Uri vault, string host, string? principal, CancellationToken cancellationToken)
    {
        var need = new Need($"list {host}", NeedState.Met, "Its secrets' properties can be listed.", "Nothing in this vault is detected: neither what expires nor what to rotate.", RoleCommand.OnVault(List, host, principal), RoleCommand.VaultAdmins);
        try
        {
            await foreach (var _ in inventory.ListAsync(vault, VaultObjectKind.Secret, cancellationToken)) break;
            return need;
        }
        catch (RemoteTroubleException trouble)
        {
            return Refused(need, trouble);
        }
    }

    private async Task<Need> ChangeAsync(string name, Uri vault, string host, string without, string stops, string? principal, CancellationToken cancellationToken)
    {
        var need = new Need(name, NeedState.NotNeeded, $"Asked for in mode {RotationMode.Rotate} only; the mode is {rotation.Value.Mode}.", without, RoleCommand.OnVault(Change, host, principal), RoleCommand.VaultAdmins) { StopsVault = stops };
        if (rotation.Value.Mode is not RotationMode.Rotate) return need;

        try
        {
            var client = clients.For(vault);
            await ExpectAbsentAsync(() => client.GetSecretAsync(Name, Version, cancellationToken), host, "read", cancellationToken);
            await ExpectAbsentAsync(() => client.UpdateSecretPropertiesAsync(new Azure.Security.KeyVault.Secrets.SecretProperties(new Uri($"https://{host}/secrets/{Name}/{Version}")), cancellationToken), host, "write", cancellationToken);
            return need with { State = NeedState.Met, Detail = "Reading and writing are allowed for the vault as a whole." };
        }
        catch (RemoteTroubleException trouble)
        {
            return Refused(need, trouble);
        }
    }

    private static async Task ExpectAbsentAsync(Func<Task> call, string host, string verb, CancellationToken cancellationToken)
    {
        try
        {
            await call();
        }
        catch (Azure.RequestFailedException absent) when (absent.Status == 404)
        {
            // Allowed, and not there: nothing was done.
        }
        catch (Exception failure) when (!(failure is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw KeyVaultTrouble.Of(failure, host, null, $"{verb} secrets", Change);
        }
    }

    private static Need Refused(Need need, RemoteTroubleException trouble)
        => need with { State = trouble.Trouble is RemoteTrouble.Denied or RemoteTrouble.Firewall ? NeedState.Missing : NeedState.Unknown, Detail = trouble.Message };
}
