using CredRotation.Engine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace CredRotation.Adapters;

/// <summary>What must be true of cloud, identity and addresses before anything signs in anywhere.</summary>
internal sealed class AzureCheck(IConfiguration configuration, IOptionsMonitor<RotationOptions> rotation) : IStartupCheck
{
    private const string HostStorage = "AzureWebJobsStorage";

    public IEnumerable<string> Faults()
    {
        if (AzureCloud.Find(configuration) is not { } cloud)
        {
            yield return $"Cloud must be one of {string.Join(", ", Enum.GetNames<CloudName>())}, for example Public.";
            yield break;
        }

        if (configuration["ManagedIdentityClientId"] is { Length: > 0 } identity && !Guid.TryParse(identity, out _))
            yield return "ManagedIdentityClientId must be the client id of the app's user-assigned identity, for example 00000000-0000-0000-0000-0000000000aa, or empty for the system-assigned one.";
        if (configuration["Graph:BaseUrl"] is { Length: > 0 } graph && !(Uri.TryCreate(graph, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || address.IsLoopback)))
            yield return $"Graph:BaseUrl must be an https address, for example {cloud.Graph}v1.0. Leave it empty to follow Cloud.";
        // A key that somebody must renew by hand is what this app is there to end.
        if (configuration[HostStorage] is { } storage && IsKey(storage) && !IsEmulator(storage))
            yield return $"{HostStorage} holds a key. Use the managed identity: {HostStorage}__accountName, for example strotation, with {HostStorage}__credential managedidentity and {HostStorage}__clientId.";

        foreach (var (setting, vault) in Vaults().Where(vault => vault.Uri is { IsAbsoluteUri: true, IsLoopback: false } uri && !uri.Host.EndsWith($".{cloud.VaultSuffix}", StringComparison.OrdinalIgnoreCase)))
            yield return $"{setting} is on {vault!.Host}, which is no vault of the cloud {cloud.Name}: their names end in .{cloud.VaultSuffix}, for example https://payments.{cloud.VaultSuffix}/. Correct it, or set Cloud.";
    }

    private IEnumerable<(string Setting, Uri? Uri)> Vaults()
    {
        RotationOptions options;
        try
        {
            options = rotation.CurrentValue;
        }
        catch (Exception unusable) when (unusable is OptionsValidationException or InvalidOperationException)
        {
            // Its own check says why.
            return [];
        }

        return options.Vaults.Select((vault, index) => ($"Rotation:Vaults:{index}", (Uri?)vault)).Append(("Rotation:StagingVault", options.StagingVault));
    }

    private static bool IsKey(string storage) => storage.Contains("AccountKey=", StringComparison.OrdinalIgnoreCase) || storage.Contains("SharedAccessSignature=", StringComparison.OrdinalIgnoreCase);

    private static bool IsEmulator(string storage) => storage.Contains("AccountName=devstoreaccount1", StringComparison.OrdinalIgnoreCase);
}
