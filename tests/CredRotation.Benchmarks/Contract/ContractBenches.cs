using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Vendors;
using CredRotation.Testing;

namespace CredRotation.Benchmarks.Contract;

/// <summary>One provider and a way to a fresh vendor of it.</summary>
/// <param name="Class">The class of vendor it was found to be, as the survey names it.</param>
/// <param name="IsPaymentGateway">It takes payments.</param>
internal sealed record ContractBench(string Kind, string Class, bool IsPaymentGateway, Func<CancellationToken, Task<IProviderBench>> StartAsync)
{
    /// <summary>Which of several vendors' objects of this kind it is; null where there is one.</summary>
    public string? Variant { get; init; }

    public override string ToString() => Variant is null ? Kind : $"{Kind} {Variant}";
}

/// <summary>Every provider that the contract is checked with: the one place where another is added.</summary>
internal static class ContractBenches
{
    private static readonly string[] s_gateways = ["solidgate-api-key", "paddle-api-key", "spreedly-access-secret", "braintree-oauth-client-secret", "finix-api-key"];

    public static IReadOnlyList<ContractBench> All { get; } =
    [
        new(GatewayBench.ModeA, "timer-issue", true, stop => GatewayBench.StartAsync(GatewayBench.ModeA, stop)),
        new(GatewayBench.ModeB, "overlap-list", true, stop => GatewayBench.StartAsync(GatewayBench.ModeB, stop)),
        .. VendorSurfaces.All.Select(surface => new ContractBench(surface.Kind, surface.Truth.Name, s_gateways.Contains(surface.Kind), async stop => await SurfaceBench.StartAsync(surface, stop))),
        new("postgresql-login", "pair-caller-made", false, async stop => await PostgreSqlBench.StartAsync(stop)),
        new("mariadb-login", "pair-caller-made", false, async stop => await MariaDbBench.StartAsync(stop)),
        new("redis-acl-user", "overlap-caller-made", false, async stop => await RedisBench.StartAsync(stop)),
        new("entra-app-secret", "overlap-list", false, async stop => await EntraAppBench.StartAsync(stop)),
        .. AzureKeysBench.All.Select(what => new ContractBench("azure-resource-key", "pair-provider-made", false, async stop => await AzureKeysBench.StartAsync(what, stop)) { Variant = what.ToString() }),
        .. PortalServer.Kinds.Select(kind => new ContractBench(kind, PortalServer.ClassOf(kind).Name, true, stop => PortalBench.StartAsync(kind, stop))),
    ];

    public static ContractBench Find(string kind) => All.First(bench => bench.Kind == kind);
}
