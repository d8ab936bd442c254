namespace CredRotation.Engine.Registry;

/// <summary>Where a row is. Both parts are url-safe and at most 250 characters.</summary>
public readonly record struct RowKey(string Partition, string Row);

/// <summary>A stored row: its text and the tag that the next replace must name.</summary>
/// <param name="Body">JSON text of at most <see cref="RowLimits.BodyMax"/> characters.</param>
/// <param name="Tag">Changes with every write.</param>
public sealed record StoredRow(RowKey Key, string Body, string Tag)
{
    /// <summary>
    /// How long ago the row was written, at the least, by the store's own measure and never by the clocks of two hosts, of which one may have
    /// jumped. Null where the store cannot tell; writing the row again makes it known.
    /// </summary>
    public TimeSpan? Age { get; init; }
}

/// <summary>A page of a scan; <paramref name="Next"/> is null on the last one. A page may be empty and not the last.</summary>
public sealed record RowPage(IReadOnlyList<StoredRow> Rows, string? Next);

/// <summary>One change of a batch.</summary>
public abstract record RowChange(RowKey Key)
{
    public sealed record Insert(RowKey Key, string Body) : RowChange(Key);

    public sealed record Replace(RowKey Key, string Body, string Tag) : RowChange(Key);

    public sealed record Delete(RowKey Key, string Tag) : RowChange(Key);
}

/// <summary>The bounds every implementation keeps, so that all mean the same.</summary>
public static class RowLimits
{
    /// <summary>Characters of one body; a table entity holds it in several properties.</summary>
    public const int BodyMax = 240_000;

    /// <summary>Changes in one batch.</summary>
    public const int BatchMax = 100;

    /// <summary>Rows in one page.</summary>
    public const int PageMax = 500;
}

/// <summary>The row was changed, taken or removed by somebody else (409, 412, 404 on a change): read again and look whose it is.</summary>
public sealed class RowConflictException(RowKey key) : Exception($"Row {key.Partition}/{key.Row} is not as it was read.")
{
    public RowKey Key { get; } = key;
}

/// <summary>
/// Rows with optimistic concurrency and nothing more, so that a table service and a file mean the same. Any other exception than
/// <see cref="RowConflictException"/> may have happened after the change was committed.
/// </summary>
public interface IRowStore
{
    Task<StoredRow?> FindAsync(RowKey key, CancellationToken cancellationToken);

    /// <summary>Answers the tag of the new row; conflicts when it exists.</summary>
    Task<string> InsertAsync(RowKey key, string body, CancellationToken cancellationToken);

    /// <summary>Answers the new tag; conflicts when the row is gone or has another tag.</summary>
    Task<string> ReplaceAsync(RowKey key, string body, string tag, CancellationToken cancellationToken);

    Task DeleteAsync(RowKey key, string tag, CancellationToken cancellationToken);

    /// <summary>All changes or none, within one partition, each row once. Answers the new tags in order (empty for deletes).</summary>
    Task<IReadOnlyList<string>> ChangeAsync(string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken);

    /// <summary>Rows of a partition whose row key starts with <paramref name="prefix"/>, in ordinal order of the row key.</summary>
    Task<RowPage> ScanAsync(string partition, string prefix, string? next, CancellationToken cancellationToken);
}

/// <summary>Work that waits to be visited. At least once, unordered, may be lost: the sweep of open rows is the truth.</summary>
public interface IWorkQueue
{
    /// <summary>Asks for a visit to the credential after <paramref name="delay"/> (zero to seven days).</summary>
    Task SendAsync(CredentialId credential, TimeSpan delay, CancellationToken cancellationToken);
}
