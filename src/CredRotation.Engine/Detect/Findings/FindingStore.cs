using System.Runtime.CompilerServices;
using System.Text.Json;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Findings;

/// <summary>One row per object and code, so that a finding that is seen again keeps its age. Two hosts that note the same race harmlessly.</summary>
internal sealed class FindingStore(IRowStore rows, TimeProvider clock)
{
    /// <summary>How coarse <see cref="ObjectFinding.LastSeenOn"/> is.</summary>
    public static readonly TimeSpan SeenStep = TimeSpan.FromHours(12);

    /// <summary>How long the record of a cleared finding is kept.</summary>
    private static readonly TimeSpan ClearedMax = TimeSpan.FromDays(90);

    /// <summary>How long a finding that no sweep can see again stands.</summary>
    private static readonly TimeSpan NotedMax = TimeSpan.FromDays(30);

    /// <summary>Tries to add to a count that others add to in the same moment.</summary>
    private const int TriesMax = 5;

    private const string Shards = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>Open and cleared ones.</summary>
    public IAsyncEnumerable<(StoredRow Row, ObjectFinding Found)> ListAsync(CancellationToken cancellationToken)
        => ScanAsync(cancellationToken).Where(seen => seen.Found is not null).Select(seen => (seen.Row, seen.Found!));

