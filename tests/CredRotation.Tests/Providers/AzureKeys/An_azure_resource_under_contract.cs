using CredRotation.Benchmarks.Contract;
using CredRotation.Testing;

namespace CredRotation.Tests.Providers.AzureKeys;

public sealed class An_azure_resource_under_contract
{
    public static TheoryData<string, string?> Types
    {
        get
        {
            var types = new TheoryData<string, string?>();
            foreach (var (name, _, _, form) in AzureKeysBench.All) types.Add(name, form);
            return types;
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Behaves_as_its_provider_states(string name, string? form)
    {
        var report = await ProviderContract.RunAsync(async stop => await AzureKeysBench.StartAsync(name, form, stop), TestContext.Current.CancellationToken);

        Assert.True(report.IsKept, report.ToString());
        Assert.Equal("ActivationDelayMax CanList IssueReplay OldValidity RefusedProbesAllowed RetireBy RetireDelayMax SecretOrigin Topology", string.Join(' ', report.Confirmed.Select(trait => trait.Trait).Order(StringComparer.Ordinal)));
    }
}
