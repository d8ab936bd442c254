using System.Text.Json;
using CredRotation.Testing;

namespace CredRotation.Tests.Sandbox;

/// <summary>The app as a second process, killed around each effect and started again: nobody at the till may notice, and no key is left over.</summary>
public sealed class A_process_killed_with_SIGKILL(KilledRotations rotations, ITestOutputHelper output) : IClassFixture<KilledRotations>
{
    public static TheoryData<string, int, FaultPoint> Kills => [.. Kill.All.Select(kill => new TheoryDataRow<string, int, FaultPoint>(kill.Operation, kill.Occurrence, kill.Point))];

    [Theory]
    [MemberData(nameof(Kills))]
    public async Task Leaves_a_rotation_that_ends_as_if_nothing_had_happened(string operation, int occurrence, FaultPoint point)
    {
        var outcome = await rotations.OfAsync(new Kill(operation, occurrence, point), TestContext.Current.CancellationToken);
        output.WriteLine($"{outcome with { Rotation = default }}");

        // Else the kill missed, and all that follows proves nothing.
        Assert.NotNull(outcome.ExitCode);
        if (!OperatingSystem.IsWindows()) Assert.Equal(137, outcome.ExitCode);
        Assert.True(outcome.Rests > 0, "Nothing rested after the restart.");

        Assert.Equal((0L, 0L), (outcome.Refused, outcome.FailedAtTheTill));
        Assert.True(outcome.Attempted > 50, $"Only {outcome.Attempted} payments were attempted.");
        Assert.Empty(outcome.Unreported);
        Assert.Equal((1, 0), (outcome.LiveAtTheEnd, outcome.UnreadAtTheEnd));
        Assert.Equal("Retired", outcome.Rotation.GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, outcome.Rotation.GetProperty("incident").ValueKind);
        AssertUnforked(outcome.Rotation.GetProperty("ledger"));
    }

    private static void AssertUnforked(JsonElement ledger)
    {
        var entries = ledger.EnumerateArray().ToList();
        Assert.True(entries.Count > 10, $"Only {entries.Count} entries.");
        foreach (var (before, entry) in entries.Zip(entries.Skip(1)))
        {
            Assert.Equal(before.GetProperty("sequence").GetInt64() + 1, entry.GetProperty("sequence").GetInt64());
            Assert.Equal(before.GetProperty("hash").GetString(), entry.GetProperty("previous").GetString());
        }
    }
}
