using System.Globalization;
using System.Text.Json;

namespace CredRotation.Benchmarks.Sweep;

/// <summary>
/// Sweeps vaults of many secrets through the real clients of Key Vault and Graph against servers of this process, and counts at the servers. The
/// sweep is a process of its own, so that its memory is nobody else's, and runs once more over ten times as many secrets.
/// </summary>
internal sealed record SweepCommand(int Secrets, int Vaults, int Groups)
{
    private const int SecretsMax = 100_000, VaultsMax = 50, GroupsMax = 5_000;
    private const int PageSize = 25, QuestionsPerCall = 20, CallsBeside = 5, Scale = 10;
    private const double PeakMiBMax = 200, RatioMax = 1.3;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Whether the sweep of ten times as many is measured, too.</summary>
    public bool IsScaled { get; init; } = true;

    /// <summary>Null when the words are not these.</summary>
    public static SweepCommand? Read(IReadOnlyList<string> words)
    {
        var command = new SweepCommand(10_000, 4, 500);
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] is "--json") continue;
            if (at + 1 == words.Count || !int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1) return null;
            if (words[at] is "--secrets" && number <= SecretsMax) command = command with { Secrets = number };
            else if (words[at] is "--vaults" && number <= VaultsMax) command = command with { Vaults = number };
            else if (words[at] is "--groups" && number <= GroupsMax) command = command with { Groups = number };
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

    public async Task<SweepReport> MeasureAsync(TextWriter progress, CancellationToken cancellationToken)
    {
        progress.WriteLine($"{Secrets} secrets in {Vaults} vaults");
        var (counts, swept) = await SweepAsync(Secrets, cancellationToken);
        SweptProcess? larger = null;
        if (IsScaled)
        {
            progress.WriteLine($"{Secrets * Scale} secrets in {Vaults} vaults");
            larger = (await SweepAsync(Secrets * Scale, cancellationToken)).Swept;
        }

        var measured = new SweepMeasured(counts.OtherLists, counts.VersionLists, counts.Hasty, swept.UnreadVaults, swept.LedgerWrites, swept.LedgerReads, larger?.PeakMemoryMiB, larger?.Seconds,
            larger is null ? null : Math.Round(larger.PeakMemoryMiB / swept.PeakMemoryMiB, 2));
        return new SweepReport(Secrets, swept.Seconds, counts.SecretLists + counts.VersionLists, counts.ValueReads, counts.GraphCalls, counts.Throttled, swept.PeakMemoryMiB, swept.Opened, swept.Findings,
            [.. Missed(counts, swept, measured)], measured);
    }

    private async Task<(SweepCounts Counts, SweptProcess Swept)> SweepAsync(int secrets, CancellationToken cancellationToken)
    {
        await using var world = await SweepWorld.StartAsync(secrets, Vaults, Groups, cancellationToken);
        var swept = await SweepProcess.RunAsync(world.Settings, cancellationToken);
        return (world.Count(), swept);
    }

    private IEnumerable<string> Missed(SweepCounts counts, SweptProcess swept, SweepMeasured measured)
    {
        var (lists, listsMax) = (counts.SecretLists + counts.VersionLists, (Secrets / PageSize) + Vaults + swept.Opened);
        if (lists > listsMax) yield return $"listCalls is {lists}; it may be {listsMax}.";
        if (counts.ValueReads > 0) yield return $"valueReads is {counts.ValueReads}; it must be 0.";
        if (counts.GraphCalls > (Groups / QuestionsPerCall) + CallsBeside) yield return $"graphCalls is {counts.GraphCalls}; it may be {(Groups / QuestionsPerCall) + CallsBeside}.";
        if (counts.Hasty > 0) yield return $"{counts.Hasty} calls did not wait as long as a server had asked for.";
        if (swept.UnreadVaults > 0) yield return $"{swept.UnreadVaults} vaults were not read to their end.";
        if (swept.Secrets != Secrets) yield return $"{swept.Secrets} of {Secrets} secrets were seen.";
        if (swept.Opened != SweepWorld.Due(Secrets)) yield return $"opened is {swept.Opened}; {SweepWorld.Due(Secrets)} were due.";
        if (swept.PeakMemoryMiB >= PeakMiBMax) yield return string.Create(CultureInfo.InvariantCulture, $"peakMemoryMiB is {swept.PeakMemoryMiB}; it must be under {PeakMiBMax}.");
        if (measured.PeakMemoryMiBOfTenTimes >= PeakMiBMax) yield return string.Create(CultureInfo.InvariantCulture, $"peakMemoryMiBOfTenTimes is {measured.PeakMemoryMiBOfTenTimes}; it must be under {PeakMiBMax}.");
        if (measured.Ratio > RatioMax) yield return string.Create(CultureInfo.InvariantCulture, $"ratio is {measured.Ratio}; it may be {RatioMax}.");
    }
}
