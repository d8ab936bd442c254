using System.Runtime.CompilerServices;
using System.Text.Json;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Ladder;

/// <summary>One row per credential whose end is near: who was reminded, and who took it on.</summary>
public sealed class LadderBook
{
    private const string Partition = "ladder";

    /// <summary>Tries to write what a person said while a round writes, too.</summary>
    private const int TriesMax = 5;

    private readonly IRowStore _rows;
    private readonly TimeProvider _clock;

    internal LadderBook(IRowStore rows, TimeProvider clock) => (_rows, _clock) = (rows, clock);

    public async Task<LadderNotice?> FindAsync(CredentialId credential, CancellationToken cancellationToken)
        => await _rows.FindAsync(KeyOf(credential), cancellationToken) is { } row ? TryRead(row.Body) : null;

    /// <summary>Every one that is open; what a newer version wrote is left out.</summary>
    public IAsyncEnumerable<LadderNotice> ListAsync(CancellationToken cancellationToken)
        => ScanAsync(cancellationToken).Where(one => one.Notice is not null).Select(one => one.Notice!);

    /// <summary>
    /// A person takes on what they were reminded of, until the next rung. False when it is over, was climbed past, or names another version. Who
    /// may is for the caller to know.
    /// </summary>
    public async Task<bool> AcknowledgeAsync(CredentialId credential, string version, int rung, string personId, string personName, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            if (await _rows.FindAsync(KeyOf(credential), cancellationToken) is not { } row || TryRead(row.Body) is not { } notice) return false;
            if (notice.Version != version || notice.Rung != rung) return false;
            if (notice.IsAcknowledged) return true;
            var acknowledged = notice with { Acknowledged = new LadderAcknowledgement(personId, RotationMachine.Bounded(personName), _clock.GetUtcNow(), rung) };
            if (await _rows.TryReplaceAsync(row, EngineJson.Write(acknowledged), cancellationToken)) return true;
        }

        return false;
    }

    internal async IAsyncEnumerable<(StoredRow Row, LadderNotice? Notice)> ScanAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in _rows.ScanAllAsync(Partition, "", cancellationToken)) yield return (row, TryRead(row.Body));
    }

    /// <summary>Writes them; answers those that were written. Where somebody acknowledged or climbs, too, theirs stands and is looked at again next time.</summary>
    internal async Task<IReadOnlyList<LadderNotice>> SaveAsync(IEnumerable<(StoredRow? Row, LadderNotice Notice)> notices, CancellationToken cancellationToken)
    {
        var saved = new List<LadderNotice>();
        foreach (var together in notices.Chunk(RowLimits.BatchMax))
        {
            RowChange[] changes = [.. together.Select(one => ChangeOf(one.Row, one.Notice))];
            if (await TryAsync(changes, cancellationToken)) saved.AddRange(together.Select(one => one.Notice));
            else
                for (var index = 0; index < together.Length; index++)
                    if (await TryAsync([changes[index]], cancellationToken)) saved.Add(together[index].Notice);
        }

        return saved;
    }

    /// <summary>Writes what became of a delivery onto what is there now: an acknowledgement that came in meanwhile stays.</summary>
    /// <param name="named">Whom it went to beyond the groups; null says nothing of them.</param>
    internal async Task NoteAsync(IEnumerable<LadderNotice> notices, LadderDelivery said, IReadOnlyList<string>? named, CancellationToken cancellationToken)
    {
        foreach (var notice in notices)
        {
            for (var tries = 0; tries < TriesMax; tries++)
            {
                if (await _rows.FindAsync(KeyOf(notice.Credential), cancellationToken) is not { } row || TryRead(row.Body) is not { } stored) break;
                // It was climbed past, or is over.
                if (stored.Rung != notice.Rung || stored.Version != notice.Version || stored.EndsOn != notice.EndsOn) break;
                if (await _rows.TryReplaceAsync(row, EngineJson.Write(stored.With(said) with { Named = named ?? stored.Named }), cancellationToken)) break;
            }
        }
    }

    internal Task<bool> TryEndAsync(StoredRow row, CancellationToken cancellationToken) => _rows.TryDeleteAsync(row, cancellationToken);

    private async Task<bool> TryAsync(RowChange[] changes, CancellationToken cancellationToken)
    {
        try
        {
            await _rows.ChangeAsync(Partition, changes, cancellationToken);
            return true;
        }
        catch (RowConflictException)
        {
            return false;
        }
    }

    private static RowChange ChangeOf(StoredRow? row, LadderNotice notice)
        => row is null ? new RowChange.Insert(KeyOf(notice.Credential), EngineJson.Write(notice)) : new RowChange.Replace(row.Key, EngineJson.Write(notice), row.Tag);

    private static RowKey KeyOf(CredentialId credential) => new(Partition, credential.Value);

    private static LadderNotice? TryRead(string body)
    {
        try
        {
            return RowFormat.IsNewer(body, LadderNotice.CurrentFormat) ? null : EngineJson.Read<LadderNotice>(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
