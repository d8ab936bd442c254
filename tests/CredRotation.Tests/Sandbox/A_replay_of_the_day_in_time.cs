using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace CredRotation.Tests.Sandbox;

/// <summary>The main job as a user runs it: whatever the seed, a key is replaced twice while the shop sells, and nobody notices.</summary>
public sealed class A_replay_of_the_day_in_time(ITestOutputHelper output)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Meets_every_requirement_for_any_seed()
    {
        var report = await ReplayAsync(RandomNumberGenerator.GetInt32(1, int.MaxValue));

        AssertMeetsTheRequirement(report);
    }

    [Fact]
    public async Task Says_the_same_when_the_seed_is_the_same()
    {
        var seed = RandomNumberGenerator.GetInt32(1, int.MaxValue);

        var first = await ReplayAsync(seed);
        var second = await ReplayAsync(seed);

        AssertMeetsTheRequirement(first);
        AssertMeetsTheRequirement(second);
        Assert.Equal(Repeatable(first).ToJsonString(), Repeatable(second).ToJsonString());
    }

    [Fact]
    public async Task Meets_every_requirement_where_the_old_credential_lives_until_it_is_retired()
    {
        var report = await ReplayAsync(RandomNumberGenerator.GetInt32(1, int.MaxValue), "--provider", "adyen-merchant-credential");

        AssertMeetsTheRequirement(report, callsMax: 27);
        Assert.Equal("adyen-merchant-credential", report["provider"]!.GetValue<string>());
        Assert.Contains(report["rotation"]!["calls"]!.AsArray(), call => call!["operation"]!.GetValue<string>() == "retire old credential");
    }

    [Theory]
    [InlineData("replay")]
    [InlineData("replay", "in-time", "--provider", "nobody", "--json")]
    [InlineData("replay", "too-late", "--provider", "adyen-merchant-credential", "--json")]
    [InlineData("replay", "yesterday", "--json")]
    [InlineData("replay", "in-time", "--seed", "many", "--json")]
    [InlineData("replay", "in-time", "--seed")]
    [InlineData("replay", "in-time", "--loud", "--json")]
    [InlineData("serve", "--old-life-seconds", "1", "--json")]
    [InlineData("rotate")]
    public async Task Says_on_stderr_how_it_is_used(params string[] arguments)
    {
        var result = await SandboxCommand.RunAsync(Stop, arguments);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("usage: CredRotation.Sandbox", result.Errors, StringComparison.Ordinal);
    }

    private async Task<JsonObject> ReplayAsync(int seed, params string[] more)
    {
        output.WriteLine($"seed {seed}");
        var result = await SandboxCommand.RunAsync(Stop, ["replay", "in-time", "--seed", seed.ToString(CultureInfo.InvariantCulture), .. more, "--json"]);
        output.WriteLine(result.Errors);

        Assert.Equal(0, result.ExitCode);
        // Parsing refuses anything before or after the one object.
        var report = Assert.IsType<JsonObject>(JsonNode.Parse(result.Output));
        Assert.Equal(("in-time", seed), (report["day"]!.GetValue<string>(), report["seed"]!.GetValue<int>()));
        return report;
    }

    private static void AssertMeetsTheRequirement(JsonObject report, int callsMax = 20)
    {
        Assert.True(report["payments"]!["attempted"]!.GetValue<long>() > 1000);
        Assert.Equal(0, report["payments"]!["failed"]!.GetValue<long>());
        Assert.Equal(0, report["deployments"]!.GetValue<int>());
        Assert.Equal(0, report["keysSeenByPeople"]!["hits"]!.GetValue<int>());
        Assert.True(report["keysSeenByPeople"]!["keysSearched"]!.GetValue<int>() > 0);
        Assert.True(report["keysSeenByPeople"]!["bytesSearched"]!.GetValue<long>() > 0);

        var rotation = report["rotation"]!;
        Assert.Equal(("Retired", "Retired"), (rotation["state"]!.GetValue<string>(), report["secondRotationState"]!.GetValue<string>()));
        Assert.True(rotation["ownerChecks"]!.GetValue<int>() > 0);
        Assert.True(rotation["ledgerWrites"]!.GetValue<int>() > 0);
        AssertCallsAddUp(rotation, callsMax);

        // Said, not left out.
        Assert.True(report.TryGetPropertyValue("incident", out var incident));
        Assert.Null(incident);
        Assert.Empty(report["missed"]!.AsArray());
    }

    private static void AssertCallsAddUp(JsonNode rotation, int callsMax)
    {
        var calls = rotation["calls"]!.AsArray();
        Assert.All(calls, call => Assert.NotEmpty(call!["rule"]!.GetValue<string>()));
        Assert.All(calls, call => Assert.NotEmpty(call!["operation"]!.GetValue<string>()));

        var sums = rotation["remoteCalls"]!;
        foreach (var (kind, member) in new[] { ("provider", "provider"), ("vault", "vault"), ("consumer", "consumers"), ("notification", "notifications") })
            Assert.Equal(calls.Count(call => call!["kind"]!.GetValue<string>() == kind), sums[member]!.GetValue<int>());
        Assert.Equal(calls.Count, sums["total"]!.GetValue<int>());
        Assert.InRange(calls.Count, 1, callsMax);
        // Beside the count: only where a topic is configured.
        var published = Assert.Single(rotation["published"]!.AsArray())!;
        Assert.Equal("publish the completed rotation", published["operation"]!.GetValue<string>());
        Assert.Contains("I7", published["rule"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    /// <summary>Without the members that may differ: they depend on the machine's speed and on the day.</summary>
    private static JsonObject Repeatable(JsonObject report)
    {
        var copy = report.DeepClone().AsObject();
        copy.Remove("measured");
        copy["payments"]!.AsObject().Remove("attempted");
        copy["keysSeenByPeople"]!.AsObject().Remove("bytesSearched");
        foreach (var call in copy["rotation"]!["calls"]!.AsArray()) call!.AsObject().Remove("at");
        return copy;
    }
}
