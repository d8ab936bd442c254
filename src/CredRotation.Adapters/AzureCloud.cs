using Microsoft.Extensions.Configuration;

namespace CredRotation.Adapters;

/// <summary>The Azure clouds there are; the setting <c>Cloud</c> names one, and every address is derived from it.</summary>
public enum CloudName
{
    Public,
    USGovernment,
    China,
}

/// <summary>The addresses of one cloud. Source: Microsoft Learn's pages on national clouds for Key Vault, Storage, Graph and Azure Resource Manager.</summary>
public sealed record AzureCloud(CloudName Name, Uri Graph, Uri Management, string VaultSuffix, string StorageSuffix)
{
    private static readonly AzureCloud[] s_all =
    [
        new(CloudName.Public, new Uri("https://graph.microsoft.com"), new Uri("https://management.azure.com"), "vault.azure.net", "core.windows.net"),
        new(CloudName.USGovernment, new Uri("https://graph.microsoft.us"), new Uri("https://management.usgovcloudapi.net"), "vault.usgovcloudapi.net", "core.usgovcloudapi.net"),
        new(CloudName.China, new Uri("https://microsoftgraph.chinacloudapi.cn"), new Uri("https://management.chinacloudapi.cn"), "vault.azure.cn", "core.chinacloudapi.cn"),
    ];

    /// <summary>Where Log Analytics takes queries. Source: Microsoft Learn, "Azure Monitor Log Analytics API", access the API.</summary>
    public Uri Logs { get; } = new(Name switch { CloudName.USGovernment => "https://api.loganalytics.us", CloudName.China => "https://api.loganalytics.azure.cn", _ => "https://api.loganalytics.azure.com" });

    /// <summary>What a token for it is asked for with; in the public cloud its older name.</summary>
    public string LogsScope => Name is CloudName.Public ? "https://api.loganalytics.io/.default" : $"{Logs.GetLeftPart(UriPartial.Authority)}/.default";

    /// <summary>The cloud of the settings; null when <c>Cloud</c> names none that exists. Absent is Public.</summary>
    public static AzureCloud? Find(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var text = configuration["Cloud"];
        return string.IsNullOrWhiteSpace(text) ? s_all[0] : s_all.SingleOrDefault(cloud => cloud.Name.ToString().Equals(text.Trim(), StringComparison.OrdinalIgnoreCase));
    }
}
