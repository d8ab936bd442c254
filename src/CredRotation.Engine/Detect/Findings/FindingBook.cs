using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Findings;

/// <summary>
/// One sweep's findings against all that were known: what is seen is noted, what a whole look no longer sees is cleared, the rest stays. Holds
/// a few bytes of each and writes many at once.
/// </summary>
internal sealed class FindingBook
{
    private readonly FindingStore _store;
    private readonly DateTimeOffset _now;
    private readonly KnownFindings _known = new();
    private readonly Dictionary<string, List<(ObjectFinding Seen, bool IsStored)>> _toWrite = [];
    private readonly List<string> _newer = [];
    private readonly HashSet<(string VaultHost, VaultObjectKind? Kind)> _read = [];

    private FindingBook(FindingStore store, DateTimeOffset now) => (_store, _now) = (store, now);

    public static async Task<FindingBook> OpenAsync(FindingStore store, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var book = new FindingBook(store, now);
        var newer = 0;
        await foreach (var (row, found, isNewer) in store.ScanAsync(cancellationToken))
        {
            if (found is not null) book._known.Add(row, found);
            else if (isNewer) newer++;
        }

        if (newer > 0) book.LeaveNewer($"{newer} of the findings");
        return book;
    }

    public int Count => _known.Seen;

    /// <summary>Rows of a newer version are left untouched, and that they are is itself a finding.</summary>
    public void LeaveNewer(string what) => _newer.Add(what);

    public async Task NoteAsync(WatchedName about, Finding finding, string? receiver, DateTimeOffset? expiresOn, CancellationToken cancellationToken, bool isByLadder = false)
    {
        var key = FindingStore.KeyOf(about, finding.Code);
        if (!_known.See(key)) return;

        var seen = new ObjectFinding { About = about, Finding = finding, IsOfSweep = true, Receiver = receiver, IsByLadder = isByLadder, ExpiresOn = expiresOn, LastSeenOn = _now };
        if (_known.Says(key, seen, FindingStore.SeenStep)) return;

        if (!_toWrite.TryGetValue(key.Partition, out var together)) _toWrite.Add(key.Partition, together = []);
        together.Add((seen, _known.IsStored(key)));
        if (together.Count == RowLimits.BatchMax) await WriteAsync(together, cancellationToken);
    }

    /// <summary>Could not be judged now: a known finding stays as it was.</summary>
    public void Keep(WatchedName about, string code) => _known.See(FindingStore.KeyOf(about, code));

    /// <summary>Everything of this kind in this vault was looked at.</summary>
    public void WasRead(string vaultHost, VaultObjectKind? kind) => _read.Add((vaultHost, kind));

    public async Task CloseAsync(IReadOnlyCollection<string> watchedVaults, CancellationToken cancellationToken)
    {
        if (_newer.Count > 0)
        {
            await NoteAsync(WatchedName.Ledger, new Finding("newer-format", RotationMachine.Bounded($"Written by a newer version of CredRotation and left untouched: {string.Join(", ", _newer)}. They are missing from what this version shows; rotations go on."),
                NewerFormatException.Next, _now, FindingSeverity.Warning), null, null, cancellationToken);
        }

        foreach (var together in _toWrite.Values) await WriteAsync(together, cancellationToken);
        await foreach (var (row, found) in _store.ListAsync(cancellationToken))
        {
            // What came in since the book was opened is not ours to judge.
            if (_known.IsSeen(row.Key) || !_known.IsStored(row.Key) || await _store.AgeAsync(row, found, cancellationToken)) continue;

            // A vault that is no longer watched is looked at by nobody.
            if (_read.Contains((found.About.VaultHost, found.About.Kind)) || !watchedVaults.Contains(found.About.VaultHost))
                await _store.ClearAsync(row, found, cancellationToken);
        }
    }

    private async Task WriteAsync(List<(ObjectFinding Seen, bool IsStored)> together, CancellationToken cancellationToken)
    {
        await _store.NoteAsync(together, cancellationToken);
        together.Clear();
    }
}
