using System.Globalization;
using CredRotation.Engine;
using CredRotation.Engine.Registry;

namespace CredRotation.Testing;

/// <summary>What a fault injector does to one call.</summary>
public enum FaultDecision
{
    None,

    /// <summary>The call fails and nothing changed.</summary>
    BeforeChange,

    /// <summary>The change was committed, and its answer is lost.</summary>
    AfterCommit,

    /// <summary>The change was committed, and a repeat below us met its own work: a conflict is all that is heard.</summary>
    ConflictAfterCommit,
}

/// <summary>Rows in memory that mean exactly what the real stores mean, and can lose answers.</summary>
/// <param name="clock">The store's own; null: the system's.</param>
public sealed class InMemoryRowStore(TimeProvider? clock = null) : IRowStore
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Dictionary<RowKey, long> _written = [];
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedList<string, StoredRow>> _partitions = [];
    private long _counter;

    /// <summary>Asked before every call with its operation (<c>Find</c>, <c>Insert</c>, <c>Replace</c>, <c>Delete</c>, <c>Change</c>, <c>Scan</c>) and key; a batch or scan gives its partition with the first row or the prefix.</summary>
    public Func<string, RowKey, FaultDecision>? Fault { get; set; }

    public Task<StoredRow?> FindAsync(RowKey key, CancellationToken cancellationToken)
    {
        RowRules.CheckKey(key);
        return Guarded("Find", key, () => _partitions.TryGetValue(key.Partition, out var rows) && rows.TryGetValue(key.Row, out var row) ? row with { Age = _clock.GetElapsedTime(_written[key]) } : null, cancellationToken);
    }

    public Task<string> InsertAsync(RowKey key, string body, CancellationToken cancellationToken)
        => ChangeOne("Insert", new RowChange.Insert(key, body), cancellationToken);

    public Task<string> ReplaceAsync(RowKey key, string body, string tag, CancellationToken cancellationToken)
        => ChangeOne("Replace", new RowChange.Replace(key, body, tag), cancellationToken);

    public Task DeleteAsync(RowKey key, string tag, CancellationToken cancellationToken)
        => ChangeOne("Delete", new RowChange.Delete(key, tag), cancellationToken);

    public Task<IReadOnlyList<string>> ChangeAsync(string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken)
    {
        RowRules.CheckBatch(partition, changes);
        return Guarded("Change", changes.Count > 0 ? changes[0].Key : new RowKey(partition, ""), () => Apply(partition, changes), cancellationToken);
    }

    public Task<RowPage> ScanAsync(string partition, string prefix, string? next, CancellationToken cancellationToken)
    {
        RowRules.CheckScan(partition, prefix, next);
        return Guarded("Scan", new RowKey(partition, prefix), () => Scan(partition, prefix, next), cancellationToken);
    }

    /// <summary>Every row as it is now, for assertions and canary searches.</summary>
    public IReadOnlyList<StoredRow> Snapshot()
    {
        lock (_lock) return [.. _partitions.OrderBy(partition => partition.Key, StringComparer.Ordinal).SelectMany(partition => partition.Value.Values)];
    }

    private Task<string> ChangeOne(string operation, RowChange change, CancellationToken cancellationToken)
    {
        RowRules.CheckBatch(change.Key.Partition, [change]);
        return Guarded(operation, change.Key, () => Apply(change.Key.Partition, [change])[0], cancellationToken);
    }

    private IReadOnlyList<string> Apply(string partition, IReadOnlyList<RowChange> changes)
    {
        if (!_partitions.TryGetValue(partition, out var rows)) _partitions[partition] = rows = new SortedList<string, StoredRow>(StringComparer.Ordinal);

        // All are checked before any is made; a batch names each row once, so checks cannot depend on one another.
        foreach (var change in changes)
        {
            var tag = rows.GetValueOrDefault(change.Key.Row)?.Tag;
            var isAsRead = change switch
            {
                RowChange.Insert => tag is null,
                RowChange.Replace replace => tag == replace.Tag,
                RowChange.Delete delete => tag == delete.Tag,
                _ => false,
            };
            if (!isAsRead) throw new RowConflictException(change.Key);
        }

        return [.. changes.Select(change => Make(rows, change))];
    }

    private string Make(SortedList<string, StoredRow> rows, RowChange change)
    {
        if (change is RowChange.Delete)
        {
            rows.Remove(change.Key.Row);
            return "";
        }

        _written[change.Key] = _clock.GetTimestamp();
        var tag = (++_counter).ToString(CultureInfo.InvariantCulture);
        rows[change.Key.Row] = new StoredRow(change.Key, change is RowChange.Insert insert ? insert.Body : ((RowChange.Replace)change).Body, tag);
        return tag;
    }

    private RowPage Scan(string partition, string prefix, string? next)
    {
        if (!_partitions.TryGetValue(partition, out var rows)) return new RowPage([], null);

        var found = rows.Values
            .Where(row => row.Key.Row.StartsWith(prefix, StringComparison.Ordinal) && (next is null || string.CompareOrdinal(row.Key.Row, next) > 0))
            .Take(RowLimits.PageMax + 1)
            .ToList();
        return found.Count <= RowLimits.PageMax
            ? new RowPage(found, null)
            : new RowPage(found[..RowLimits.PageMax], found[RowLimits.PageMax - 1].Key.Row);
    }

    private Task<T> Guarded<T>(string operation, RowKey key, Func<T> act, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<T>(cancellationToken);

        // Asked outside the lock: the injector may read the store.
        var fault = Fault?.Invoke(operation, key) ?? FaultDecision.None;
        if (fault is FaultDecision.BeforeChange) return Task.FromException<T>(Lost(operation, "before it was changed"));

        try
        {
            T result;
            lock (_lock) result = act();
            if (fault is FaultDecision.ConflictAfterCommit) return Task.FromException<T>(new RowConflictException(key));
            return fault is FaultDecision.AfterCommit ? Task.FromException<T>(Lost(operation, "after it was changed")) : Task.FromResult(result);
        }
        catch (RowConflictException conflict)
        {
            return Task.FromException<T>(conflict);
        }
    }

    private static RemoteTroubleException Lost(string operation, string when) => new("ledger", RemoteTrouble.Unknown, $"{operation} was cut off {when} (injected).");
}
