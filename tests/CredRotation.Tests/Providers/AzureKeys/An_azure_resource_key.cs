using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;

namespace CredRotation.Tests.Providers.AzureKeys;

public sealed class An_azure_resource_key
{
    private const string Good = "/subscriptions/3f2504e0-4f89-41d3-9a0c-0305e82c3301/resourceGroups/shop-prod/providers/Microsoft.Storage/storageAccounts/shopprod";

    [Theory]
    [InlineData("")]
    [InlineData("shopprod")]
    [InlineData(Good + "/")]
    [InlineData(Good + "/blobServices/default")]
    [InlineData(Good + "?x=1")]
    [InlineData(Good + "#")]
    [InlineData(Good + "%2f..")]
    [InlineData("https://elsewhere.example" + Good)]
    [InlineData("//elsewhere.example" + Good)]
    [InlineData("/subscriptions/3f2504e0-4f89-41d3-9a0c-0305e82c3301/resourceGroups/../providers/Microsoft.Storage/storageAccounts/shopprod")]
    [InlineData("/subscriptions/mine/resourceGroups/shop-prod/providers/Microsoft.Storage/storageAccounts/shopprod")]
    [InlineData("/subscriptions/3f2504e0-4f89-41d3-9a0c-0305e82c3301/resourceGroups/shop-prod/providers/Microsoft.KeyVault/vaults/shopprod")]
    [InlineData("/subscriptions/3f2504e0-4f89-41d3-9a0c-0305e82c3301/resourceGroups/shop-prod/providers/Microsoft.Storage/storageAccounts/shop\nprod")]
    public async Task Is_not_asked_for_where_the_target_is_no_resource_of_the_type(string target)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var bench = await StartAsync("storage");
        var hostile = bench.Target with { Target = target };

