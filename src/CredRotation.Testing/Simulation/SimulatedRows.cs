using CredRotation.Engine;
using CredRotation.Engine.Registry;

namespace CredRotation.Testing.Simulation;

/// <summary>One host's way to the ledger: every call passes its fault injector, writes under the name of what they write.</summary>
internal sealed class SimulatedRows(IRowStore rows, FaultInjector faults, Action<IReadOnlyList<RowChange>> landed) : IRowStore
{
    public Task<StoredRow?> FindAsync(RowKey key, CancellationToken cancellationToken)
        => RunAsync("ledger.find", () => rows.FindAsync(key, CancellationToken.None), [], cancellationToken);

    public Task<RowPage> ScanAsync(string partition, string prefix, string? next, CancellationToken cancellationToken)
        => RunAsync("ledger.scan", () => rows.ScanAsync(partition, prefix, next, CancellationToken.None), [], cancellationToken);

    public Task<string> InsertAsync(RowKey key, string body, CancellationToken cancellationToken)
        => RunAsync($"ledger.insert@{Kind(key)}", () => rows.InsertAsync(key, body, CancellationToken.None), [new RowChange.Insert(key, body)], cancellationToken);

    public Task<string> ReplaceAsync(RowKey key, string body, string tag, CancellationToken cancellationToken)
        => RunAsync($"ledger.replace@{Kind(key)}", () => rows.ReplaceAsync(key, body, tag, CancellationToken.None), [new RowChange.Replace(key, body, tag)], cancellationToken);

    public async Task DeleteAsync(RowKey key, string tag, CancellationToken cancellationToken)
        => await RunAsync($"ledger.delete@{Kind(key)}", async () => { await rows.DeleteAsync(key, tag, CancellationToken.None); return true; }, [new RowChange.Delete(key, tag)], cancellationToken);

    public Task<IReadOnlyList<string>> ChangeAsync(string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken)
        => RunAsync($"ledger.change@{State(changes)}", () => rows.ChangeAsync(partition, changes, CancellationToken.None), changes, cancellationToken);

    private async Task<T> RunAsync<T>(string operation, Func<Task<T>> call, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken)
    {
        var answer = await faults.RunAsync<T>(operation, () =>
        {
            // The store beneath answers at once; a conflict is thrown from here as from a real one.
            var result = call().GetAwaiter().GetResult();
            if (changes.Count > 0) landed(changes);
            return new Answer<T>(result, null);
        }, cancellationToken);
        return answer.Error is { } error
            ? throw new RemoteTroubleException("ledger", error.Status == 429 ? RemoteTrouble.Throttled : RemoteTrouble.Unknown, $"The ledger answered {error.Status}.")
            : answer.Value!;
    }

    private static string Kind(RowKey key)
        => key.Row is "row" or "lane" or "target" or "rotation" ? key.Row : key.Partition.Split('-')[0] is var first and ("open" or "all") ? first : key.Row.Split('-')[0] is var head && head is "in" or "log" or "rot" ? head : "other";

    /// <summary>The state that a save writes, so that every state's save is a place of its own for a mishap.</summary>
    private static string State(IReadOnlyList<RowChange> changes)
    {
        foreach (var change in changes)
        {
            var body = change switch { RowChange.Insert insert => insert.Body, RowChange.Replace replace => replace.Body, _ => null };
            if (body is null || !change.Key.Row.StartsWith("rot-", StringComparison.Ordinal)) continue;
            return LedgerText.StateOf(body) ?? "rotation";
        }

        return "row";
    }
}
