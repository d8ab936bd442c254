using System.Diagnostics;
using System.Text.Json;
using CredRotation.Testing;
using CredRotation.Testing.Simulation;

namespace CredRotation.Benchmarks.KillSweep;

/// <summary>What the sweep of one class came to.</summary>
/// <param name="Points">Schedules, each with its one kill or two.</param>
/// <param name="BrokenLive">Those in which something that was run or read was not accepted.</param>
/// <param name="Calls">Calls that the vendor saw in all of them.</param>
internal sealed record SweptClass(int Points, int Converged, int BrokenLive, int UnknownUnreported, int Calls);

/// <summary>What the sweep came to; its JSON is the command's answer.</summary>
internal sealed record KillSweepReport(IReadOnlyDictionary<string, SweptClass> Classes, IReadOnlyList<string> Missed, double ElapsedSeconds);

/// <summary>Ends the process before and after every effect of a rotation, and once more at every effect of what then goes on, in every class.</summary>
internal sealed record KillSweepCommand(string? Class, bool IsTwice)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Null when the words are not these.</summary>
    public static KillSweepCommand? Read(IReadOnlyList<string> words) => words switch
    {
        [] or ["--json"] => new KillSweepCommand(null, true),
        ["--class", var name, ..] when VendorClasses.TryFind(name, out _) => new KillSweepCommand(name, true),
        _ => null,
    };

    public async Task<int> RunAsync(TextWriter answers, TextWriter progress, CancellationToken cancellationToken)
    {
        var report = Measure(progress, cancellationToken);
        await answers.WriteLineAsync(JsonSerializer.Serialize(report, s_json));
        return report.Missed.Count == 0 ? 0 : 1;
    }

    public KillSweepReport Measure(TextWriter progress, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var classes = new Dictionary<string, SweptClass>();
        var missed = new List<string>();
        foreach (var vendor in Scenarios.Accepted.Where(vendor => Class is null || vendor.Name == Class))
        {
            var results = Sweep(vendor, cancellationToken);
            foreach (var result in results.Where(result => result.Violations.Count > 0).Take(3)) progress.WriteLine($"{result.Scenario}{Environment.NewLine}  {result.Violations[0].Invariant} {result.Violations[0].Detail}");
            var swept = new SweptClass(
                results.Count,
                results.Count(result => result.IsConverged && result.Violations.Count == 0),
                results.Count(result => result.Violations.Any(violation => violation.Invariant is "I1" or "I3")),
                results.Sum(result => result.UnknownUnreported),
                results.Sum(result => result.VendorCalls));
            classes.Add(vendor.Name, swept);
            if (swept.Converged != swept.Points) missed.Add($"{vendor.Name} converged in {swept.Converged} of {swept.Points}; it must in all.");
            if (swept.BrokenLive > 0) missed.Add($"{vendor.Name} broke what was live {swept.BrokenLive} times.");
            if (swept.UnknownUnreported > 0) missed.Add($"{vendor.Name} left {swept.UnknownUnreported} unknown credentials unreported.");
            progress.WriteLine($"{vendor.Name}: {swept.Points} points after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        }

        return new KillSweepReport(classes, missed, Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1));
    }

    private List<SimulationResult> Sweep(VendorClass vendor, CancellationToken cancellationToken)
    {
        var calm = Run(vendor, []);
        var once = calm.Sequence.Index().Where(effect => IsKillPoint(effect.Item))
            .SelectMany(effect => new[] { KillAt(effect.Index, Mishap.KillBefore), KillAt(effect.Index, Mishap.KillAfter) }).ToList();
        var results = new List<SimulationResult>();
        Parallel.ForEach(once, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, first =>
        {
            var one = Run(vendor, [first]);
            Keep(results, one);
            // Nothing happens between the end of one effect and the begin of the next: before the next is where it was after this one.
            if (!IsTwice || first.Mishap is Mishap.KillBefore) return;
            foreach (var effect in one.Sequence.Index().Skip(first.Occurrence).Where(effect => IsRemote(effect.Item)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Keep(results, Run(vendor, [first, KillAt(effect.Index, Mishap.KillAfter)]));
            }
        });
        return results;
    }

    private static void Keep(List<SimulationResult> results, SimulationResult result)
    {
        lock (results) results.Add(result with { Hits = [], Sequence = [] });
    }

    private static PlannedMishap KillAt(int index, Mishap mishap) => new(Simulation.AnyOperation, index + 1, mishap, TimeSpan.Zero);

    private static SimulationResult Run(VendorClass vendor, IReadOnlyList<PlannedMishap> mishaps)
    {
        using var simulation = new Simulation(new Scenario(1, vendor) { Mishaps = mishaps });
        return simulation.Run();
    }

    /// <summary>Heartbeats and findings are not the rotation's.</summary>
    private static bool IsKillPoint(string operation) => operation is not ("ledger.insert@other" or "ledger.replace@other");

    private static bool IsRemote(string operation) => operation.StartsWith("vault.", StringComparison.Ordinal) || operation.StartsWith("vendor.", StringComparison.Ordinal) || operation.StartsWith("ledger.change", StringComparison.Ordinal);
}
