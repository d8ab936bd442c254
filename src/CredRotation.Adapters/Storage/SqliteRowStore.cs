using System.Globalization;
using CredRotation.Engine.Registry;
using Microsoft.Data.Sqlite;

namespace CredRotation.Adapters.Storage;

/// <summary>
/// Registry and ledger rows in the file. A tag is a number the file hands out once, so a row made anew never wears an old tag. A row's age is
/// measured by the machine's monotonic clock, which all its processes share and nobody sets.
/// </summary>
/// <param name="clock">Of which only the timestamp is used; null: the machine's.</param>
public sealed class SqliteRowStore(SqliteDatabase database, TimeProvider? clock = null) : IRowStore
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    // A page ends early rather than hold more than this in memory.
    private const int PageCharactersMax = 8_000_000;

    public Task<StoredRow?> FindAsync(RowKey key, CancellationToken cancellationToken)
    {
        RowRules.CheckKey(key);
        return database.ReadAsync(
            connection =>
            {
                using var command = connection.Command("SELECT body, tag, CASE WHEN written_tag = tag THEN written END FROM rows WHERE partition = @partition AND row = @row;", ("@partition", key.Partition), ("@row", key.Row));
                using var reader = command.ExecuteReader();
                return reader.Read() ? new StoredRow(key, reader.GetString(0), TagOf(reader.GetInt64(1))) { Age = reader.IsDBNull(2) ? null : AgeOf(reader.GetInt64(2)) } : null;
            },
            cancellationToken);
    }

    public Task<string> InsertAsync(RowKey key, string body, CancellationToken cancellationToken)
        => ChangeOneAsync(new RowChange.Insert(key, body), cancellationToken);

    public Task<string> ReplaceAsync(RowKey key, string body, string tag, CancellationToken cancellationToken)
        => ChangeOneAsync(new RowChange.Replace(key, body, tag), cancellationToken);

    public Task DeleteAsync(RowKey key, string tag, CancellationToken cancellationToken)
        => ChangeOneAsync(new RowChange.Delete(key, tag), cancellationToken);

    public async Task<IReadOnlyList<string>> ChangeAsync(string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken)
    {
        RowRules.CheckBatch(partition, changes);
        return await database.WriteAsync<IReadOnlyList<string>>(connection => [.. changes.Select(change => Apply(connection, change, Uptime))], cancellationToken);
    }

    public Task<RowPage> ScanAsync(string partition, string prefix, string? next, CancellationToken cancellationToken)
    {
        RowRules.CheckScan(partition, prefix, next);
        return database.ReadAsync(connection => Scan(connection, partition, prefix, next), cancellationToken);
    }

    private async Task<string> ChangeOneAsync(RowChange change, CancellationToken cancellationToken)
        => (await ChangeAsync(change.Key.Partition, [change], cancellationToken))[0];

    private static string Apply(SqliteConnection connection, RowChange change, TimeSpan uptime)
    {
        var tag = change is RowChange.Delete ? 0 : connection.NextNumber();
        var changed = change switch
        {
            RowChange.Insert insert => connection.Run(
                "INSERT INTO rows (partition, row, body, tag, written, written_tag) VALUES (@partition, @row, @body, @tag, @written, @tag) ON CONFLICT DO NOTHING;",
                ("@partition", insert.Key.Partition), ("@row", insert.Key.Row), ("@body", insert.Body), ("@tag", tag), ("@written", uptime.Ticks)),
            RowChange.Replace replace => connection.Run(
                "UPDATE rows SET body = @body, tag = @tag, written = @written, written_tag = @tag WHERE partition = @partition AND row = @row AND tag = @expected;",
                ("@partition", replace.Key.Partition), ("@row", replace.Key.Row), ("@body", replace.Body), ("@tag", tag), ("@written", uptime.Ticks), ("@expected", NumberOf(replace.Tag))),
            RowChange.Delete delete => connection.Run(
                "DELETE FROM rows WHERE partition = @partition AND row = @row AND tag = @expected;",
                ("@partition", delete.Key.Partition), ("@row", delete.Key.Row), ("@expected", NumberOf(delete.Tag))),
            _ => throw new System.Diagnostics.UnreachableException($"No statement for {change.GetType().Name}."),
        };

        // Leaving by exception rolls the whole batch back.
        if (changed == 0) throw new RowConflictException(change.Key);
        return change is RowChange.Delete ? "" : TagOf(tag);
    }

    private static RowPage Scan(SqliteConnection connection, string partition, string prefix, string? next)
    {
        // A range instead of LIKE: no wildcards, and the primary key gives the order. '\x7f' follows every character a key may have.
        using var command = connection.Command(
            """
            SELECT row, body, tag FROM rows
            WHERE partition = @partition AND row >= @prefix AND row < @end AND row > @next
            ORDER BY row LIMIT @limit;
            """,
            ("@partition", partition), ("@prefix", prefix), ("@end", prefix + '\x7f'), ("@next", next ?? ""), ("@limit", RowLimits.PageMax + 1));
        using var reader = command.ExecuteReader();

        var rows = new List<StoredRow>();
        var characters = 0;
        while (reader.Read())
        {
            if (rows.Count == RowLimits.PageMax || characters > PageCharactersMax) return new RowPage(rows, rows[^1].Key.Row);
            var row = new StoredRow(new RowKey(partition, reader.GetString(0)), reader.GetString(1), TagOf(reader.GetInt64(2)));
            characters += row.Body.Length;
            rows.Add(row);
        }

        return new RowPage(rows, null);
    }

    private TimeSpan Uptime => _clock.GetElapsedTime(0);

    /// <summary>Never more than the truth: a timestamp from before the last start of the machine is at least as old as that.</summary>
    private TimeSpan AgeOf(long written)
        => Uptime is var uptime && uptime.Ticks >= written ? uptime - TimeSpan.FromTicks(written) : uptime;

    private static string TagOf(long number) => number.ToString(CultureInfo.InvariantCulture);

    // A tag that is no number of ours belongs to no row.
    private static long NumberOf(string tag) => long.TryParse(tag, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
