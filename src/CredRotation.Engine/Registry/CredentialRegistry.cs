using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Registry;

/// <summary>
/// Credentials, rotations, ledger and inbox over plain rows. One partition per credential, so that its row, its rotation's snapshot, its
/// ledger entries and the inbox items they fold are changed together or not at all.
/// </summary>
internal sealed class CredentialRegistry(IRowStore rows, IWorkQueue queue, FindingStore findings, WatchedObjects objects, IOptions<RotationOptions> options, TimeProvider clock) : ICredentialRegistry
{
    private const string CredentialRowKey = "row";
    private const string RotationPrefix = "rot-";
    private const string LedgerPrefix = "log-";
    private const string InboxPrefix = "in-";

    /// <summary>Inbox rows folded in one save; with the other changes they stay inside one batch.</summary>
    public const int InboxMax = 30;

    /// <summary>The format of the small rows beside a credential's: index, lane and target.</summary>
    private const int SmallFormat = 1;

    // Only its key counts; an older one is "{}".
    private const string IndexBody = """{"format":1}""";

    /// <summary>A store's clock may show whole seconds, and a look at it takes some time.</summary>
    private static readonly TimeSpan ShiftMin = TimeSpan.FromSeconds(2);

    private const string EntryWorks = "The rotation itself goes on, and its evidence hands out every entry as it was written.";

    private const string Shards = "abcdefghijklmnopqrstuvwxyz234567";

    public async Task<CredentialRow?> FindAsync(CredentialId credential, CancellationToken cancellationToken)
    {
        if (await LoadAsync(credential, cancellationToken) is not var (row, _, age)) return null;
        // What a clock that ran ahead wrote must not be waited for; what one that ran behind wrote is due early, which harms nothing.
        var shift = ShiftOf(row.SavedOn, age);
        return shift < TimeSpan.Zero ? row with { WakeOn = row.WakeOn + shift } : row;
    }

    /// <summary>How much later a time is by this host's clock than by the one that wrote it <paramref name="age"/> ago; zero within what such a comparison can show.</summary>
    public TimeSpan ShiftOf(DateTimeOffset? savedOn, TimeSpan? age)
    {
        var shift = clock.GetUtcNow() - age - savedOn;
        return shift is { } known && known.Duration() > ShiftMin ? known : TimeSpan.Zero;
    }

    /// <summary>Ids of all that were ever adopted; one among them may have no row yet.</summary>
    public async Task<IReadOnlySet<CredentialId>> ListIdsAsync(CancellationToken cancellationToken)
    {
        var ids = new HashSet<CredentialId>();
        foreach (var shard in Shards)
        {
            await foreach (var row in ScanAsync($"all-{shard}", "", cancellationToken))
                if (CredentialId.TryParse(row.Key.Row, out var id)) ids.Add(id);
        }

        return ids;
    }

