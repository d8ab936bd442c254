using System.Collections.Concurrent;
using System.Globalization;
using CredRotation.Engine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CredRotation.Testing.Simulation;

/// <summary>The settings of a simulated installation, bound and judged by the shipped validator once per class.</summary>
public static class SimulatedSettings
{
    public const string PlatformHost = "platform.vault.azure.net";
    public const string ManagementName = "vendor-management-key";
    public const string SecretName = "vendor-api-key";
    public const string Account = "vendor";
    public const string Alias = "checkout";
    public const string Principal = "c0000000-0000-0000-0000-000000000001";

    /// <summary>How long before its end a credential is due.</summary>
    public static readonly TimeSpan Lead = TimeSpan.FromDays(30);

    public static readonly TimeSpan Reserve = TimeSpan.FromHours(6);

    private static readonly ConcurrentDictionary<(string Vendor, int Number), (RotationOptions? Options, string? Refusal)> Known = new();

    /// <summary>The vault that consumers of the n-th installation read.</summary>
    public static string HostOf(int installation) => string.Create(CultureInfo.InvariantCulture, $"payments{installation}.vault.azure.net");

    public static string StagingOf(int installation) => string.Create(CultureInfo.InvariantCulture, $"staging{installation}.vault.azure.net");

    /// <summary>What the start-up says against this class; null when it is accepted.</summary>
    public static string? RefusalOf(VendorClass vendor) => Bind(vendor, 1).Refusal;

    internal static RotationOptions Of(VendorClass vendor, int installation)
        => Bind(vendor, installation) is { Options: { } options } bound ? options : throw new InvalidOperationException(Bind(vendor, installation).Refusal);

    private static (RotationOptions? Options, string? Refusal) Bind(VendorClass vendor, int installation) => Known.GetOrAdd((vendor.Name, installation), static (key, vendor) =>
    {
        var clock = TimeProvider.System;
        var services = new ServiceCollection();
        services.AddRotationEngine(new ConfigurationBuilder().AddInMemoryCollection(Settings(vendor, key.Number)).Build());
        services.AddSingleton<IProviderCatalog>(new WorldCatalog(new InMemoryVendorProvider(new VendorModel(clock, 1, vendor), new FaultInjector(clock))));
        using var built = services.BuildServiceProvider();
        try
        {
            return (built.GetRequiredService<IOptions<RotationOptions>>().Value, null);
        }
        catch (OptionsValidationException refused)
        {
            return (null, string.Join(" ", refused.Failures));
        }
    }, vendor);

    private static Dictionary<string, string?> Settings(VendorClass vendor, int installation) => new()
    {
        ["Rotation:Mode"] = "Rotate",
        ["Rotation:Vaults:0"] = $"https://{HostOf(installation)}/",
        ["Rotation:StagingVault"] = $"https://{StagingOf(installation)}/",
        ["Rotation:FallbackGroup"] = RotationWorld.FallbackGroup,
        [$"Rotation:Accounts:{Account}:Provider"] = vendor.Name,
        [$"Rotation:Accounts:{Account}:Secrets:management"] = $"https://{PlatformHost}/secrets/{ManagementName}",
        [$"Rotation:Accounts:{Account}:Vaults:0"] = $"https://{HostOf(installation)}/",
        [$"Rotation:Accounts:{Account}:Targets"] = "target-[0-9]",
        [$"Rotation:Accounts:{Account}:OwnerGroups:0"] = RotationWorld.OwnerGroup,
        ["Rotation:Policies:standard:Lead"] = Lead.ToString(),
        ["Rotation:Policies:standard:Lifetime"] = "90.00:00:00",
        ["Rotation:Policies:standard:Reserve"] = Reserve.ToString(),
        [$"Rotation:Consumers:{Alias}:Hook"] = "https://checkout.example.com/reload",
        [$"Rotation:Consumers:{Alias}:Audience"] = "api://checkout",
        [$"Rotation:Consumers:{Alias}:Principal"] = Principal,
    };
}
