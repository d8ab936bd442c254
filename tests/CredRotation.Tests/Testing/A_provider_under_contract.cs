using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;
using CredRotation.Sandbox.Systems;
using CredRotation.Testing;

namespace CredRotation.Tests.Testing;

public sealed class A_provider_under_contract
{
    private const int ConfirmedMin = 8;

    public static TheoryData<string> Classes => [.. VendorClasses.All.Select(vendor => vendor.Name)];

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task Is_found_honest_when_it_behaves_as_it_states(string name)
    {
        var report = await ProviderContract.RunAsync(_ => Task.FromResult<IProviderBench>(new VendorBench(VendorClasses.Find(name))), TestContext.Current.CancellationToken);

        Assert.True(report.IsKept, report.ToString());
        Assert.True(report.Confirmed.Count() >= ConfirmedMin, report.ToString());
    }

    [Fact]
    public async Task Has_every_trait_confirmed_by_some_class_but_those_that_no_call_shows()
    {
        var confirmed = new HashSet<string>();
        var all = new HashSet<string>();
        var benches = VendorClasses.All.Select(vendor => (Func<CancellationToken, Task<IProviderBench>>)(_ => Task.FromResult<IProviderBench>(new VendorBench(vendor))))
            .Append(stop => PortalBench.StartAsync(PortalServer.Kinds[0], stop));
        foreach (var bench in benches)
        {
            var report = await ProviderContract.RunAsync(bench, TestContext.Current.CancellationToken);
            all.UnionWith(report.Traits.Select(trait => trait.Trait));
            confirmed.UnionWith(report.Confirmed.Select(trait => trait.Trait));
        }

        Assert.Equal(["ForbiddenProvesAlive", "LandingMax", "LifetimeMax", "ProbeNetworkBound", "SelfManaged"], all.Except(confirmed).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(GatewayBench.ModeA, "ActivationDelayMax CanList ClockStart IssueReplay OldLife OldValidity RefusedProbesAllowed RetireBy SecretOrigin Topology")]
    [InlineData(GatewayBench.ModeB, "ActivationDelayMax CanList IssueReplay ListShowsMarker OldValidity RefusedProbesAllowed RetireBy RetireDelayMax SecretOrigin Topology")]
    public async Task Is_found_honest_where_it_is_a_shipped_file_over_HTTP(string kind, string confirmed)
    {
        var report = await ProviderContract.RunAsync(stop => GatewayBench.StartAsync(kind, stop), TestContext.Current.CancellationToken);

        Assert.True(report.IsKept, report.ToString());
        Assert.Equal(confirmed, string.Join(' ', report.Confirmed.Select(trait => trait.Trait).Order(StringComparer.Ordinal)));
    }

    public static TheoryData<string> Portals => [.. PortalServer.Kinds];

    [Theory]
    [MemberData(nameof(Portals))]
    public async Task Is_found_honest_where_a_person_makes_its_keys_in_a_portal(string kind)
    {
        var report = await ProviderContract.RunAsync(stop => PortalBench.StartAsync(kind, stop), TestContext.Current.CancellationToken);

        Assert.True(report.IsKept, report.ToString());
        var byTimer = PortalServer.ClassOf(kind).Traits.OldValidity is OldValidity.Timer;
        Assert.Equal(byTimer
            ? "ActivationDelayMax CanList ClockStart HandedIn IssueReplay OldLife OldValidity RefusedProbesAllowed RetireBy SecretOrigin Topology"
            : "ActivationDelayMax CanList HandedIn IssueReplay OldValidity RefusedProbesAllowed RetireBy RetireDelayMax SecretOrigin Topology", string.Join(' ', report.Confirmed.Select(trait => trait.Trait).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Is_reported_without_any_value()
    {
        var benches = new List<VendorBench>();
        var report = await ProviderContract.RunAsync(_ =>
        {
            benches.Add(new VendorBench(VendorClasses.Find("overlap-list"), (provider, _) => new LyingProvider(provider) { Retires = _ => new RetireOutcome.Retired() }));
            return Task.FromResult<IProviderBench>(benches[^1]);
        }, TestContext.Current.CancellationToken);

        var words = report.ToString();
        Assert.Contains("the contract is broken", words, StringComparison.Ordinal);
        Assert.All(benches, bench => Assert.DoesNotContain(bench.Current.RevealToRemote(), words, StringComparison.Ordinal));
    }
}
