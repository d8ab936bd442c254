using Azure.Identity;
using Microsoft.Extensions.Configuration;

namespace CredRotation.Adapters;

/// <summary>The Azure clouds there are; the setting <c>Cloud</c> names one, and every address is derived from it.</summary>
public enum CloudName
{
    Public,
    USGovernment,
    China,
}

/// <summary>The addresses of one cloud. Sources: the sovereign-cloud pages of Microsoft Learn on Key Vault, Storage, Graph and Entra endpoints.</summary>
public sealed record AzureCloud(CloudName Name, Uri SignIn, Uri Graph, Uri ResourceManager, string VaultSuffix, string StorageSuffix, string SitesSuffix)
{
    public const string Setting = "Cloud";

    private static readonly AzureCloud[] s_all =
    [
        new(CloudName.Public, AzureAuthorityHosts.AzurePublicCloud, new Uri("https://graph.microsoft.com"), new Uri("https://management.azure.com"), "vault.azure.net", "core.windows.net", "azurewebsites.net"),
        new(CloudName.USGovernment, AzureAuthorityHosts.AzureGovernment, new Uri("https://graph.microsoft.us"), new Uri("https://management.usgovcloudapi.net"), "vault.usgovcloudapi.net", "core.usgovcloudapi.net", "azurewebsites.us"),
        new(CloudName.China, AzureAuthorityHosts.AzureChina, new Uri("https://microsoftgraph.chinacloudapi.cn"), new Uri("https://management.chinacloudapi.cn"), "vault.azure.cn", "core.chinacloudapi.cn", "chinacloudsites.cn"),
    ];

    /// <summary>The cloud of the settings; null when <c>Cloud</c> names none that exists. Absent is Public.</summary>
    public static AzureCloud? Find(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var text = configuration[Setting];
        return string.IsNullOrWhiteSpace(text) ? s_all[0] : s_all.SingleOrDefault(cloud => cloud.Name.ToString().Equals(text.Trim(), StringComparison.OrdinalIgnoreCase));
    }

    public string GraphScope => $"{Graph.AbsoluteUri}.default";
}
