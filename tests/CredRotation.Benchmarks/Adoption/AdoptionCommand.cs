using System.Globalization;
using System.Text.Json;

namespace CredRotation.Benchmarks.Adoption;

/// <summary>Rotations under schedules of instances that come, go, hear late or never, and of people and strangers who speak for them: whether an old credential ever ends that somebody runs.</summary>
internal sealed record AdoptionCommand(int Schedules, int Seed)
{
    private const int SchedulesMax = 1_000_000;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Null when the words are not these.</summary>
    public static AdoptionCommand? Read(IReadOnlyList<string> words)
    {
        var command = new AdoptionCommand(10_000, 1);
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] is "--json") continue;
            if (at + 1 == words.Count || !int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
            switch (words[at++])
            {
                case "--schedules" when number is >= 1 and <= SchedulesMax: command = command with { Schedules = number }; break;
                case "--seed": command = command with { Seed = number }; break;
                default: return null;
            }
        }

        return command;
    }

    public async Task<int> RunAsync(TextWriter answers, TextWriter progress, CancellationToken cancellationToken)
    {
        await progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"seed {Seed}: {Schedules} schedules"));
        var report = await MeasureAsync(progress, cancellationToken);
        await answers.WriteLineAsync(JsonSerializer.Serialize(report, s_json));
        return report.Missed.Count == 0 ? 0 : 1;
    }

    internal async Task<AdoptionReport> MeasureAsync(TextWriter progress, CancellationToken cancellationToken)
    {
        var (sum, adoptions, faults, gate) = (new AdoptionTally(), new List<double>(), new SortedDictionary<int, string>(), new Lock());
        await Parallel.ForEachAsync(Enumerable.Range(1, Schedules), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, async (number, stop) =>
        {
            await using var schedule = new AdoptionSchedule(Seed, number);
            var fault = await schedule.RunAsync(stop);
            bool isRound;
            lock (gate)
            {
                sum.Add(schedule.Tally);
                if (schedule.AdoptionSeconds is { } seconds) adoptions.Add(seconds);
                if (fault is not null) faults[number] = fault;
                isRound = ++sum.Done % 1000 == 0;
            }

            if (isRound) await progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{sum.Done} schedules, {sum.Overrides} overrides"));
        });
        adoptions.Sort();
        var report = new AdoptionReport(Schedules, Seed, sum.RetiredBeforeAdoption, sum.ForgedAccepted, adoptions.Count == 0 ? 0 : adoptions[Math.Min(adoptions.Count - 1, adoptions.Count * 99 / 100)], sum.Overrides,
            new(sum.Forged, sum.Retired, sum.Signals, sum.LostSignals, sum.Heartbeats, sum.Died, sum.Left, sum.Joined, sum.Failures, sum.Stuck, sum.Holds, sum.ByHeartbeat, sum.WithoutSuccess, sum.Kinds), []);
        return report with { Missed = [.. report.Missing(), .. faults.Take(20).Select(fault => $"Schedule {fault.Key}: {fault.Value}")] };
    }
}

/// <summary>What was counted; empty <paramref name="Missed"/>: the requirement is met.</summary>
/// <param name="RetiredBeforeAdoption">Old credentials that ended while a living unit ran them for which nobody had recorded an override.</param>
/// <param name="ForgedAcknowledgementsAccepted">Entries of the ledger by which an instance proved what it did not run.</param>
/// <param name="P99AdoptionSeconds">From promotion to the last proof, where no override was needed.</param>
/// <param name="Overrides">Rotations that went on without a proof, by two people.</param>
internal sealed record AdoptionReport(int Schedules, int Seed, int RetiredBeforeAdoption, int ForgedAcknowledgementsAccepted, double P99AdoptionSeconds, int Overrides, AdoptionMet Met, IReadOnlyList<string> Missed)
{
    public IEnumerable<string> Missing()
    {
        if (RetiredBeforeAdoption != 0) yield return $"{RetiredBeforeAdoption} old credentials ended while somebody ran them.";
        if (ForgedAcknowledgementsAccepted != 0) yield return $"{ForgedAcknowledgementsAccepted} forged acknowledgements were accepted.";
        // A run in which nothing went wrong would show nothing.
        if (Schedules >= 1000 && (Met.Forged == 0 || Met.Stuck == 0 || Met.Died == 0 || Met.Joined == 0 || Met.Failures == 0 || Met.LostSignals == 0 || Overrides == 0 || Met.ByHeartbeat == 0)) yield return "The schedules were not as hard as they are meant to be.";
    }
}

/// <summary>How hard the schedules were.</summary>
/// <param name="WithoutSuccess">Instances that ran the new version and never used it.</param>
/// <param name="ByHeartbeat">Instances that heard of the new version by their heartbeat's answer.</param>
internal sealed record AdoptionMet(int Forged, int Retired, int Signals, int LostSignals, int Heartbeats, int Died, int Left, int Joined, int Failures, int Stuck, int Holds, int ByHeartbeat, int WithoutSuccess, IReadOnlyDictionary<string, int> Kinds);

/// <summary>Sums over schedules.</summary>
internal sealed class AdoptionTally
{
    public int Done { get; set; }
    public int RetiredBeforeAdoption { get; set; }
    public int ForgedAccepted { get; set; }
    public int Overrides { get; set; }
    public int Forged { get; set; }
    public int Retired { get; set; }
    public int Signals { get; set; }
    public int LostSignals { get; set; }
    public int Heartbeats { get; set; }
    public int Died { get; set; }
    public int Left { get; set; }
    public int Joined { get; set; }
    public int Failures { get; set; }
    public int Stuck { get; set; }
    public int Holds { get; set; }
    public int ByHeartbeat { get; set; }
    public int WithoutSuccess { get; set; }
    public SortedDictionary<string, int> Kinds { get; } = new(StringComparer.Ordinal);

    public void Add(AdoptionTally other)
    {
        RetiredBeforeAdoption += other.RetiredBeforeAdoption;
        ForgedAccepted += other.ForgedAccepted;
        Overrides += other.Overrides;
        Forged += other.Forged;
        Retired += other.Retired;
        Signals += other.Signals;
        LostSignals += other.LostSignals;
        Heartbeats += other.Heartbeats;
        Died += other.Died;
        Left += other.Left;
        Joined += other.Joined;
        Failures += other.Failures;
        Stuck += other.Stuck;
        Holds += other.Holds;
        ByHeartbeat += other.ByHeartbeat;
        WithoutSuccess += other.WithoutSuccess;
        foreach (var (kind, count) in other.Kinds) Kinds[kind] = Kinds.GetValueOrDefault(kind) + count;
    }
}
