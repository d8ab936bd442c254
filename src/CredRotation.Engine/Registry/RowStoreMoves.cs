using System.Runtime.CompilerServices;

namespace CredRotation.Engine.Registry;

/// <summary>The moves that several stores make on rows of which anybody's newest is as good as ours: losing a race is no trouble.</summary>
internal static class RowStoreMoves
{
    public static async IAsyncEnumerable<StoredRow> ScanAllAsync(this IRowStore rows, string partition, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        do
        {
            var page = await rows.ScanAsync(partition, prefix, next, cancellationToken);
            foreach (var row in page.Rows) yield return row;
            next = page.Next;
        }
        while (next is not null);
    }

    /// <summary>False when the row is there already.</summary>
    public static Task<bool> TryInsertAsync(this IRowStore rows, RowKey key, string body, CancellationToken cancellationToken)
        => TryAsync(() => rows.InsertAsync(key, body, cancellationToken));

    /// <summary>False when it changed meanwhile.</summary>
    public static Task<bool> TryReplaceAsync(this IRowStore rows, StoredRow row, string body, CancellationToken cancellationToken)
        => TryAsync(() => rows.ReplaceAsync(row.Key, body, row.Tag, cancellationToken));

    public static Task<bool> TryDeleteAsync(this IRowStore rows, StoredRow row, CancellationToken cancellationToken)
        => TryAsync(() => rows.DeleteAsync(row.Key, row.Tag, cancellationToken));

    private static async Task<bool> TryAsync(Func<Task> change)
    {
        try
        {
            await change();
            return true;
        }
        catch (RowConflictException)
        {
            return false;
        }
    }
}
