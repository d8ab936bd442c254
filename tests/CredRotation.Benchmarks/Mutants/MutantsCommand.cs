using System.Text.Json;
using CredRotation.Testing.Simulation;

namespace CredRotation.Benchmarks.Mutants;

/// <summary>A mutant that was caught: by which invariant, in which schedule, after how many of them.</summary>
/// <param name="Broken">Schedules passed over because the unaltered engine breaks an invariant there, too.</param>
internal sealed record CaughtMutant(string Name, string Rule, string Invariant, int Seed, int Schedules, int Broken, string Detail);

/// <summary>What the mutants came to; its JSON is the command's answer.</summary>
internal sealed record MutantsReport(int Seeded, int Caught, IReadOnlyList<string> Missed, IReadOnlyList<CaughtMutant> By);

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
        var caught = new List<CaughtMutant>();
        var seeded = Mutant.All.Where(mutant => Names is null || Names.Contains(mutant.Name)).ToList();
        Parallel.ForEach(seeded, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, mutant =>
        {
            if (Catch(mutant, cancellationToken) is not { } found)
            {
                progress.WriteLine($"{mutant.Name} was not caught");
                return;
            }

            lock (caught) caught.Add(found);
            progress.WriteLine($"{mutant.Name}: {found.Invariant} at seed {found.Seed}");
        });
        var names = caught.Select(found => found.Name).ToHashSet();
        return new MutantsReport(seeded.Count, caught.Count, [.. seeded.Where(mutant => !names.Contains(mutant.Name)).Select(mutant => mutant.Name)], [.. caught.OrderBy(found => found.Name, StringComparer.Ordinal)]);
    }

    private CaughtMutant? Catch(Mutant mutant, CancellationToken cancellationToken)
    {
        var (schedules, broken) = (0, 0);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (mutant.ScenarioOf(seed) is not { } scenario) continue;

            schedules++;
            if (Run(scenario, mutant.Alter).FirstOrDefault(violation => mutant.Invariants.Contains(violation.Invariant)) is not { } found) continue;
            // What the engine does wrong by itself catches nobody.
            if (Run(scenario, null).Count == 0) return new CaughtMutant(mutant.Name, mutant.Rule, found.Invariant, seed, schedules, broken, found.Detail);
            broken++;
        }

        return null;
    }

    private static IReadOnlyList<Violation> Run(Scenario scenario, Func<SimulatedPorts, SimulatedPorts>? alter)
    {
        using var simulation = new Simulation(scenario, alter);
        return simulation.Run().Violations;
    }
}
