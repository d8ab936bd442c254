using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Findings;

/// <summary>One sweep's findings against all that were known: what is seen is noted, what a whole look no longer sees is cleared, the rest stays.</summary>
internal sealed class FindingBook
{
    private readonly FindingStore _store;
    private readonly DateTimeOffset _now;
    private readonly Dictionary<RowKey, (StoredRow Row, ObjectFinding Found)> _known = [];
    private readonly HashSet<RowKey> _seen = [];
    private readonly List<string> _newer = [];
    private readonly HashSet<(string VaultHost, VaultObjectKind? Kind)> _read = [];

    private FindingBook(FindingStore store, DateTimeOffset now) => (_store, _now) = (store, now);

    public static async Task<FindingBook> OpenAsync(FindingStore store, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var book = new FindingBook(store, now);
        var newer = 0;
        await foreach (var (row, found, isNewer) in store.ScanAsync(cancellationToken))
        {
            if (found is not null) book._known[row.Key] = (row, found);
            else if (isNewer) newer++;
        }

        if (newer > 0) book.LeaveNewer($"{newer} of the findings");
        return book;
    }

    public int Count => _seen.Count;

    /// <summary>Rows of a newer version are left untouched, and that they are is itself a finding.</summary>
    public void LeaveNewer(string what) => _newer.Add(what);

    public async Task NoteAsync(WatchedName about, Finding finding, string? receiver, DateTimeOffset? expiresOn, CancellationToken cancellationToken)
    {
        var key = FindingStore.KeyOf(about, finding.Code);
        if (!_seen.Add(key)) return;

        var seen = new ObjectFinding { About = about, Finding = finding, IsOfSweep = true, Receiver = receiver, ExpiresOn = expiresOn, LastSeenOn = _now };
        await _store.NoteAsync(seen, _known.TryGetValue(key, out var known) ? known.Row : null, cancellationToken);
    }

    /// <summary>Could not be judged now: a known finding stays as it was.</summary>
    public void Keep(WatchedName about, string code) => _seen.Add(FindingStore.KeyOf(about, code));

    /// <summary>Everything of this kind in this vault was looked at.</summary>
    public void WasRead(string vaultHost, VaultObjectKind? kind) => _read.Add((vaultHost, kind));

    public async Task CloseAsync(IReadOnlyCollection<string> watchedVaults, CancellationToken cancellationToken)
    {
        if (_newer.Count > 0)
        {
            await NoteAsync(WatchedName.Ledger, new Finding("newer-format", RotationMachine.Bounded($"Written by a newer version of CredRotation and left untouched: {string.Join(", ", _newer)}. They are missing from what this version shows; rotations go on."),
                NewerFormatException.Next, _now, FindingSeverity.Warning), null, null, cancellationToken);
        }

        foreach (var (key, (row, found)) in _known)
        {
            if (_seen.Contains(key) || await _store.AgeAsync(row, found, cancellationToken)) continue;

            // A vault that is no longer watched is looked at by nobody.
            if (_read.Contains((found.About.VaultHost, found.About.Kind)) || !watchedVaults.Contains(found.About.VaultHost))
                await _store.ClearAsync(row, found, cancellationToken);
        }
    }
}
