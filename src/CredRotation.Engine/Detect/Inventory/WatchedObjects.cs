using System.Globalization;
using System.Runtime.CompilerServices;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Inventory;

/// <summary>What the last whole look at each vault listed, in few rows that are written only when they changed.</summary>
internal sealed class WatchedObjects(IRowStore rows)
{
    // A name has at most 127 characters and tags are not kept: a part stays far below a row's bound.
    private const int PartMax = 500;

    public async Task SaveAsync(string vaultHost, VaultObjectKind kind, IReadOnlyList<VaultObject> objects, CancellationToken cancellationToken)
    {
        var partition = Partition(vaultHost, kind);
        var parts = objects.Select(seen => new Line(seen.Name, seen.IsEnabled, seen.ExpiresOn, seen.CreatedOn, seen.IsManaged)).Chunk(PartMax)
            .Select((lines, index) => (Key: index.ToString("D6", CultureInfo.InvariantCulture), Body: EngineJson.Write(lines)))
            .ToDictionary(part => part.Key, part => part.Body);
        var known = await ReadAsync(partition, cancellationToken);
        foreach (var row in known)
        {
            if (!parts.Remove(row.Key.Row, out var body)) await rows.TryDeleteAsync(row, cancellationToken);
            else if (body != row.Body) await rows.TryReplaceAsync(row, body, cancellationToken);
        }

        foreach (var (key, body) in parts) await rows.TryInsertAsync(new RowKey(partition, key), body, cancellationToken);
    }

    /// <summary>Without tags: who reads this wants to know what exists and when it ends.</summary>
    public async IAsyncEnumerable<VaultObject> ListAsync(IEnumerable<Uri> vaults, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var host in vaults.Select(SecretName.HostOf).Distinct())
        {
            foreach (var kind in Enum.GetValues<VaultObjectKind>())
            {
                foreach (var row in await ReadAsync(Partition(host, kind), cancellationToken))
                {
                    foreach (var line in EngineJson.Read<Line[]>(row.Body))
                        yield return new VaultObject(kind, host, line.Name, line.IsEnabled, line.ExpiresOn, line.CreatedOn, null, NoTags, line.IsManaged);
                }
            }
        }
    }

    private static readonly Dictionary<string, string> NoTags = [];

    private async Task<IReadOnlyList<StoredRow>> ReadAsync(string partition, CancellationToken cancellationToken)
        => await rows.ScanAllAsync(partition, "", cancellationToken).ToListAsync(cancellationToken);

    private static string Partition(string vaultHost, VaultObjectKind kind) => $"seen-{Base32.Hash20($"{vaultHost}/{kind}")}";

    private sealed record Line(string Name, bool IsEnabled, DateTimeOffset? ExpiresOn, DateTimeOffset? CreatedOn, bool IsManaged);
}
