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

    /// <summary>Each of these once broke an invariant: a frozen host, a live value that somebody replaced, and one that somebody ended.</summary>
    [Theory]
    [InlineData(53)]
    [InlineData(345)]
    [InlineData(1042)]
    [InlineData(1289)]
    public void That_once_broke_an_invariant_breaks_none(int seed)
    {
        var report = new SimulateCommand(1, seed, false).Measure(TextWriter.Null, TestContext.Current.CancellationToken);

        Assert.Equal((0, 0, 0, 0), (report.Violations, report.Unfinished, report.HeldWithinBudget, report.UnknownUnreported));
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
