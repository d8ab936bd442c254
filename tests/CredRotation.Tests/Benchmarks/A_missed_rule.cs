using CredRotation.Benchmarks.Mutants;
using CredRotation.Testing.Simulation;

namespace CredRotation.Tests.Benchmarks;

/// <summary>The mutants of the protocol: the shipped engine over ports that make it miss one rule.</summary>
public sealed class A_missed_rule
{
    [Fact]
    public void Is_seen_by_what_it_protects_within_a_few_schedules()
    {
        string[] names = ["no-reservation", "issue-sent-not-durable", "approval-not-asked", "another-target", "dead-owners-stop-it", "entry-not-as-hashed"];

        var report = new MutantsCommand(30) { Names = names }.Measure(TextWriter.Null, TestContext.Current.CancellationToken);

        Assert.Empty(report.Missed);
        Assert.Equal((names.Length, names.Length), (report.Seeded, report.Caught));
    }

    [Fact]
    public void Is_tried_for_each_rule_of_the_protocol()
        => Assert.Empty(Enumerable.Range(1, 19).Select(rule => $"{rule}").Except(Mutant.All.Select(mutant => mutant.Rule)));

    [Fact]
    public void Has_one_name_and_an_invariant_that_it_breaks()
    {
        Assert.Equal(Mutant.All.Count, Mutant.All.Select(mutant => mutant.Name).Distinct().Count());
        Assert.All(Mutant.All, mutant => Assert.NotEmpty(mutant.Invariants));
    }

    /// <summary>What is caught is the rule that is missed, not the port that was put before it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public void Is_all_that_another_port_changes(int seed)
    {
        var (shipped, wrapped) = (new List<string>(), new List<string>());

        foreach (var (lines, alter) in new (List<string>, Func<SimulatedPorts, SimulatedPorts>?)[]
        {
            (shipped, null),
            (wrapped, ports => ports with { Rows = new OtherRows(ports.Rows), Vault = new OtherVault(ports.Vault), Provider = new OtherProvider(ports.Provider) }),
        })
        {
            using var simulation = new Simulation(Scenarios.Of(seed, 0, 1), alter, lines.Add);
            simulation.Run();
        }

        Assert.NotEmpty(shipped);
        Assert.Equal(shipped, wrapped);
    }
}