        Assert.IsType<TargetOutcome.Unreadable>(await bench.Provider.CheckTargetAsync(hostile, stop));
        Assert.IsType<IssueOutcome.Rejected>(await bench.Provider.IssueAsync(hostile, The_table_of_resource_types.Ticket("key1"), stop));
        Assert.IsType<ProbeOutcome.Unknown>(await bench.Provider.VerifyAsync(hostile, new Candidate(null, bench.Current), stop));
        Assert.IsType<RetireOutcome.Rejected>(await bench.Provider.RetireAsync(hostile, new RetireTicket("key2", null), stop));
        Assert.Empty(bench.Server.Requests);
    }

    [Fact]
    public async Task Is_found_whatever_case_the_tag_writes_its_type_in()
    {
        await using var bench = await StartAsync("storage");

        var outcome = await bench.Provider.CheckTargetAsync(bench.Target with { Target = Good.Replace("resourceGroups", "resourcegroups", StringComparison.Ordinal).Replace("Microsoft.Storage", "microsoft.storage", StringComparison.Ordinal) }, TestContext.Current.CancellationToken);

        Assert.IsType<TargetOutcome.Readable>(outcome);
    }

    [Fact]
    public async Task Is_not_written_where_nobody_knows_which_one_consumers_run()
    {
        await using var bench = await StartAsync("storage");

        var outcome = await bench.Provider.IssueAsync(bench.Target, The_table_of_resource_types.Ticket("kerb1"), TestContext.Current.CancellationToken);

        Assert.Equal(new IssueOutcome.Rejected("slot-unknown"), outcome);
        Assert.Empty(bench.Server.Requests);
    }

    [Fact]
    public async Task Is_told_as_refused_by_a_lock_and_by_a_missing_role()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var bench = await StartAsync("storage");
        bench.Model.IsLocked = true;
        Assert.Equal(new IssueOutcome.Rejected("ScopeLocked"), await bench.Provider.IssueAsync(bench.Target, The_table_of_resource_types.Ticket("key1"), stop));
        bench.Model.IsGranted = false;
        Assert.Equal("AuthorizationFailed", Assert.IsType<TargetOutcome.Unreadable>(await bench.Provider.CheckTargetAsync(bench.Target, stop)).Code);
        Assert.IsType<ProbeOutcome.Unknown>(await bench.Provider.VerifyAsync(bench.Target, new Candidate(null, bench.Current), stop));
    }

    [Fact]
    public async Task Is_found_again_by_the_address_of_its_operation()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var bench = await StartAsync("cosmos-db");
        var ticket = The_table_of_resource_types.Ticket("primary");

        var pending = Assert.IsType<IssueOutcome.Pending>(await bench.Provider.IssueAsync(bench.Target, ticket, stop));
        // While Azure writes, another write is put off and not refused.
        Assert.IsType<IssueOutcome.Throttled>(await bench.Provider.IssueAsync(bench.Target, ticket, stop));
        Assert.IsType<RecoverOutcome.Pending>(await bench.Provider.RecoverAsync(bench.Target, ticket with { Handle = pending.Handle }, stop));
        bench.Pass(bench.Model.OperationTime);
        var found = Assert.IsType<RecoverOutcome.Issued>(await bench.Provider.RecoverAsync(bench.Target, ticket with { Handle = pending.Handle }, stop));

        Assert.Equal("secondary", found.Result.Id);
        Assert.Equal(bench.Resource.Key("secondary"), found.Result.Value.RevealToRemote());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("secondary")]
    [InlineData("secondary https://elsewhere.example/subscriptions/1/operationsStatus/operation-1")]
    [InlineData("tertiary http://127.0.0.1/operation-1")]
    public async Task Is_looked_for_with_our_token_at_no_other_address(string? handle)
    {
        await using var bench = await StartAsync("cosmos-db");

        Assert.IsType<RecoverOutcome.Indeterminate>(await bench.Provider.RecoverAsync(bench.Target, The_table_of_resource_types.Ticket("primary") with { Handle = handle }, TestContext.Current.CancellationToken));
        Assert.Empty(bench.Server.Requests);
    }

    [Fact]
    public async Task Is_composed_into_a_connection_string_where_the_list_holds_none()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var bench = await StartAsync("storage");
        var target = bench.Target with { Parameters = new Dictionary<string, string> { ["type"] = "storage", ["value"] = "connectionString" } };
        Assert.Empty(bench.Provider.Validate(target.Parameters));

        var issued = Assert.IsType<IssueOutcome.Issued>(await bench.Provider.IssueAsync(target, The_table_of_resource_types.Ticket("key1"), stop));

        Assert.Equal($"DefaultEndpointsProtocol=https;AccountName=shopprod;AccountKey={bench.Resource.Key("key2")};EndpointSuffix=core.windows.net", issued.Value.RevealToRemote());
        // Another order of the same parts is the same key.
        var live = new SecretText($"AccountKey={bench.Resource.Key("key1")};AccountName=shopprod");
        Assert.Equal("key1", Assert.IsType<ProbeOutcome.Works>(await bench.Provider.VerifyAsync(target, new Candidate(null, live), stop)).CredentialId);
    }

    [Fact]
    public async Task Is_refused_at_the_start_with_parameters_that_fit_no_type()
    {
        await using var bench = await StartAsync("storage");

        Assert.Contains(bench.Provider.Validate(new Dictionary<string, string>()), fault => fault.Contains("cosmos-db", StringComparison.Ordinal));
        Assert.Contains(bench.Provider.Validate(new Dictionary<string, string> { ["type"] = "redis", ["value"] = "connectionString" }), fault => fault.Contains("redis has none", StringComparison.Ordinal));
        Assert.Contains(bench.Provider.Validate(new Dictionary<string, string> { ["type"] = "redis", ["value"] = "json" }), fault => fault.StartsWith("value is not usable", StringComparison.Ordinal));
        Assert.Contains(bench.Provider.Validate(new Dictionary<string, string> { ["type"] = "redis", ["endpoint"] = "https://elsewhere.example" }), fault => fault.StartsWith("endpoint is not known", StringComparison.Ordinal));
    }

    private static Task<AzureKeysBench> StartAsync(string name) => AzureKeysBench.StartAsync(AzureKeysBench.All.First(what => what.Name == name), TestContext.Current.CancellationToken);
}
