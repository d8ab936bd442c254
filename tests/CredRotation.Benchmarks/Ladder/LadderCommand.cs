using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredRotation.Benchmarks.Ladder;

/// <summary>Years of ends, reminders and people who come, go and stay silent: whether any end ever comes that nobody was told of.</summary>
internal sealed record LadderCommand(int Credentials, int Years, int Seed)
{
    private const int CredentialsMax = 50_000;
    private const int YearsMax = 10;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    /// <summary>Null when the words are not these.</summary>
    public static LadderCommand? Read(IReadOnlyList<string> words)
    {
        var command = new LadderCommand(10_000, 2, 1);
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] is "--json") continue;
            if (at + 1 == words.Count || !int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
            LadderCommand? next = words[at++] switch
            {
                "--credentials" when number is >= 1 and <= CredentialsMax => command with { Credentials = number },
                "--years" when number is >= 1 and <= YearsMax => command with { Years = number },
                "--seed" => command with { Seed = number },
                _ => null,
            };
            if (next is null) return null;
            command = next;
        }

        return command;
    }

    public async Task<int> RunAsync(TextWriter answers, TextWriter progress, CancellationToken cancellationToken)
    {
        await progress.WriteLineAsync($"seed {Seed}: {Credentials} credentials, {Years} years");
        await using var world = new LadderWorld(Credentials, Seed);
        var report = await world.RunAsync(TimeSpan.FromDays(365 * Years), progress, cancellationToken);
        await answers.WriteLineAsync(JsonSerializer.Serialize(report, s_json));
        return report.Missed.Count == 0 ? 0 : 1;
    }
}

/// <summary>What came of it; empty <paramref name="Missed"/>: the requirement is met.</summary>
/// <param name="ExpiredSilently">Versions that ended although nobody who lives and answers had been told, and no named person had taken it on.</param>
/// <param name="SilentAtT7">The same, seven days before the end.</param>
/// <param name="Notices">Messages that a channel accepted.</param>
/// <param name="DuplicatesBeyondCrashes">Credentials that one receiver was told of twice at one rung, other than after the process died between a message's acceptance and its record.</param>
/// <param name="ToUnverifiedAddresses">Receivers by name who were no enabled member, or not in the group that was written to, when the message was accepted.</param>
internal sealed record LadderReport(int Credentials, int Seed, int ExpiredSilently, int SilentAtT7, int Notices, int DuplicatesBeyondCrashes, int ToUnverifiedAddresses, LadderMeasured Measured, IReadOnlyList<string> Missed);

/// <summary>Beside the requirement: that the years were as hard as they were meant to be.</summary>
internal sealed record LadderMeasured(
    int Groups,
    int DeadGroups,
    int People,
    int SilentPeople,
    int LeftPeople,
    int Rounds,
    int Replaced,
    int Acknowledged,
    int Ended,
    int LostEvents,
    int Crashes,
    int RefusedMessages,
    int RoundsWithoutDirectory,
    int ToDefaultReceiver,
    IReadOnlyDictionary<string, int> AcceptedByLevel);
