using CredRotation.Benchmarks.Contract;
using CredRotation.Tests.Servers;
using CredRotation.Testing;

namespace CredRotation.Tests.Providers.Databases;

public sealed class A_pair_of_postgresql_roles_under_contract
{
    [Fact]
    public async Task Behaves_as_its_provider_states()
    {
        var report = await RealServers.OrSkipAsync(() => ProviderContract.RunAsync(async stop => await PostgreSqlBench.StartAsync(stop), TestContext.Current.CancellationToken));

        Assert.True(report.IsKept, report.ToString());
        Assert.Equal("ActivationDelayMax CanList IssueReplay OldValidity RefusedProbesAllowed RetireBy SecretOrigin Topology", string.Join(' ', report.Confirmed.Select(trait => trait.Trait).Order(StringComparer.Ordinal)));
    }
}
