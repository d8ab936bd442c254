using Azure;
using Azure.Data.Tables;
using CredRotation.Engine.Registry;

namespace CredRotation.Adapters.Storage;

/// <summary>
/// Registry and ledger rows in one table, one entity each: inserts, then replaces and deletes that name the ETag they read, never an upsert.
/// A row's age is the service's own: the date of its answer less the entity's timestamp.
/// </summary>
/// <param name="table">Made on first use where it is missing.</param>
public sealed class TableRowStore(TableServiceClient service, string table) : IRowStore
{
    public const string Table = "rows";

    private const string Role = "Storage Table Data Contributor";

    // A property holds 32 Ki UTF-16 characters; a body is spread over as many as it needs.
    private const int PartMax = 32_000;
    private const string PartPrefix = "Body";

    private const string AlreadyExists = "EntityAlreadyExists", ConditionNotMet = "UpdateConditionNotSatisfied", NotFound = "ResourceNotFound";

    private readonly TableClient _table = service.GetTableClient(table);
    private volatile bool _isThere;

    public TableRowStore(TableServiceClient service) : this(service, Table)
    {
    }

    public Task<StoredRow?> FindAsync(RowKey key, CancellationToken cancellationToken)
    {
        RowRules.CheckKey(key);
        return CallAsync<StoredRow?>(
            async () =>
            {
                var found = await _table.GetEntityIfExistsAsync<TableEntity>(key.Partition, key.Row, cancellationToken: cancellationToken);
                return found.HasValue ? Read(found.Value!) with { Age = AgeOf(found.Value!, found.GetRawResponse()) } : null;
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
        // A transaction of one says the same as the plain call, which is cheaper to read in a log.
        if (changes.Count <= 1) return changes.Count == 0 ? [] : [await ChangeOneAsync(changes[0], cancellationToken)];

        CheckTags(changes);
        return await CallAsync<IReadOnlyList<string>>(
            async () =>
            {
                try
                {
                    var answers = await _table.SubmitTransactionAsync(changes.Select(Action), cancellationToken);
                    return [.. answers.Value.Select((answer, index) => changes[index] is RowChange.Delete ? "" : TagOf(answer))];
                }
                catch (TableTransactionFailedException failed) when (IsConflict(failed))
                {
                    throw new RowConflictException(changes[failed.FailedTransactionActionIndex is { } index && index < changes.Count ? index : 0].Key);
                }
            },
            cancellationToken);
    }

    public Task<RowPage> ScanAsync(string partition, string prefix, string? next, CancellationToken cancellationToken)
    {
        RowRules.CheckScan(partition, prefix, next);
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition}");
        if (prefix.Length > 0) filter += TableClient.CreateQueryFilter($" and RowKey ge {prefix}");
        if (End(prefix) is { } end) filter += TableClient.CreateQueryFilter($" and RowKey lt {end}");
        if (next is not null) filter += TableClient.CreateQueryFilter($" and RowKey gt {next}");
        return CallAsync(
            async () =>
            {
                // The service may answer a page without rows and say that there is more.
                await foreach (var page in _table.QueryAsync<TableEntity>(filter, RowLimits.PageMax, cancellationToken: cancellationToken).AsPages())
                {
                    var isLast = string.IsNullOrEmpty(page.ContinuationToken);
                    if (page.Values.Count > 0 || isLast) return new RowPage([.. page.Values.Select(Read)], isLast ? null : page.Values[^1].RowKey);
                }

                return new RowPage([], null);
            },
            cancellationToken);
    }

    private async Task<string> ChangeOneAsync(RowChange change, CancellationToken cancellationToken)
    {
        RowRules.CheckBatch(change.Key.Partition, [change]);
        CheckTags([change]);
        return await CallAsync(
            async () =>
            {
                try
                {
                    return change switch
                    {
                        RowChange.Insert insert => TagOf(await _table.AddEntityAsync(Entity(insert.Key, insert.Body), cancellationToken)),
                        RowChange.Replace replace => TagOf(await _table.UpdateEntityAsync(Entity(replace.Key, replace.Body), new ETag(replace.Tag), TableUpdateMode.Replace, cancellationToken)),
                        RowChange.Delete delete => await DeleteOneAsync(delete, cancellationToken),
                        _ => throw Unknown(change),
                    };
                }
                catch (RequestFailedException failed) when (IsConflict(failed))
                {
                    throw new RowConflictException(change.Key);
                }
            },
            cancellationToken);
    }

    private async Task<string> DeleteOneAsync(RowChange.Delete delete, CancellationToken cancellationToken)
    {
        using var answer = await _table.DeleteEntityAsync(delete.Key.Partition, delete.Key.Row, new ETag(delete.Tag), cancellationToken);
        // The client takes "not there" for done; here it means that somebody else was first.
        return answer.Status == 404 ? throw new RowConflictException(delete.Key) : "";
    }

    private async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            if (!_isThere)
            {
                await _table.CreateIfNotExistsAsync(cancellationToken);
                _isThere = true;
            }

            return await call();
        }
        catch (Exception failure) when (StorageTrouble.IsOf(failure))
        {
            // Somebody may have removed it: the next call makes it again.
            if (failure is RequestFailedException { ErrorCode: "TableNotFound" }) _isThere = false;
            throw StorageTrouble.Of(failure, service.AccountName, "tables", Role);
        }
    }

    private static TableTransactionAction Action(RowChange change) => change switch
    {
        RowChange.Insert insert => new TableTransactionAction(TableTransactionActionType.Add, Entity(insert.Key, insert.Body)),
        RowChange.Replace replace => new TableTransactionAction(TableTransactionActionType.UpdateReplace, Entity(replace.Key, replace.Body), new ETag(replace.Tag)),
        RowChange.Delete delete => new TableTransactionAction(TableTransactionActionType.Delete, new TableEntity(delete.Key.Partition, delete.Key.Row), new ETag(delete.Tag)),
        _ => throw Unknown(change),
    };

    private static System.Diagnostics.UnreachableException Unknown(RowChange change) => new($"No call for {change.GetType().Name}.");

    /// <summary>A tag that no table ever gave belongs to no row; above all not "*", with which the service would write over anything.</summary>
    private static void CheckTags(IEnumerable<RowChange> changes)
    {
        foreach (var change in changes)
        {
            var tag = change switch { RowChange.Replace replace => replace.Tag, RowChange.Delete delete => delete.Tag, _ => null };
            if (tag is not null && !(tag.StartsWith("W/\"", StringComparison.Ordinal) && tag.EndsWith('"'))) throw new RowConflictException(change.Key);
        }
    }

    private static bool IsConflict(RequestFailedException failed) => failed.ErrorCode is AlreadyExists or ConditionNotMet or NotFound || failed.Status == 412;

    private static TableEntity Entity(RowKey key, string body)
    {
        var entity = new TableEntity(key.Partition, key.Row);
        for (int start = 0, part = 0; start < body.Length || part == 0; part++)
        {
            var length = Math.Min(PartMax, body.Length - start);
            // Half a character would not survive the journey.
            if (start + length < body.Length && char.IsHighSurrogate(body[start + length - 1])) length--;
            entity[$"{PartPrefix}{part}"] = body.Substring(start, length);
            start += length;
        }

        return entity;
    }

    private static StoredRow Read(TableEntity entity)
    {
        var parts = new List<string>();
        while (entity.GetString($"{PartPrefix}{parts.Count}") is { } part) parts.Add(part);
        return new StoredRow(new RowKey(entity.PartitionKey, entity.RowKey), string.Concat(parts), entity.ETag.ToString());
    }

    private static TimeSpan? AgeOf(TableEntity entity, Response answer)
        // The date of an answer has whole seconds, so that the age may only be understated.
        => entity.Timestamp is { } written && answer.Headers.Date is { } now ? (now > written ? now - written : TimeSpan.Zero) : null;

    private static string TagOf(Response answer) => answer.Headers.ETag?.ToString() ?? "";

    /// <summary>The first key after all that begin with the prefix; null: none is.</summary>
    private static string? End(string prefix)
    {
        var kept = prefix.TrimEnd('~');
        return kept.Length == 0 ? null : kept[..^1] + (char)(kept[^1] + 1);
    }
}
