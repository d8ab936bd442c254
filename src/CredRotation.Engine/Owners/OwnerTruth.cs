using System.Collections.Concurrent;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Owners;

/// <summary>
/// Asks daily of every group that is to answer whether anybody is there: owner groups of managed credentials, the fallback group, leadership. What
/// changed becomes a finding for whoever is left. Safe to repeat: nothing but our own store is written.
/// </summary>
internal sealed partial class OwnerTruth(IOwnerDirectory directory, OwnerBook book, FindingStore findings, IOptions<RotationOptions> options, TimeProvider clock, ILogger<OwnerTruth> logger)
{
    public const string LeftCode = "owner-left";
    public const string MissingCode = "owners-missing";

    /// <summary>Less than a day, so that a check that runs by the hour never skips one.</summary>
    private static readonly TimeSpan CheckAgainAfter = TimeSpan.FromHours(23);

    /// <summary>Groups whose names are asked for in one round.</summary>
    private const int NamesMax = 20;

    /// <summary>How long a departure is spoken of.</summary>
    private static readonly TimeSpan NewsFor = TimeSpan.FromDays(14);

    /// <summary>How long a group that nothing depends on any more is remembered.</summary>
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromDays(90);

    // Only when to look next: lost with the process, and then every group's row is read.
    private readonly ConcurrentDictionary<string, DateTimeOffset> _next = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Checks those of the groups whose last check is a day old, or left a doubt.</summary>
    /// <param name="ownerGroups">The groups of everything that is managed.</param>
    /// <returns>How many were asked for.</returns>
    public async Task<int> CheckAsync(IReadOnlySet<string> ownerGroups, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var groups = ownerGroups.Concat(new[] { options.Value.FallbackGroup, options.Value.LeadershipGroup }.OfType<string>().Where(group => group.Length > 0)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var due = new Dictionary<string, (StoredRow? Row, OwnerRecord? Record)>(StringComparer.OrdinalIgnoreCase);
        foreach (var group in groups)
        {
            if (_next.TryGetValue(group, out var next) && now < next) continue;
            var known = await book.LoadAsync(group, cancellationToken);
            if (NextCheck(known.Record, now) is var on && on <= now) due[group] = known;
            else _next[group] = on;
        }

        if (due.Count > 0)
        {
            var named = 0;
            foreach (var read in await directory.ReadManyAsync([.. due.Keys], cancellationToken))
            {
                var (row, known) = due[read.Group];
                // What a group is called is left out of an answer for many; people want to read it.
                var reading = read;
                if (read is { State: OwnerState.Healthy, GroupName: null } && known?.GroupName is null && named++ < NamesMax && await directory.ReadAsync(read.Group, cancellationToken) is { State: OwnerState.Healthy } whole) reading = whole;
                // Left for the newer version that wrote it.
                if (row is not null && known is null && RowFormat.IsNewer(row.Body, OwnerRecord.CurrentFormat)) continue;
                var record = OwnerHistory.With(known, reading, now);
                if (await book.TrySaveAsync(row, record, cancellationToken)) await NoteAsync(record, ownerGroups.Contains(record.Group), now, cancellationToken);
            }

            LogChecked(logger, due.Count);
            await ForgetAsync(groups, now, cancellationToken);
        }

        return due.Count;
    }

    /// <summary>At once where nobody looked yet, the directory did not say, or one reading alone missed somebody.</summary>
    private static DateTimeOffset NextCheck(OwnerRecord? record, DateTimeOffset now)
        => record is null or { AskedInVainSince: not null } or { Doubted.Count: > 0 } ? now : record.CheckedOn + CheckAgainAfter;

    private async Task NoteAsync(OwnerRecord record, bool isOwner, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var about = WatchedName.OfOwners(record.Group);
        var name = RotationMachine.Bounded(record.GroupName ?? record.Group);
        var isThere = record.State is not (OwnerState.Gone or OwnerState.TooFew);
        var fresh = record.Departures.Where(departure => now - departure.NoticedOn <= NewsFor).ToList();
        await SetAsync(about, LeftCode, fresh.Count == 0 ? null : new Finding(LeftCode,
            RotationMachine.Bounded($"Left {name}: {string.Join("; ", fresh.Take(5).Select(Words))}{(fresh.Count > 5 ? $"; and {fresh.Count - 5} more" : "")}. {record.People} people answer now."),
            "Nothing needs doing while enough people are left; else add somebody who answers.", now, FindingSeverity.Notice, Math.Min(fresh.Count, Finding.SeverityStep - 1)),
            isThere && isOwner ? record.Group : null, now, cancellationToken);
        await SetAsync(about, MissingCode, isThere ? null : new Finding(MissingCode,
            RotationMachine.Bounded($"{(record.State is OwnerState.Gone ? $"The group {name} does not exist any more" : $"The group {name} has {record.People} enabled {(record.People == 1 ? "person" : "people")}; two are needed")}, since {EngineTime.Text(record.StateSince)}. {Role(record.Group, isOwner)} {record.Detail}"),
            "Put at least two people into the group, or name a living one in the tag, the account or the settings.", now, isOwner ? FindingSeverity.Warning : FindingSeverity.Critical),
            isOwner && !IsFallback(record.Group) ? options.Value.FallbackGroup : null, now, cancellationToken);
    }

    private string Role(string group, bool isOwner) => isOwner ? "Until there are, the fallback group answers for its credentials."
        : IsFallback(group) ? "It is the fallback group: nobody would take over for owners who are gone." : "It is the leadership group: nobody would hear when owners do not answer.";

    private bool IsFallback(string group) => string.Equals(group, options.Value.FallbackGroup, StringComparison.OrdinalIgnoreCase);

    private static string Words(OwnerDeparture departure)
        => $"{departure.Name} ({departure.Why}; last seen {EngineTime.Text(departure.LastSeenOn)}, missing since {EngineTime.Text(departure.NoticedOn)})";

    /// <summary>Notes it, or clears it where there is nothing to say.</summary>
    private async Task SetAsync(WatchedName about, string code, Finding? finding, string? receiver, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (finding is not null) await findings.NoteAsync(new ObjectFinding { About = about, Finding = finding, IsOfSweep = false, Receiver = receiver, LastSeenOn = now }, cancellationToken);
        else await findings.ClearAsync(about, code, cancellationToken);
    }

    private async Task ForgetAsync(HashSet<string> groups, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await foreach (var record in book.ListAsync(cancellationToken))
        {
            if (groups.Contains(record.Group) || now - record.CheckedOn <= ForgetAfter) continue;
            if (await book.LoadAsync(record.Group, cancellationToken) is { Row: { } row }) await book.TryForgetAsync(row, cancellationToken);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Checked {Groups} groups that are to answer")]
    private static partial void LogChecked(ILogger logger, int groups);
}
