using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace CredRotation.Tests.Sandbox;

/// <summary>The outage this project comes from, as a user replays it: the incident opens within a minute and every failed payment is counted.</summary>
public sealed class A_replay_of_the_day_too_late(ITestOutputHelper output)
{
    [Fact]
    public async Task Opens_the_incident_within_a_minute_counts_what_failed_and_recovers()
    {
        var seed = RandomNumberGenerator.GetInt32(1, int.MaxValue);
        output.WriteLine($"seed {seed}");

        var result = await SandboxCommand.RunAsync(TestContext.Current.CancellationToken, "replay", "too-late", "--seed", seed.ToString(CultureInfo.InvariantCulture), "--json");
        output.WriteLine(result.Errors);

        Assert.Equal(0, result.ExitCode);
        var report = Assert.IsType<JsonObject>(JsonNode.Parse(result.Output));
        var incident = report["incident"]!;
        Assert.Equal("event Microsoft.KeyVault.SecretExpired", incident["openedBy"]!.GetValue<string>());
        Assert.InRange(incident["openedAfterSeconds"]!.GetValue<double>(), 0, 60);
        Assert.True(incident["failedPaymentsTruth"]!.GetValue<long>() > 0);
        Assert.Equal(incident["failedPaymentsTruth"]!.GetValue<long>(), incident["failedPaymentsCounted"]!.GetValue<long>());
        Assert.Equal("Retired", report["rotation"]!["state"]!.GetValue<string>());
        Assert.Equal(0, report["deployments"]!.GetValue<int>());
        Assert.Equal(0, report["keysSeenByPeople"]!["hits"]!.GetValue<int>());
    }
}
