using CredRotation.Benchmarks.Contract;
using CredRotation.Testing;

namespace CredRotation.Tests.Providers.EntraApp;

public sealed class An_app_registration_under_contract
{
    [Fact]
    public async Task Behaves_as_its_provider_states()
    {
        var report = await ProviderContract.RunAsync(async stop => await EntraAppBench.StartAsync(stop), TestContext.Current.CancellationToken);

        Assert.True(report.IsKept, report.ToString());
        Assert.Equal("ActivationDelayMax CanList IssueReplay ListSettle ListShowsMarker OldValidity RefusedProbesAllowed RetireBy RetireDelayMax SecretOrigin Topology", string.Join(' ', report.Confirmed.Select(trait => trait.Trait).Order(StringComparer.Ordinal)));
    }
}
