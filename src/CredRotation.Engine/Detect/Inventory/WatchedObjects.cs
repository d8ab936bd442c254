using System.Globalization;
using System.Runtime.CompilerServices;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Inventory;

/// <summary>What the last whole look at each vault listed, in few rows that are written only when they changed.</summary>
internal sealed class WatchedObjects(IRowStore rows)
{
    // A name has at most 127 characters and tags are not kept: a part stays far below a row's bound.
    private const int PartMax = 500;

    /// <summary>2: an object. 1 was the bare list of lines, which a sweep writes over.</summary>
    public const int CurrentFormat = 2;

    /// <summary>False when some of it stands in rows of a newer format, which are left as they are.</summary>
    public async Task<bool> SaveAsync(string vaultHost, VaultObjectKind kind, IReadOnlyList<VaultObject> objects, CancellationToken cancellationToken)
    {
        var partition = Partition(vaultHost, kind);
        var parts = objects.Select(seen => new Line(seen.Name, seen.IsEnabled, seen.ExpiresOn, seen.CreatedOn, seen.IsManaged)).Chunk(PartMax)
            .Select((lines, index) => (Key: index.ToString("D6", CultureInfo.InvariantCulture), Body: EngineJson.Write(new Part(lines))))
            .ToDictionary(part => part.Key, part => part.Body);
        var known = await ReadAsync(partition, cancellationToken);
        var newer = known.Where(row => RowFormat.IsNewer(row.Body, CurrentFormat)).Select(row => row.Key.Row).ToHashSet();
        foreach (var row in known.Where(row => !newer.Contains(row.Key.Row)))
        {
            if (!parts.Remove(row.Key.Row, out var body)) await rows.TryDeleteAsync(row, cancellationToken);
            else if (body != row.Body) await rows.TryReplaceAsync(row, body, cancellationToken);
        }

        foreach (var (key, body) in parts.Where(part => !newer.Contains(part.Key))) await rows.TryInsertAsync(new RowKey(partition, key), body, cancellationToken);
        return newer.Count == 0;
    }

    /// <summary>Without tags and without what a newer version wrote: who reads this wants to know what exists and when it ends.</summary>
    public async IAsyncEnumerable<VaultObject> ListAsync(IEnumerable<Uri> vaults, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var host in vaults.Select(SecretName.HostOf).Distinct())
        {
            foreach (var kind in Enum.GetValues<VaultObjectKind>())
            {
                foreach (var row in await ReadAsync(Partition(host, kind), cancellationToken))
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

    private async Task<IReadOnlyList<StoredRow>> ReadAsync(string partition, CancellationToken cancellationToken)
        => await rows.ScanAllAsync(partition, "", cancellationToken).ToListAsync(cancellationToken);

    private static string Partition(string vaultHost, VaultObjectKind kind) => $"seen-{Base32.Hash20($"{vaultHost}/{kind}")}";

    private sealed record Part(IReadOnlyList<Line> Objects)
    {
        public int Format { get; init; } = CurrentFormat;
    }

    private sealed record Line(string Name, bool IsEnabled, DateTimeOffset? ExpiresOn, DateTimeOffset? CreatedOn, bool IsManaged);
}
