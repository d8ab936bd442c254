using CredRotation.Benchmarks.Contract;
using CredRotation.Providers;
using CredRotation.Sandbox.Vendors;
using CredRotation.Testing;

namespace CredRotation.Tests.Providers;

public sealed class Every_shipped_vendor_file
{
    private const int ConfirmedMin = 8;

    public static TheoryData<string> Kinds => [.. VendorSurfaces.All.Select(surface => surface.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Keeps_the_contract_at_its_vendors_documented_surface(string kind)
    {
        var report = await ProviderContract.RunAsync(ContractBenches.Find(kind).StartAsync, TestContext.Current.CancellationToken);

        Assert.True(report.IsKept, report.ToString());
        Assert.True(report.Confirmed.Count() >= ConfirmedMin, report.ToString());
    }

    [Fact]
    public void Has_a_surface_to_be_checked_against()
    {
        var shipped = EmbeddedVendors.Read().Select(file => Path.GetFileNameWithoutExtension(file.Name));

        Assert.Empty(shipped.Except(ContractBenches.All.Select(bench => bench.Kind)));
    }
}
