using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CredRotation.Testing;
using CredRotation.Testing.Simulation;

namespace CredRotation.Benchmarks.Simulate;

/// <summary>Runs many schedules of the whole system and answers in one JSON object whether any invariant broke and every place was reached.</summary>
/// <param name="Calm">Traces the rotation of this class in which nothing goes wrong; null: the seed's.</param>
internal sealed record SimulateCommand(int Seeds, int From, bool IsTraced, string? Calm = null)
{
    /// <summary>Schedules of one seed.</summary>
    private const int Parts = 1;

    private const int SeedsMax = 10_000_000;
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Null when the words are not these.</summary>
    public static SimulateCommand? Read(IReadOnlyList<string> words)
    {
        var command = new SimulateCommand(10_000, 1, false);
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] is "--json") continue;
            if (words[at] is "--trace")
            {
                command = command with { IsTraced = true };
                continue;
            }

            if (words[at] is "--class" && at + 1 < words.Count && VendorClasses.TryFind(words[at + 1], out var vendor))
            {
                command = command with { Calm = vendor.Name, IsTraced = true };
                at++;
                continue;
            }

            if (at + 1 == words.Count || !int.TryParse(words[at + 1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return null;
            if (words[at] is "--seeds" && number is > 0 and <= SeedsMax) command = command with { Seeds = number };
            else if (words[at] is "--from") command = command with { From = number };
            else if (words[at] is "--seed") command = command with { From = number, Seeds = 1 };
            else return null;
            at++;
        }

        return command;
    }

    public async Task<int> RunAsync(TextWriter answers, TextWriter progress, CancellationToken cancellationToken)
    {
        if (IsTraced) return Trace(answers);
        var report = Measure(progress, cancellationToken);
        await answers.WriteLineAsync(JsonSerializer.Serialize(report, s_json));
        return report.Missed.Count == 0 ? 0 : 1;
    }

    public SimulateReport Measure(TextWriter progress, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var tally = new SimulateTally();
        var workers = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        Parallel.For(0, Seeds, workers, number =>
        {
            for (var part = 0; part < Parts; part++)
            {
                var result = Run(From + number, part, null);
                if (tally.Add(result) is { } problem) progress.WriteLine($"seed {From + number}: {problem}{Environment.NewLine}  {result.Scenario}");
            }

            if (tally.Schedules % 1000 == 0) progress.WriteLine($"{tally.Schedules} schedules after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        });
        return tally.Report(Seeds, From, Stopwatch.GetElapsedTime(started));
    }

    private int Trace(TextWriter answers)
    {
        if (Calm is not null)
        {
            using var calm = new Simulation(new Scenario(From, VendorClasses.Find(Calm)), trace: answers.WriteLine);
            return calm.Run().Violations.Count;
        }

        var broken = 0;
        for (var part = 0; part < Parts; part++)
        {
            answers.WriteLine(Scenarios.Of(From, part, Parts).ToString());
            broken += Run(From, part, answers.WriteLine).Violations.Count;
        }

        return broken == 0 ? 0 : 1;
    }

    private static SimulationResult Run(int seed, int part, Action<string>? trace)
    {
        using var simulation = new Simulation(Scenarios.Of(seed, part, Parts), trace: trace);
        return simulation.Run();
    }
}
