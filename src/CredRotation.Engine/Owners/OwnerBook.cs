using System.Text.Json;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Owners;

/// <summary>One row per group that is to answer: what was learned of it, for pages, findings and reminders. It authorizes nothing: whoever acts on an answer asks the directory anew.</summary>
public sealed class OwnerBook
{
    private const string Partition = "owners";

    private readonly IRowStore _rows;

    internal OwnerBook(IRowStore rows) => _rows = rows;

    public async Task<OwnerRecord?> FindAsync(string group, CancellationToken cancellationToken)
        => (await LoadAsync(group, cancellationToken)).Record;

    /// <summary>Every group that was ever checked; one that a newer version wrote is left out.</summary>
    public IAsyncEnumerable<OwnerRecord> ListAsync(CancellationToken cancellationToken)
        => _rows.ScanAllAsync(Partition, "", cancellationToken).Select(row => TryRead(row.Body)).Where(record => record is not null).Select(record => record!);

    internal async Task<(StoredRow? Row, OwnerRecord? Record)> LoadAsync(string group, CancellationToken cancellationToken)
    {
        var row = await _rows.FindAsync(KeyOf(group), cancellationToken);
        return (row, row is null ? null : TryRead(row.Body));
    }

    /// <summary>False when another host wrote meanwhile, whose reading is as new, or a newer version's row stands there.</summary>
    internal Task<bool> TrySaveAsync(StoredRow? row, OwnerRecord record, CancellationToken cancellationToken)
        => row is null ? _rows.TryInsertAsync(KeyOf(record.Group), EngineJson.Write(record), cancellationToken)
            : RowFormat.IsNewer(row.Body, OwnerRecord.CurrentFormat) ? Task.FromResult(false)
            : _rows.TryReplaceAsync(row, EngineJson.Write(record), cancellationToken);

    internal Task<bool> TryForgetAsync(StoredRow row, CancellationToken cancellationToken) => _rows.TryDeleteAsync(row, cancellationToken);

    private static RowKey KeyOf(string group) => new(Partition, Base32.Hash20(group.ToUpperInvariant()));

    private static OwnerRecord? TryRead(string body)
    {
        try
        {
            return RowFormat.IsNewer(body, OwnerRecord.CurrentFormat) ? null : EngineJson.Read<OwnerRecord>(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
