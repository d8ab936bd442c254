using CredRotation.Benchmarks.KilledProcess;
using CredRotation.Testing;
using CredRotation.Tests.Servers;

namespace CredRotation.Tests.Sandbox;

/// <summary>
/// The app as a second process, killed around each effect and started again: nobody at the till may notice, and no key is left over. A sample; the
/// command <c>killprocess</c> kills at every request that the simulated systems see.
/// </summary>
[Collection(WholeMachine.Name)]
public sealed class A_process_killed_with_SIGKILL(KilledRotations rotations, ITestOutputHelper output) : IClassFixture<KilledRotations>
{
    public static TheoryData<string, string, int, FaultPoint> Kills
        => [.. KillPlan.Sample.Select(kill => new TheoryDataRow<string, string, int, FaultPoint>(kill.Provider, kill.Request.Operation, kill.Request.Occurrence, kill.Point))];

    [Theory]
    [MemberData(nameof(Kills))]
    public async Task Leaves_a_rotation_that_ends_as_if_nothing_had_happened(string provider, string operation, int occurrence, FaultPoint point)
    {
        var end = await rotations.OfAsync(new Kill(provider, new SeenRequest(operation, occurrence), point), TestContext.Current.CancellationToken);
        output.WriteLine($"{end.Kill}, of the sample: whatever changes something outside, from the reservation to the end of the old credential.");

        Assert.Empty(end.Missed);
        output.WriteLine($"{end.Outcome! with { Rotation = default, Requests = [] }}");
        Assert.True(end.Outcome.Attempted > 50, $"Only {end.Outcome.Attempted} payments were attempted.");
        // Once the old one is being retired, nothing rests any more before the end.
        Assert.True(end.Outcome.Rests > 0 || operation == "gateway.update", "Nothing rested after the restart.");
    }

    [Theory]
    [InlineData("killprocess", "--workers", "0")]
    [InlineData("killprocess", "--workers")]
    [InlineData("killprocess", "--class", "in-place")]
    [InlineData("killprocess", "--seed", "1")]
    public void Has_a_command_that_refuses_words_it_does_not_know(string command, params string[] words)
    {
        Assert.NotEmpty(command);
        Assert.Null(KillProcessCommand.Read(words));
        Assert.NotNull(KillProcessCommand.Read(["--class", "overlap-until-retired", "--workers", "4", "--json"]));
    }
}
