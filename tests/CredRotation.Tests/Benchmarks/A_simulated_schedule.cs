using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using CredRotation.Benchmarks.KillSweep;
using CredRotation.Benchmarks.Simulate;
using CredRotation.Engine;
using CredRotation.Testing;
using CredRotation.Testing.Simulation;

namespace CredRotation.Tests.Benchmarks;

public sealed class A_simulated_schedule
{
    public static TheoryData<string> Classes => [.. VendorClasses.All.Select(vendor => vendor.Name)];

    [Fact]
    public void Breaks_no_invariant_whatever_goes_wrong()
    {
        var report = new SimulateCommand(230, 1, false).Measure(TextWriter.Null, TestContext.Current.CancellationToken);

        Assert.Empty(report.Missed);
        Assert.Equal((0, 0, 0, 0), (report.Violations, report.Unfinished, report.HeldWithinBudget, report.UnknownUnreported));
        Assert.True(report.Kills > 230);
    }

    /// <summary>Each of these once broke an invariant, in schedules with more in them.</summary>
    [Theory]
    [InlineData("a repeat that is refused says nothing of the first", "in-place-caller-made", 1, HandMood.Nothing, "vendor.issue #1 KillInFlight 5", "vendor.issue #2 Throttled 0")]
    [InlineData("a refusal is as old as its question", "overlap-list", 1, HandMood.Nothing, "vendor.use #2 FreezeAfter 209")]
    [InlineData("a lost secondary becomes the primary", "pair-promote", 1, HandMood.EndsOld, "vendor.issue #1 KillAfter 0")]
    [InlineData("the value that an issue ended is written again", "in-place-provider-made", 1, HandMood.SameValueAgain, "vendor.issue #1 LostAfter 0")]
    public void That_once_broke_an_invariant_breaks_none(string what, string vendor, int seed, HandMood hand, params string[] mishaps)
    {
        using var simulation = new Simulation(new Scenario(seed, VendorClasses.Find(vendor)) { Hand = hand, Mishaps = [.. mishaps.Select(Planned)] });

        var result = simulation.Run();

        Assert.True(result.Violations.Count == 0, $"{what}: {string.Join(Environment.NewLine, result.Violations)}");
        Assert.True(result.IsConverged);
    }

    private static PlannedMishap Planned(string text)
    {
        var words = text.Split(' ');
        return new PlannedMishap(words[0], int.Parse(words[1].TrimStart('#'), CultureInfo.InvariantCulture), Enum.Parse<Mishap>(words[2]), TimeSpan.FromSeconds(int.Parse(words[3], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Repeats_by_its_seed()
    {
        var (one, again) = (new List<string>(), new List<string>());

        foreach (var lines in new[] { one, again })
        {
            using var simulation = new Simulation(Scenarios.Of(17, 0, 1), trace: lines.Add);
            simulation.Run();
        }

        Assert.NotEmpty(one);
        Assert.Equal(one, again);
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Ends_well_where_nothing_goes_wrong(string name)
    {
        using var simulation = new Simulation(new Scenario(1, VendorClasses.Find(name)) { Rotations = 2 });

        var result = simulation.Run();

        Assert.Empty(result.Violations);
        Assert.Equal(["Retired", "Retired"], result.Ends);
    }

    [Theory]
    [InlineData("timer-issue")]
    [InlineData("overlap-list")]
    public void Survives_a_kill_before_and_after_every_effect(string name)
    {
        var report = new KillSweepCommand(name, IsTwice: false).Measure(TextWriter.Null, TestContext.Current.CancellationToken);

        Assert.Empty(report.Missed);
        Assert.True(report.Classes[name].Points > 60);
    }

    [Fact]
    public void Runs_the_shipped_engine_that_opens_itself_to_nobody()
        => Assert.Empty(typeof(RotationEngine).Assembly.GetCustomAttributes<InternalsVisibleToAttribute>());

    [Theory]
    [InlineData("--seeds")]
    [InlineData("--seeds", "0")]
    [InlineData("--class", "unheard-of")]
    public void Is_not_begun_on_words_it_does_not_know(params string[] words) => Assert.Null(SimulateCommand.Read(words));

    [Fact]
    public void Is_begun_as_asked() => Assert.Equal(new SimulateCommand(12, -3, false), SimulateCommand.Read(["--seeds", "12", "--from", "-3", "--json"]));
}