    public async IAsyncEnumerable<CredentialRow> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var shard in Shards)
        {
            await foreach (var row in ScanAsync($"all-{shard}", "", cancellationToken))
            {
                if (CredentialId.TryParse(row.Key.Row, out var id) && await TryFindAsync(id, cancellationToken) is { } found) yield return found;
            }
        }
    }

    /// <summary>For lists: a row that this version cannot read must not hide the others.</summary>
    public async Task<CredentialRow?> TryFindAsync(CredentialId credential, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(credential, cancellationToken);
        }
        catch (Exception unreadable) when (unreadable is NewerFormatException or JsonException)
        {
            return null;
        }
    }

    public async Task<Rotation?> FindRotationAsync(CredentialId credential, int ordinal, CancellationToken cancellationToken)
        => (await LoadRotationAsync(credential, ordinal, cancellationToken))?.Rotation;

    public async Task<(CredentialRow Credential, Rotation Rotation)?> FindRotationAsync(RotationId rotation, CancellationToken cancellationToken)
    {
        var index = await rows.FindAsync(RotationIndexKey(rotation), cancellationToken);
        if (index is null) return null;

        var (credential, ordinal) = ReadIndex(index.Body);
        var row = await FindAsync(credential, cancellationToken);
        var found = await FindRotationAsync(credential, ordinal, cancellationToken);
        return row is null || found is null ? null : (row, found);
    }

    public async IAsyncEnumerable<(LedgerEntry Entry, string Hash)> ReadLedgerAsync(CredentialId credential, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in ScanAsync(Partition(credential), LedgerPrefix, cancellationToken))
            yield return (RowFormat.Read<LedgerEntry>(row.Body, LedgerEntry.CurrentFormat, $"Entry {row.Key.Row[LedgerPrefix.Length..].TrimStart('0')} of the ledger of credential {credential}", EntryWorks), Hash(row.Body));
    }

    public IAsyncEnumerable<string> ReadChainAsync(CredentialId credential, CancellationToken cancellationToken)
        => ScanAsync(Partition(credential), LedgerPrefix, cancellationToken).Select(row => row.Body);

    public async Task TellAsync(CredentialId credential, InboxItem item, CancellationToken cancellationToken)
    {
        var body = EngineJson.Write(item);
        // The same words said at another time are the same item: a repeated delivery must not count twice.
        var key = Base32.Hash20(EngineJson.Write(item with { On = default }));
        try
        {
            await rows.InsertAsync(new RowKey(Partition(credential), InboxPrefix + key), body, cancellationToken);
        }
        catch (RowConflictException)
        {
            // Already waiting to be folded in.
        }

        await queue.SendAsync(credential, TimeSpan.Zero, cancellationToken);
    }

    public async Task<(CredentialRow Row, string Tag, TimeSpan? Age)?> LoadAsync(CredentialId credential, CancellationToken cancellationToken)
    {
        var stored = await rows.FindAsync(new RowKey(Partition(credential), CredentialRowKey), cancellationToken);
        if (stored is null) return null;

        return (RowFormat.Read<CredentialRow>(stored.Body, CredentialRow.CurrentFormat, $"Credential {credential}"), stored.Tag, stored.Age);
    }

    public async Task<(Rotation Rotation, string Tag, TimeSpan? Age)?> LoadRotationAsync(CredentialId credential, int ordinal, CancellationToken cancellationToken)
    {
        var stored = await rows.FindAsync(RotationKey(credential, ordinal), cancellationToken);
        if (stored is null) return null;

        return (RowFormat.Read<Rotation>(stored.Body, Rotation.CurrentFormat, $"Rotation {ordinal} of credential {credential}"), stored.Tag, stored.Age);
    }

    /// <summary>What waits to be folded in, and whether something is left there that this version cannot read.</summary>
    public async Task<(IReadOnlyList<(StoredRow Row, InboxItem Item)> Items, bool IsSomethingUnread)> ReadInboxAsync(CredentialId credential, CancellationToken cancellationToken)
    {
        var items = new List<(StoredRow Row, InboxItem Item)>();
        var isSomethingUnread = false;
        await foreach (var row in ScanAsync(Partition(credential), InboxPrefix, cancellationToken))
        {
            if (TryRead(row.Body) is { } item) items.Add((row, item));
            else isSomethingUnread = true;
        }

        return ([.. items.OrderBy(item => item.Item.On)], isSomethingUnread);
    }

    public async Task<bool> HasInboxAsync(CredentialId credential, CancellationToken cancellationToken)
        => await ScanAsync(Partition(credential), InboxPrefix, cancellationToken).AnyAsync(cancellationToken);

    /// <summary>Null: written by a newer version, or not by us. It is left for who can read it and stops nobody.</summary>
    private static InboxItem? TryRead(string body)
    {
        try
        {
            return RowFormat.IsNewer(body, InboxItem.CurrentFormat) ? null : EngineJson.Read<InboxItem>(body);
        }
        catch (Exception unreadable) when (unreadable is JsonException or NotSupportedException)
        {
            return null;
        }
    }

    public async Task<string> ClaimAsync(CredentialRow row, string tag, CancellationToken cancellationToken)
        => await rows.ReplaceAsync(new RowKey(Partition(row.Id), CredentialRowKey), EngineJson.Write(row), tag, cancellationToken);

    /// <summary>
    /// Writes the visit's row, its rotation and its notes in one batch, removing what was folded. Answers what is stored now.
    /// Throws <see cref="VisitOverException"/> when the claim is no longer ours.
    /// </summary>
    public async Task SaveAsync(Visit visit, bool release, CancellationToken cancellationToken)
    {
        var partition = Partition(visit.Row.Id);
        var changes = new List<RowChange>();
        var chain = visit.Row.Chain;
        foreach (var note in visit.Notes)
        {
            var entry = new LedgerEntry(LedgerEntry.CurrentFormat, chain.Sequence + 1, chain.Hash, clock.GetUtcNow(), visit.Open?.Id, note.Who, note.What, RotationMachine.Bounded(note.Why), note.Data);
            var body = EngineJson.Write(entry);
            changes.Add(new RowChange.Insert(new RowKey(partition, string.Create(CultureInfo.InvariantCulture, $"{LedgerPrefix}{entry.Sequence:D12}")), body));
            chain = new ChainHead(entry.Sequence, Hash(body));
        }

        var row = visit.Row with
        {
            Chain = chain,
            Claim = release ? null : visit.Row.Claim,
            Landing = release ? visit.Landing : null,
            WakeOn = !visit.Row.IsOpen ? null : release ? WakeOn(visit) : visit.Row.WakeOn,
            SavedOn = clock.GetUtcNow(),
        };
        changes.Insert(0, new RowChange.Replace(new RowKey(partition, CredentialRowKey), EngineJson.Write(row), visit.RowTag));
        if (visit.Open is { } open)
        {
            var rotation = open with { SavedOn = row.SavedOn, Format = open.FormatNow };
            var key = RotationKey(visit.Row.Id, rotation.Ordinal);
            changes.Insert(1, visit.RotationTag is { } known
                ? new RowChange.Replace(key, EngineJson.Write(rotation), known)
                : new RowChange.Insert(key, EngineJson.Write(rotation)));
        }

        changes.AddRange(visit.Folded.Select(folded => new RowChange.Delete(folded.Key, folded.Tag)));

        var tags = await CommitAsync(partition, changes, row, cancellationToken);
        visit.Row = row;
        visit.RowTag = tags[0];
        if (visit.Open is not null) visit.RotationTag = tags[1];
        foreach (var note in visit.Notes) RotationTelemetry.CountNote(note);
        visit.Folded.Clear();
        visit.Notes.Clear();
    }

    /// <summary>An incident or escalation that nobody was told of calls sooner than the rotation does, whose own wake stays: an effect may still have to land.</summary>
    private DateTimeOffset WakeOn(Visit visit)
    {
        var now = clock.GetUtcNow();
        if (visit.Open is not { } rotation) return now;
        var wake = rotation.IsSomethingUntold && rotation.WakeOn > now + Alarm.RetryPause ? now + Alarm.RetryPause : rotation.WakeOn;
        // Nobody can begin before what was sent has landed.
        return visit.Landing is { } landing && wake < now + landing ? now + landing : wake;
    }

    /// <summary>A commit whose answer was lost is recognised by the chain head and claim it would have written.</summary>
    private async Task<IReadOnlyList<string>> CommitAsync(string partition, List<RowChange> changes, CredentialRow row, CancellationToken cancellationToken)
    {
        const int triesMax = 3;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await rows.ChangeAsync(partition, changes, cancellationToken);
            }
            catch (Exception trouble) when (trouble is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                var stored = await rows.FindAsync(new RowKey(partition, CredentialRowKey), cancellationToken);
                if (stored?.Body == changes[0] switch { RowChange.Replace replace => replace.Body, _ => null })
                {
                    var tags = new List<string> { stored!.Tag };
                    if (changes.Count > 1 && changes[1].Key.Row.StartsWith(RotationPrefix, StringComparison.Ordinal))
                        tags.Add((await rows.FindAsync(changes[1].Key, cancellationToken))?.Tag ?? throw new VisitOverException("The rotation's row is gone."));
                    return tags;
                }

                if (trouble is RowConflictException) throw new VisitOverException($"Credential {row.Id} was taken over by another visit.");
                if (attempt == triesMax) throw new VisitOverException($"The ledger could not be written ({trouble.GetType().Name}); what was done is recovered by the next visit.");
            }
        }
    }

    /// <summary>Takes the target for this credential; false when it belongs to another one.</summary>
    public async Task<CredentialId?> TakeTargetAsync(string account, string target, CredentialId credential, CancellationToken cancellationToken)
    {
        var key = TargetKey(account, target);
        try
        {
            await rows.InsertAsync(key, EngineJson.Write(credential), cancellationToken);
            return credential;
        }
        catch (RowConflictException)
        {
            var stored = await rows.FindAsync(key, cancellationToken);
            return stored is null ? null : ReadTarget(stored.Body);
        }
    }

    /// <summary>Gives a target back that this credential took; another's is left alone.</summary>
    public async Task ReleaseTargetAsync(string account, string target, CredentialId credential, CancellationToken cancellationToken)
    {
        var stored = await rows.FindAsync(TargetKey(account, target), cancellationToken);
        if (stored is null || ReadTarget(stored.Body) != credential) return;
        try
        {
            await rows.DeleteAsync(stored.Key, stored.Tag, cancellationToken);
        }
        catch (RowConflictException)
        {
            // Given back by an earlier try.
        }
    }

    public async Task<CredentialId?> FindTargetAsync(string account, string target, CancellationToken cancellationToken)
        => await rows.FindAsync(TargetKey(account, target), cancellationToken) is { } stored ? ReadTarget(stored.Body) : null;

    /// <summary>Adds a credential that was adopted; adding it again changes nothing.</summary>
    public async Task AddAsync(CredentialRow row, LedgerNote note, CancellationToken cancellationToken)
    {
        var entry = new LedgerEntry(LedgerEntry.CurrentFormat, 1, ChainHead.Empty.Hash, clock.GetUtcNow(), null, note.Who, note.What, RotationMachine.Bounded(note.Why), note.Data);
        var body = EngineJson.Write(entry);
        var partition = Partition(row.Id);
        await InsertIfMissingAsync(new RowKey($"all-{row.Id.Value[0]}", row.Id.Value), IndexBody, cancellationToken);
        try
        {
            await rows.ChangeAsync(partition,
            [
                new RowChange.Insert(new RowKey(partition, CredentialRowKey), EngineJson.Write(row with { Chain = new ChainHead(1, Hash(body)) })),
                new RowChange.Insert(new RowKey(partition, $"{LedgerPrefix}{1:D12}"), body),
            ], cancellationToken);
        }
        catch (RowConflictException)
        {
            // Adopted by an earlier try or by another host.
        }
    }

    /// <summary>Makes an open rotation findable by its id and by the wake-up scan. Before the row that opens it: an index without a row is harmless, a row without an index sleeps for ever.</summary>
    public async Task IndexAsync(CredentialId credential, RotationId rotation, int ordinal, CancellationToken cancellationToken)
    {
        await InsertIfMissingAsync(RotationIndexKey(rotation), EngineJson.Write(new RotationIndex(credential, ordinal)), cancellationToken);
        await IndexOpenAsync(credential, cancellationToken);
    }

    public Task IndexOpenAsync(CredentialId credential, CancellationToken cancellationToken)
        => InsertIfMissingAsync(OpenKey(credential), IndexBody, cancellationToken);

    /// <summary>The small index of credentials with open work.</summary>
    public async IAsyncEnumerable<CredentialRow> ListOpenAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var shard in Shards)
        {
            await foreach (var stored in ScanAsync($"open-{shard}", "", cancellationToken))
            {
                if (!CredentialId.TryParse(stored.Key.Row, out var id) || await TryFindAsync(id, cancellationToken) is not { } row) continue;
                if (row.IsOpen) yield return row;
                else if (!RowFormat.IsNewer(stored.Body, SmallFormat)) await RemoveFromOpenAsync(stored, id, cancellationToken);
            }
        }
    }

    private async Task RemoveFromOpenAsync(StoredRow stored, CredentialId id, CancellationToken cancellationToken)
    {
        try
        {
            await rows.DeleteAsync(stored.Key, stored.Tag, cancellationToken);
        }
        catch (RowConflictException)
        {
            return;
        }

        // It may have been opened between our look and the removal.
        if (await FindAsync(id, cancellationToken) is { IsOpen: true }) await IndexOpenAsync(id, cancellationToken);
    }

    public IAsyncEnumerable<ObjectFinding> ListFindingsAsync(CancellationToken cancellationToken)
        => findings.ListAsync(cancellationToken).Select(entry => entry.Found).Where(found => found.IsOpen);

    public Task NoteFindingAsync(WatchedName about, Finding finding, int times, CancellationToken cancellationToken)
        => findings.NoteAsync(new ObjectFinding { About = about, Finding = finding, IsOfSweep = false, Times = times, LastSeenOn = clock.GetUtcNow() }, cancellationToken);

    public IAsyncEnumerable<VaultObject> ListObjectsAsync(CancellationToken cancellationToken)
        => objects.ListAsync(options.Value.Vaults, cancellationToken);

    /// <summary>Takes an account's lane for a visit; false while another visit has it, or an effect of a dead one may still land.</summary>
    public async Task<bool> TakeLaneAsync(string account, Claim claim, TimeSpan landing, CancellationToken cancellationToken)
    {
        var key = LaneKey(account);
        var stored = await rows.FindAsync(key, cancellationToken);
        var body = EngineJson.Write(Lane.Of(claim));
        try
        {
            if (stored is null)
            {
                await rows.InsertAsync(key, body, cancellationToken);
                return true;
            }

            var holder = ReadLane(stored.Body);
            if (holder.Visit != claim.Visit && holder.Visit.Length > 0)
            {
                // As with a claim: how old it is, only the store says.
                if (stored.Age is not { } age)
                {
                    await rows.ReplaceAsync(key, stored.Body, stored.Tag, cancellationToken);
                    return false;
                }

                if (age < holder.ExpiresOn - holder.ClaimedOn + landing) return false;
            }

            await rows.ReplaceAsync(key, body, stored.Tag, cancellationToken);
            return true;
        }
        catch (RowConflictException)
        {
            // A repeat below us may have met our own write.
            return (await rows.FindAsync(key, cancellationToken))?.Body == body;
        }
    }

    public async Task ReleaseLaneAsync(string account, string visit, CancellationToken cancellationToken)
    {
        var key = LaneKey(account);
        var stored = await rows.FindAsync(key, cancellationToken);
        if (stored is null || RowFormat.IsNewer(stored.Body, SmallFormat) || ReadLane(stored.Body).Visit != visit) return;
        try
        {
            await rows.ReplaceAsync(key, EngineJson.Write(Lane.Of(new Claim("", default, default))), stored.Tag, cancellationToken);
        }
        catch (RowConflictException)
        {
            // Taken over meanwhile: not ours to release.
        }
    }

    private async Task InsertIfMissingAsync(RowKey key, string body, CancellationToken cancellationToken)
    {
        try
        {
            await rows.InsertAsync(key, body, cancellationToken);
        }
        catch (RowConflictException)
        {
            // There already.
        }
    }

    private IAsyncEnumerable<StoredRow> ScanAsync(string partition, string prefix, CancellationToken cancellationToken) => rows.ScanAllAsync(partition, prefix, cancellationToken);

    public static string Hash(string body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));

    private static string Partition(CredentialId credential) => $"c-{credential.Value}";

    private static RowKey RotationKey(CredentialId credential, int ordinal)
        => new(Partition(credential), string.Create(CultureInfo.InvariantCulture, $"{RotationPrefix}{ordinal:D8}"));

    private static RowKey RotationIndexKey(RotationId rotation) => new($"r-{rotation.Value}", "rotation");

    private static RowKey OpenKey(CredentialId credential) => new($"open-{credential.Value[0]}", credential.Value);

    private static RowKey TargetKey(string account, string target) => new($"t-{Base32.Hash20($"{account}\n{target}")}", "target");

    private static RowKey LaneKey(string account) => new($"lane-{Base32.Hash20(account)}", "lane");

    private static RotationIndex ReadIndex(string body) => RowFormat.Read<RotationIndex>(body, SmallFormat, "The index of a rotation");

    private static Lane ReadLane(string body) => RowFormat.Read<Lane>(body, SmallFormat, "An account's lane", "Credentials of other accounts are rotated as before.");

    /// <summary>Format 1 of a target is the credential's id alone, so that a build before this one reads it: any later format is an object.</summary>
    private static CredentialId ReadTarget(string body)
    {
        if (body.StartsWith('{')) RowFormat.Check(Math.Max(RowFormat.Of(body), SmallFormat + 1), SmallFormat, "A target's row", RowFormat.OthersGoOn);
        return EngineJson.Read<CredentialId>(body);
    }

    private sealed record RotationIndex(CredentialId Credential, int Ordinal)
    {
        public int Format { get; init; } = SmallFormat;
    }

    /// <summary>Who works at an account now; a claim with a format of its own.</summary>
    private sealed record Lane(string Visit, DateTimeOffset ClaimedOn, DateTimeOffset ExpiresOn)
    {
        public int Format { get; init; } = SmallFormat;

        public static Lane Of(Claim claim) => new(claim.Visit, claim.ClaimedOn, claim.ExpiresOn);
    }
}
