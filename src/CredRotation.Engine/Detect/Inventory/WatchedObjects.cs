using System.Globalization;
using System.Runtime.CompilerServices;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Inventory;

/// <summary>What the last whole look at each vault listed, in few rows that are written only when they changed.</summary>
internal sealed class WatchedObjects(IRowStore rows)
{
    /// <summary>2: an object. 1 was the bare list of lines, which a sweep writes over.</summary>
    public const int CurrentFormat = 2;

    /// <summary>False when some of it stands in rows of a newer format, which are left as they are.</summary>
    public async Task<bool> SaveAsync(string vaultHost, VaultObjectKind kind, WatchedList objects, CancellationToken cancellationToken)
    {
        var partition = Partition(vaultHost, kind);
        var (count, isAllOurs) = (0, true);
        foreach (var body in objects.Bodies())
        {
            var key = new RowKey(partition, count++.ToString("D6", CultureInfo.InvariantCulture));
            var known = await rows.FindAsync(key, cancellationToken);
            if (known is null) await rows.TryInsertAsync(key, body, cancellationToken);
            else if (RowFormat.IsNewer(known.Body, CurrentFormat)) isAllOurs = false;
            else if (body != known.Body) await rows.TryReplaceAsync(known, body, cancellationToken);
        }

        var first = count.ToString("D6", CultureInfo.InvariantCulture);
        await foreach (var row in rows.ScanAllAsync(partition, "", cancellationToken))
        {
            if (string.CompareOrdinal(row.Key.Row, first) < 0) continue;
            if (RowFormat.IsNewer(row.Body, CurrentFormat)) isAllOurs = false;
            else await rows.TryDeleteAsync(row, cancellationToken);
        }

        return isAllOurs;
    }

    /// <summary>Without tags and without what a newer version wrote: who reads this wants to know what exists and when it ends.</summary>
    public async IAsyncEnumerable<VaultObject> ListAsync(IEnumerable<Uri> vaults, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var host in vaults.Select(SecretName.HostOf).Distinct())
        {
            foreach (var kind in Enum.GetValues<VaultObjectKind>())
            {
                await foreach (var row in rows.ScanAllAsync(Partition(host, kind), "", cancellationToken))
                {
                    foreach (var line in Lines(row.Body))
                        yield return new VaultObject(kind, host, line.Name, line.IsEnabled, line.ExpiresOn, line.CreatedOn, null, NoTags, line.IsManaged);
                }
            }
        }
    }

    private static IReadOnlyList<Line> Lines(string body)
        => RowFormat.IsNewer(body, CurrentFormat) ? [] : body.StartsWith('[') ? EngineJson.Read<Line[]>(body) : EngineJson.Read<Part>(body).Objects;

    private static readonly Dictionary<string, string> NoTags = [];

    private static string Partition(string vaultHost, VaultObjectKind kind) => $"seen-{Base32.Hash20($"{vaultHost}/{kind}")}";

    internal sealed record Part(IReadOnlyList<Line> Objects)
    {
        public int Format { get; init; } = CurrentFormat;
    }

    internal sealed record Line(string Name, bool IsEnabled, DateTimeOffset? ExpiresOn, DateTimeOffset? CreatedOn, bool IsManaged);
}
