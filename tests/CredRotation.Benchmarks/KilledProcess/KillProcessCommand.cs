using System.Globalization;
using System.Text.Json;

namespace CredRotation.Benchmarks.KilledProcess;

/// <summary>
/// Kills the real process with SIGKILL before and after every request that the simulated systems see of a rotation, one kill per rotation, for
/// both overlap classes, and answers in one JSON object how each ended.
/// </summary>
/// <param name="Workers">How many rotations run at once; most of the time each waits for an end.</param>
/// <param name="Providers">Whose class is swept.</param>
internal sealed record KillProcessCommand(int Workers, IReadOnlyList<string> Providers)
{
    private const int WorkersMax = 64;
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Null when the words are not these.</summary>
    public static KillProcessCommand? Read(IReadOnlyList<string> words)
    {
        var command = new KillProcessCommand(5 * Environment.ProcessorCount, KillPlan.Providers);
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] is "--json") continue;
            if (at + 1 == words.Count) return null;
            if (words[at] is "--workers" && int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var workers) && workers is > 0 and <= WorkersMax) command = command with { Workers = workers };
            else if (words[at] is "--class" && KillPlan.Providers.Where(provider => KillPlan.ClassOf(provider) == words[at + 1]).ToList() is { Count: 1 } one) command = command with { Providers = one };
            else return null;
            at++;
        }

        return command;
    }

    public async Task<int> RunAsync(TextWriter answers, TextWriter progress, CancellationToken cancellationToken)
    {
        using var busy = new SemaphoreSlim(Environment.ProcessorCount + 1);
        var plans = await Task.WhenAll(Providers.Select(provider => KillPlan.EnumerateAsync(provider, busy, cancellationToken)));
        foreach (var plan in plans) await progress.WriteLineAsync($"{plan.Provider}: {plan.Requests.Count} requests: {string.Join(", ", plan.Requests.Select(request => $"{request.Operation} #{request.Occurrence}"))}");

        // In turns: one class waits for a timer while the other works.
        var kills = plans.SelectMany(plan => plan.Kills.Select((kill, turn) => (kill, turn))).OrderBy(one => one.turn).Select(one => one.kill).ToList();
        var ends = new KillEnd[kills.Count];
        var done = 0;
        await Parallel.ForAsync(0, kills.Count, new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = cancellationToken }, async (number, stopping) =>
        {
            ends[number] = await KillEnd.OfAsync(kills[number], 1000 + number, busy, stopping);
            await progress.WriteLineAsync($"{Interlocked.Increment(ref done)} of {kills.Count}  {kills[number]}: {(ends[number].Missed.Count == 0 ? "as if nothing had happened" : string.Join("; ", ends[number].Missed))}");
        });

        var report = new KillProcessReport(
            plans.ToDictionary(plan => plan.Class, plan => KilledClass.Of(ends.Where(end => end.Kill.Provider == plan.Provider).ToList())),
            [.. ends.Where(end => end.Missed.Count > 0).Select(end => $"{end.Kill}: {string.Join("; ", end.Missed)}")]);
        await answers.WriteLineAsync(JsonSerializer.Serialize(report, s_json));
        return report.Missed.Count == 0 ? 0 : 1;
    }
}
