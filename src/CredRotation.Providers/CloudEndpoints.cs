namespace CredRotation.Providers;

/// <summary>
/// Where one Azure cloud takes management calls and sign-ins, and gives tokens for its directory. Source: Microsoft Learn, "Compare Azure
/// Government and global Azure", "Azure China 21Vianet endpoints", "National clouds" of Microsoft Graph and of Microsoft Entra authentication.
/// </summary>
/// <param name="Arm">Azure Resource Manager, which is also the audience of its tokens.</param>
/// <param name="SignIn">The token endpoint's authority.</param>
/// <param name="Graph">The audience of the token that a probe asks for: every tenant has it.</param>
/// <param name="StorageSuffix">Ends the addresses of storage accounts.</param>
public sealed record CloudEndpoints(Uri Arm, Uri SignIn, Uri Graph, string StorageSuffix)
{
    /// <summary>The audience of management tokens, whatever the address is.</summary>
    public Uri ArmAudience { get; init; } = Arm;

    /// <summary>The endpoints of the setting <c>Cloud</c>; a name that is none is refused at the start by another check and is the public cloud here.</summary>
    public static CloudEndpoints Of(string? cloud) => cloud?.Trim().ToUpperInvariant() switch
    {
        "USGOVERNMENT" => new(new("https://management.usgovcloudapi.net"), new("https://login.microsoftonline.us"), new("https://graph.microsoft.us"), "core.usgovcloudapi.net"),
        "CHINA" => new(new("https://management.chinacloudapi.cn"), new("https://login.chinacloudapi.cn"), new("https://microsoftgraph.chinacloudapi.cn"), "core.chinacloudapi.cn"),
        _ => new(new("https://management.azure.com"), new("https://login.microsoftonline.com"), new("https://graph.microsoft.com"), "core.windows.net"),
    };
}
