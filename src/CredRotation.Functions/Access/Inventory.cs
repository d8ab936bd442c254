using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;
using CredRotation.Pages.Credentials;

namespace CredRotation.Functions.Access;

/// <summary>What a caller may see of credentials, findings and watched objects, up to a bound.</summary>
public sealed class Inventory(ICredentialRegistry registry, Ownership ownership)
{
    private const int RowsMax = 1_000;

    /// <summary>What may be seen, managed or released; <c>IsCut</c> says that there is more.</summary>
    public async Task<(IReadOnlyList<CredentialRow> Rows, bool IsCut)> ReadAsync(Visit visit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var seesAll = SeesAll(visit);
        var rows = new List<CredentialRow>();
        await foreach (var row in registry.ListAsync(cancellationToken))
        {
            if (!seesAll && await ownership.OwnsAsync(visit.Caller, row, cancellationToken) != OwnerAnswer.Yes) continue;
            if (rows.Count == RowsMax) return (rows, true);
            rows.Add(row);
        }

        return (rows, false);
    }

    /// <summary>Findings, the worst first: all for those who see everything, else those about credentials the caller owns.</summary>
    public async Task<IReadOnlyList<ObjectFinding>> ReadFindingsAsync(Visit visit, IReadOnlyList<CredentialRow> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentNullException.ThrowIfNull(rows);
        var mine = SeesAll(visit) ? null : rows.Select(row => WatchedName.Of(row.Secret)).ToHashSet();
        return await registry.ListFindingsAsync(cancellationToken)
            .Where(found => mine is null || mine.Contains(found.About))
            .OrderByDescending(found => found.Finding.Weight).ThenBy(found => found.ExpiresOn ?? DateTimeOffset.MaxValue).ThenBy(found => found.About.ToString(), StringComparer.Ordinal)
            .Take(RowsMax)
            .ToListAsync(cancellationToken);
    }

    /// <summary>
    /// What nobody rotates, by end. What the last sweep listed is for those who see everything, since nobody owns it; what was released, for its
    /// owners, too. What a vault keeps itself is left out.
    /// </summary>
    public async Task<IReadOnlyList<WatchedLine>> ReadUnmanagedAsync(Visit visit, IReadOnlyList<CredentialRow> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentNullException.ThrowIfNull(rows);
        var known = rows.ToDictionary(row => WatchedName.Of(row.Secret));
        var seesAll = SeesAll(visit);
        return await registry.ListObjectsAsync(cancellationToken)
            .Where(seen => !seen.IsManaged && (known.TryGetValue(seen.About, out var row) ? row.Released is not null : seesAll))
            .OrderBy(seen => seen.ExpiresOn ?? DateTimeOffset.MaxValue).ThenBy(seen => seen.About.ToString(), StringComparer.Ordinal)
            .Take(RowsMax)
            .Select(seen => known.TryGetValue(seen.About, out var row) ? new WatchedLine(seen, row.Id.Value, row.Released) : new WatchedLine(seen))
            .ToListAsync(cancellationToken);
    }

    public static bool SeesAll(Visit visit) => (visit.Roles & (Roles.Operator | Roles.Auditor)) != 0;
}
