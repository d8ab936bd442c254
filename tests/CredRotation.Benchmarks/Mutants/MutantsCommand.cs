using System.Text.Json;
using CredRotation.Testing.Simulation;

namespace CredRotation.Benchmarks.Mutants;

/// <summary>A mutant that was caught: by which invariant, in which schedule.</summary>
internal sealed record CaughtMutant(string Name, string Rule, string Invariant, int Seed, string Detail);

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
        for (var seed = 1; seed <= Seeds; seed++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var scenario = Scenarios.Of(seed, 0, 1);
            if (mutant.Classes.Length > 0 && !mutant.Classes.Contains(scenario.Vendor.Name)) continue;
            using var simulation = new Simulation(scenario, mutant.Alter);
            // What the engine does wrong by itself catches nobody.
            if (simulation.Run().Violations is [var first, ..] && !IsBrokenAnyway(scenario)) return new CaughtMutant(mutant.Name, mutant.Rule, first.Invariant, seed, first.Detail);
        }

        return null;
    }

    private static bool IsBrokenAnyway(Scenario scenario)
    {
        using var simulation = new Simulation(scenario);
        return simulation.Run().Violations.Count > 0;
    }
}
