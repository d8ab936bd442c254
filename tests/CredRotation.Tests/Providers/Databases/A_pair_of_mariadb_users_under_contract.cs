using CredRotation.Benchmarks.Contract;
using CredRotation.Testing;
using CredRotation.Tests.Servers;

namespace CredRotation.Tests.Providers.Databases;

public sealed class A_pair_of_mariadb_users_under_contract
{
    [Fact]
    public async Task Behaves_as_its_provider_states()
    {
        var report = await RealServers.OrSkipAsync(() => ProviderContract.RunAsync(async stop => await MariaDbBench.StartAsync(stop), TestContext.Current.CancellationToken));

        Assert.True(report.IsKept, report.ToString());
        Assert.Equal("ActivationDelayMax CanList IssueReplay OldValidity RefusedProbesAllowed RetireBy SecretOrigin Topology", string.Join(' ', report.Confirmed.Select(trait => trait.Trait).Order(StringComparer.Ordinal)));
    }
}