    /// <summary>Every row; without a finding where this version cannot read it.</summary>
    public async IAsyncEnumerable<(StoredRow Row, ObjectFinding? Found, bool IsNewer)> ScanAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var shard in Shards)
        {
            await foreach (var stored in rows.ScanAllAsync($"find-{shard}", "", cancellationToken)) yield return (stored, TryRead(stored), IsNewer(stored));
        }
    }

    public static RowKey KeyOf(WatchedName about, string code)
    {
        var key = Base32.Hash20($"{about}/{code}");
        return new RowKey($"find-{key[0]}", key);
    }

    /// <summary>Notes a finding of one look, or what came from outside, which only counts up.</summary>
    public async Task NoteAsync(ObjectFinding seen, CancellationToken cancellationToken)
    {
        var key = KeyOf(seen.About, seen.Finding.Code);
        for (var tries = 0; tries < TriesMax; tries++)
        {
            if (await NoteAsync(seen, await rows.FindAsync(key, cancellationToken), cancellationToken)) return;
        }

        // Whoever won each race noted the same: only the count is a little low.
    }

    /// <summary>Writes what is new about a finding; its age, and what was announced of it, are those of the known one. False when somebody else wrote meanwhile.</summary>
    public async Task<bool> NoteAsync(ObjectFinding seen, StoredRow? stored, CancellationToken cancellationToken)
    {
        switch (ChangeOf(seen, KeyOf(seen.About, seen.Finding.Code), stored))
        {
            case RowChange.Insert insert:
                var isNew = await rows.TryInsertAsync(insert.Key, insert.Body, cancellationToken);
                if (isNew) RotationTelemetry.CountFinding(seen.Finding.Code);
                return isNew;
            case RowChange.Replace replace:
                return await rows.TryReplaceAsync(stored!, replace.Body, cancellationToken);
            default:
                return true;
        }
    }

    /// <summary>Null: nothing about it is new, or what is stored is of a newer version.</summary>
    private static RowChange? ChangeOf(ObjectFinding seen, RowKey key, StoredRow? stored)
    {
        if (stored is null) return new RowChange.Insert(key, EngineJson.Write(seen));
        if (IsNewer(stored)) return null;

        if (TryRead(stored) is { IsOpen: true } known)
        {
            seen = seen with { Finding = seen.Finding with { Since = known.Finding.Since }, AnnouncedOn = known.AnnouncedOn, AnnouncedWeight = known.AnnouncedWeight, Times = Sum(seen.Times, known.Times) };
            if (seen.LastSeenOn - known.LastSeenOn < SeenStep && seen with { LastSeenOn = known.LastSeenOn } == known) return null;
        }

        return new RowChange.Replace(key, EngineJson.Write(seen), stored.Tag);
    }

    /// <summary>Notes many findings of one partition in one write, those that are stored already after a look at each.</summary>
    public async Task NoteAsync(IReadOnlyList<(ObjectFinding Seen, bool IsStored)> noted, CancellationToken cancellationToken)
    {
        var (changes, added) = (new List<RowChange>(), new List<string>());
        foreach (var (seen, isStored) in noted)
        {
            var key = KeyOf(seen.About, seen.Finding.Code);
            if (ChangeOf(seen, key, isStored ? await rows.FindAsync(key, cancellationToken) : null) is not { } change) continue;
            changes.Add(change);
            if (change is RowChange.Insert) added.Add(seen.Finding.Code);
        }

        if (changes.Count == 0) return;
        try
        {
            await rows.ChangeAsync(changes[0].Key.Partition, changes, cancellationToken);
            foreach (var code in added) RotationTelemetry.CountFinding(code);
        }
        catch (RowConflictException)
        {
            // Another host notes the same, or a newer version did.
            foreach (var (seen, _) in noted) await NoteAsync(seen, cancellationToken);
        }
    }

    /// <summary>Marks findings of one partition in one write. One that changed meanwhile is told of again.</summary>
    public async Task MarkAnnouncedAsync(IReadOnlyList<(StoredRow Row, ObjectFinding Found)> told, CancellationToken cancellationToken)
    {
        if (told.Count == 0) return;
        try
        {
            await rows.ChangeAsync(told[0].Row.Key.Partition, [.. told.Select(one => new RowChange.Replace(one.Row.Key, Announced(one.Found), one.Row.Tag))], cancellationToken);
        }
        catch (RowConflictException)
        {
            foreach (var (row, found) in told) await rows.TryReplaceAsync(row, Announced(found), cancellationToken);
        }
    }

    public Task ClearAsync(StoredRow stored, ObjectFinding found, CancellationToken cancellationToken)
        => rows.TryReplaceAsync(stored, EngineJson.Write(found with { ClearedOn = clock.GetUtcNow() }), cancellationToken);

    /// <summary>Clears what is over; what is not there, or cleared already, stays as it is.</summary>
    public async Task ClearAsync(WatchedName about, string code, CancellationToken cancellationToken)
    {
        if (await rows.FindAsync(KeyOf(about, code), cancellationToken) is { } stored && TryRead(stored) is { IsOpen: true } found) await ClearAsync(stored, found, cancellationToken);
    }

    private string Announced(ObjectFinding found) => EngineJson.Write(found with { AnnouncedOn = clock.GetUtcNow(), AnnouncedWeight = found.Finding.Weight });

    /// <summary>Clears what grew old unseen, and forgets what is over for long. True when the row needs no further look.</summary>
    public async Task<bool> AgeAsync(StoredRow stored, ObjectFinding found, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (found.ClearedOn is { } cleared)
        {
            if (now - cleared > ClearedMax) await rows.TryDeleteAsync(stored, cancellationToken);
            return true;
        }

        if (found.IsOfSweep || now - found.LastSeenOn <= NotedMax) return found.IsOfSweep is false;
        await ClearAsync(stored, found, cancellationToken);
        return true;
    }

    private static int? Sum(int? more, int? known) => more is { } times ? (int)Math.Min(int.MaxValue, (long)times + (known ?? 0)) : null;

    /// <summary>Of a newer format: left for who can read it, whatever else is in it.</summary>
    private static bool IsNewer(StoredRow stored) => RowFormat.IsNewer(stored.Body, ObjectFinding.CurrentFormat);

    /// <summary>Null: written by another version. What still is so is found and written again.</summary>
    private static ObjectFinding? TryRead(StoredRow stored)
    {
        try
        {
            return IsNewer(stored) ? null : EngineJson.Read<ObjectFinding>(stored.Body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
