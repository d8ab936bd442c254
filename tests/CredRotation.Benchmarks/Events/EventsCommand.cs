using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace CredRotation.Benchmarks.Events;

/// <summary>Runs many small worlds, each with its own storm of events, and answers in one JSON object whether every due credential was issued once.</summary>
internal sealed record EventsCommand(int Permutations, int Seed)
{
    private const int PermutationsMax = 1_000_000;
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Null when the words are not these.</summary>
    public static EventsCommand? Read(IReadOnlyList<string> words)
    {
        var command = new EventsCommand(10_000, 1);
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] is "--json") continue;
            if (at + 1 == words.Count || !int.TryParse(words[at + 1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return null;
            if (words[at] is "--permutations" && number is > 0 and <= PermutationsMax) command = command with { Permutations = number };
            else if (words[at] is "--seed") command = command with { Seed = number };
            else return null;
            at++;
        }

        return command;
    }

    public async Task<int> RunAsync(TextWriter answers, TextWriter progress, CancellationToken cancellationToken)
    {
        var report = await MeasureAsync(progress, cancellationToken);
        await answers.WriteLineAsync(JsonSerializer.Serialize(report, s_json));
        return report.Missed.Count == 0 ? 0 : 1;
    }

    public async Task<EventsReport> MeasureAsync(TextWriter progress, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var results = new PermutationResult[Permutations];
        var done = 0;
        var workers = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, Permutations, workers, async (number, stopping) =>
        {
            await using var permutation = new EventPermutation(Seed, number);
            results[number] = await permutation.RunAsync(stopping);
            if (results[number].Problem is { } problem) progress.WriteLine($"permutation {number}: {problem}");
            var count = Interlocked.Increment(ref done);
            if (count % 1000 == 0) progress.WriteLine($"{count} of {Permutations} after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        });

        return Report(results, Stopwatch.GetElapsedTime(started), workers.MaxDegreeOfParallelism);
    }

    private EventsReport Report(IReadOnlyList<PermutationResult> results, TimeSpan elapsed, int workers)
    {
        var epochs = results.SelectMany(result => result.IssuesPerEpoch).DefaultIfEmpty(0).ToList();
        var issues = new IssuesPerEpoch(epochs.Min(), epochs.Max());
        var lost = results.Sum(result => result.Lost);
        var missed = new List<string>();
        if (issues is not (1, 1)) missed.Add($"issuesPerEpoch is {issues.Min} to {issues.Max}; both must be 1.");
        if (lost > 0) missed.Add($"lost is {lost}; it must be 0.");
        if (results.Count(result => result.Problem is not null) is > 0 and var restless) missed.Add($"{restless} permutations did not come to rest; stderr names them.");
        return new EventsReport(
            Permutations,
            Seed,
            issues,
            epochs.Count,
            lost,
            results.Sum(result => result.EventsDelivered),
            results.Sum(result => result.DuplicatesDelivered),
            results.Sum(result => result.EventsLost),
            results.Sum(result => result.SweepsLost),
            missed,
            new EventsMeasured(Math.Round(elapsed.TotalSeconds, 1), Math.Round(elapsed.TotalMilliseconds * workers / Permutations, 2), workers, results.Sum(result => (long)result.VaultCalls)));
    }
}
