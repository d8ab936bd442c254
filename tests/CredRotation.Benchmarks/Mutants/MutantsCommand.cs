using System.Text.Json;
using CredRotation.Testing.Simulation;

namespace CredRotation.Benchmarks.Mutants;

/// <summary>A mutant that was caught: by which invariant, in which schedule, after how many of them.</summary>
internal sealed record CaughtMutant(string Name, string Rule, string Invariant, int Seed, int Schedules, string Detail);

/// <summary>The unaltered engine in every schedule in which a mutant was judged.</summary>
/// <param name="Broken">Seeds in which it breaks an invariant by itself, which judge nobody.</param>
internal sealed record MutantsControl(int Schedules, IReadOnlyList<int> Broken);

/// <summary>What the mutants came to; its JSON is the command's answer.</summary>
internal sealed record MutantsReport(int Seeded, int Caught, IReadOnlyList<string> Missed, MutantsControl Control, IReadOnlyList<CaughtMutant> By);

/// <summary>Makes the engine miss one rule at a time and looks whether the invariants see it.</summary>
internal sealed record MutantsCommand(int Seeds)
{
    /// <summary>Only these; null: all.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Null when the words are not these.</summary>
    public static MutantsCommand? Read(IReadOnlyList<string> words) => words switch
    {
        [] or ["--json"] => new MutantsCommand(3000),
        _ => null,
    };

    public async Task<int> RunAsync(TextWriter answers, TextWriter progress, CancellationToken cancellationToken)
    {
        var report = Measure(progress, cancellationToken);
        await answers.WriteLineAsync(JsonSerializer.Serialize(report, s_json));
        return report.Missed.Count == 0 ? 0 : 1;
    }

    public MutantsReport Measure(TextWriter progress, CancellationToken cancellationToken)
    {
        var seeded = Mutant.All.Where(mutant => Names is null || Names.Contains(mutant.Name)).ToList();
        var caught = new List<CaughtMutant>();
        var broken = new SortedSet<int>();
        var schedules = 0;
        Parallel.ForEach(seeded, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, mutant =>
        {
            var (found, judged, unfit) = Catch(mutant, cancellationToken);
            lock (caught)
            {
                if (found is not null) caught.Add(found);
                broken.UnionWith(unfit);
                schedules += judged + unfit.Count;
                progress.WriteLine(found is null ? $"{mutant.Name} was not caught in {judged} schedules" : $"{mutant.Name}: {found.Invariant} at seed {found.Seed}");
            }
        });
        return new MutantsReport(seeded.Count, caught.Count, [.. seeded.Select(mutant => mutant.Name).Except(caught.Select(found => found.Name))], new MutantsControl(schedules, [.. broken]), [.. caught.OrderBy(found => found.Name, StringComparer.Ordinal)]);
    }

    private (CaughtMutant? Found, int Judged, IReadOnlyList<int> Unfit) Catch(Mutant mutant, CancellationToken cancellationToken)
    {
        var (judged, unfit) = (0, new List<int>());
        for (var seed = 1; seed <= Seeds; seed++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (mutant.ScenarioOf(seed) is not { } scenario) continue;

            // What the engine does wrong by itself catches nobody.
            if (Run(scenario, null).Count > 0)
            {
                unfit.Add(seed);
                continue;
            }

            judged++;
            if (Run(scenario, mutant.Alter).FirstOrDefault(violation => mutant.Invariants.Contains(violation.Invariant)) is { } found)
                return (new CaughtMutant(mutant.Name, mutant.Rule, found.Invariant, seed, judged, found.Detail), judged, unfit);
        }

        return (null, judged, unfit);
    }

    private static IReadOnlyList<Violation> Run(Scenario scenario, Func<SimulatedPorts, SimulatedPorts>? alter)
    {
        using var simulation = new Simulation(scenario, alter);
        return simulation.Run().Violations;
    }
}
