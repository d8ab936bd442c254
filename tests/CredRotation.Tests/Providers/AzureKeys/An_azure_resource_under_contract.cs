using CredRotation.Benchmarks.Contract;
using CredRotation.Testing;

namespace CredRotation.Tests.Providers.AzureKeys;

public sealed class An_azure_resource_under_contract
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, AzureKeysBench.All.Count)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Behaves_as_its_provider_states(int number)
    {
        var report = await ProviderContract.RunAsync(async stop => await AzureKeysBench.StartAsync(AzureKeysBench.All[number], stop), TestContext.Current.CancellationToken);

        Assert.True(report.IsKept, $"{AzureKeysBench.All[number]}: {report}");
        Assert.Equal("ActivationDelayMax CanList IssueReplay OldValidity RefusedProbesAllowed RetireBy RetireDelayMax SecretOrigin Topology", string.Join(' ', report.Confirmed.Select(trait => trait.Trait).Order(StringComparer.Ordinal)));
    }
}
