using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Functions.Access;
using CredRotation.Pages.Credentials;
using CredRotation.Pages.Unmanaged;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions.Reading;

/// <summary>Gathers what is only watched, each with the command that adopts it within what configuration grants.</summary>
public sealed class UnmanagedReader(Inventory inventory, IOptions<RotationOptions> options, TimeProvider time)
{
    public async Task<UnmanagedPageModel> ReadAsync(Visit visit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var (rows, _) = await inventory.ReadAsync(visit, cancellationToken);
        var watched = await inventory.ReadUnmanagedAsync(visit, rows, cancellationToken);
        return new UnmanagedPageModel([.. watched.Select(Line)], visit.Caller.Name, time.GetUtcNow());
    }

    private UnmanagedLine Line(WatchedLine watched)
    {
        var seen = watched.Seen;
        var granted = seen.Kind is VaultObjectKind.Secret ? options.Value.Accounts.Where(account => account.Value.Vaults.Any(vault => SecretName.HostOf(vault) == seen.VaultHost)).ToList() : [];
        if (granted.Count == 0 || !SecretName.TryOf(new Uri($"https://{seen.VaultHost}/"), seen.Name, out var secret)) return new UnmanagedLine(watched, null, null);

        // What configuration leaves open is for a person to say.
        var account = granted.Count == 1 ? granted[0].Key : $"'<{string.Join(" or ", granted.Select(one => one.Key).Order(StringComparer.Ordinal).Take(5))}>'";
        var groups = granted.SelectMany(one => one.Value.OwnerGroups).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var owner = groups.Count == 1 ? groups[0] : "'<object id of the owner group>'";
        return new UnmanagedLine(watched,
            $"az automation runbook start --resource-group '<group>' --automation-account-name '<account>' --name New-Adoption --parameters BaseUri={options.Value.PagesBaseUri?.AbsoluteUri ?? "'<address of this app>'"} Audience='<api://...>' Vault={secret!.VaultUri.AbsoluteUri} Secret={secret.Name} Account={account} Target='<object at the provider>' Owner={owner}",
            CredentialId.Of(secret).Value);
    }
}
