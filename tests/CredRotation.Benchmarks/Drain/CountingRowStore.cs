using CredRotation.Engine.Registry;

namespace CredRotation.Benchmarks.Drain;

/// <summary>Counts the calls that write, a batch as one.</summary>
internal sealed class CountingRowStore(IRowStore inner) : IRowStore
{
    private long _writes;
    private long _reads;

    public long Writes => Interlocked.Read(ref _writes);

    public long Reads => Interlocked.Read(ref _reads);

    public Task<StoredRow?> FindAsync(RowKey key, CancellationToken cancellationToken) => Read(inner.FindAsync(key, cancellationToken));

    public Task<string> InsertAsync(RowKey key, string body, CancellationToken cancellationToken) => Write(inner.InsertAsync(key, body, cancellationToken));

    public Task<string> ReplaceAsync(RowKey key, string body, string tag, CancellationToken cancellationToken) => Write(inner.ReplaceAsync(key, body, tag, cancellationToken));

    public Task DeleteAsync(RowKey key, string tag, CancellationToken cancellationToken) => Write(inner.DeleteAsync(key, tag, cancellationToken));

    public Task<IReadOnlyList<string>> ChangeAsync(string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken) => Write(inner.ChangeAsync(partition, changes, cancellationToken));

    public Task<RowPage> ScanAsync(string partition, string prefix, string? next, CancellationToken cancellationToken) => Read(inner.ScanAsync(partition, prefix, next, cancellationToken));

    private T Write<T>(T call)
    {
        Interlocked.Increment(ref _writes);
        return call;
    }

    private T Read<T>(T call)
    {
        Interlocked.Increment(ref _reads);
        return call;
    }
}
