using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace CredRotation.Benchmarks.UnderFire;

/// <summary>
/// A client app under load by real HTTP while its key rotates again and again and old keys really die. Slices with rotations and without take
/// turns within one run, so that a noisy machine is as noisy for both.
/// </summary>
internal sealed record UnderFireCommand(int Seconds, int Rps, int Rotations)
{
    private const int SecondsMax = 3600, RpsMax = 5000, RotationsMax = 3600;

    /// <summary>Rotations of one slice.</summary>
    private const int SliceRotations = 5;

    private static readonly TimeSpan s_warm = TimeSpan.FromSeconds(2);

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private TimeSpan Rhythm => TimeSpan.FromSeconds(Seconds) / Rotations;

    /// <summary>Null when the words are not these.</summary>
    public static UnderFireCommand? Read(IReadOnlyList<string> words)
    {
        var command = new UnderFireCommand(60, 300, 30);
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] is "--json") continue;
            if (at + 1 == words.Count || !int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1) return null;
            switch (words[at++])
            {
                case "--seconds" when number <= SecondsMax: command = command with { Seconds = number }; break;
                case "--rps" when number <= RpsMax: command = command with { Rps = number }; break;
                case "--rotations" when number <= RotationsMax: command = command with { Rotations = number }; break;
                default: return null;
            }
        }

        return command;
    }

    public async Task<int> RunAsync(TextWriter answers, TextWriter progress, CancellationToken cancellationToken)
    {
        var report = await MeasureAsync(progress, cancellationToken);
        await answers.WriteLineAsync(JsonSerializer.Serialize(report, s_json));
        return report.Missed.Count == 0 ? 0 : 1;
    }

    internal async Task<UnderFireReport> MeasureAsync(TextWriter progress, CancellationToken cancellationToken)
    {
        await using var world = await UnderFireWorld.StartAsync(cancellationToken);
        await using var load = new OpenLoad(world.Shops, Rps);
        // What is compiled on its first use is no matter of rotation; and without orders no instance could prove anything.
        load.Begin(cancellationToken);
        await Task.Delay(s_warm, TimeProvider.System, cancellationToken);
        var (rotated, stuck) = (0, await world.RotateAsync(cancellationToken) ? "" : await world.DescribeAsync(cancellationToken));
        await Task.Delay(s_warm, TimeProvider.System, cancellationToken);
        var (warm, started) = (world.Tally, Stopwatch.GetTimestamp());
        while (rotated < Rotations && stuck.Length == 0)
        {
            var slice = Math.Min(SliceRotations, Rotations - rotated);
            load.Slice = LoadSlice.Quiet;
            await Task.Delay(Rhythm * slice, TimeProvider.System, cancellationToken);
            load.Slice = LoadSlice.Rotating;
            for (var one = 0; one < slice && stuck.Length == 0; one++)
            {
                var begun = Stopwatch.GetTimestamp();
                if (!await world.RotateAsync(cancellationToken)) stuck = await world.DescribeAsync(cancellationToken);
                else rotated++;
                var rest = Rhythm - Stopwatch.GetElapsedTime(begun);
                if (rest > TimeSpan.Zero) await Task.Delay(rest, TimeProvider.System, cancellationToken);
            }

            await progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{rotated} of {Rotations} rotations, {load.Count} requests, {load.Failed} failed"));
        }

        await load.EndAsync();
        var (quiet, rotating) = (load.Latencies(LoadSlice.Quiet), load.Latencies(LoadSlice.Rotating));
        var tally = world.Tally;
        var report = new UnderFireReport(load.Count, load.Failed, Percentile(quiet, 99) is 0 ? 0 : Math.Round(Percentile(rotating, 99) / Percentile(quiet, 99), 3), rotated, tally.Acknowledged - warm.Acknowledged, tally.OldRefused - warm.OldRefused, tally.RefusedPayments - warm.RefusedPayments, tally.FailureReports - warm.FailureReports, world.Shops.Count,
            new(Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1), rotating.Count, quiet.Count, Of(rotating), Of(quiet)), []);
        return report with { Missed = [.. report.Missing(this, stuck)] };
    }

    private static LatencyMs Of(IReadOnlyList<double> sorted) => new(Percentile(sorted, 50), Percentile(sorted, 90), Percentile(sorted, 99), sorted.Count == 0 ? 0 : sorted[^1]);

    private static double Percentile(IReadOnlyList<double> sorted, int percent) => sorted.Count == 0 ? 0 : Math.Round(sorted[Math.Min(sorted.Count - 1, sorted.Count * percent / 100)], 3);
}

/// <summary>Milliseconds from when a request was due to its whole answer.</summary>
internal sealed record LatencyMs(double P50, double P90, double P99, double Max);

/// <summary>What depends on the machine.</summary>
internal sealed record UnderFireMeasured(double Seconds, int RequestsRotating, int RequestsQuiet, LatencyMs Rotating, LatencyMs Quiet);

/// <summary>What was counted; empty <paramref name="Missed"/>: the requirement is met.</summary>
/// <param name="Requests">At the client app, in slices with rotations and without.</param>
/// <param name="Failed">Those that did not end with a paid order.</param>
/// <param name="P99Ratio">The 99th percentile with rotation against without.</param>
/// <param name="Rotations">Those that ended with the old key retired.</param>
/// <param name="OldRefused">Rotations at whose end the old key was refused.</param>
/// <param name="RefusedPayments">Payments with a key that was refused; each was tried again with the other key.</param>
/// <param name="FailureReports">Reports that a version does not work.</param>
internal sealed record UnderFireReport(long Requests, long Failed, double P99Ratio, int Rotations, int Acknowledged, int OldRefused, long RefusedPayments, int FailureReports, int Instances, UnderFireMeasured Measured, IReadOnlyList<string> Missed)
{
    private const double RatioMax = 1.2;

    public IEnumerable<string> Missing(UnderFireCommand wanted, string stuck)
    {
        if (Rotations != wanted.Rotations) yield return $"{Rotations} of {wanted.Rotations} rotations ended Retired; the next stands at {stuck}.";
        if (Failed != 0) yield return $"{Failed} of {Requests} requests failed.";
        if (P99Ratio > RatioMax) yield return string.Create(CultureInfo.InvariantCulture, $"p99Ratio is {P99Ratio}, more than {RatioMax}.");
        if (OldRefused != Rotations) yield return $"The old key was refused at the end of {OldRefused} of {Rotations} rotations.";
        if (Acknowledged != Rotations * Instances) yield return $"{Acknowledged} acknowledgements of {Rotations} rotations by {Instances} instances.";
        // The load has to have been there.
        if (Requests < 0.9 * wanted.Rps * wanted.Seconds * 2) yield return $"{Requests} requests are fewer than {wanted.Rps} a second.";
    }
}
