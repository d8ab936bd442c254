using CredRotation.Engine.Registry;

namespace CredRotation.Functions.Access;

/// <summary>The managed credentials that a caller may see, up to a bound.</summary>
public sealed class Inventory(ICredentialRegistry registry, Ownership ownership)
{
    private const int RowsMax = 1_000;

    /// <summary>What may be seen; <c>IsCut</c> says that there is more.</summary>
    public async Task<(IReadOnlyList<CredentialRow> Rows, bool IsCut)> ReadAsync(Visit visit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var seesAll = (visit.Roles & (Roles.Operator | Roles.Auditor)) != 0;
        var rows = new List<CredentialRow>();
        await foreach (var row in registry.ListAsync(cancellationToken))
        {
            if (!seesAll && await ownership.OwnsAsync(visit.Caller, row, cancellationToken) != OwnerAnswer.Yes) continue;
            if (rows.Count == RowsMax) return (rows, true);
            rows.Add(row);
        }

        return (rows, false);
    }

    /// <summary>Secrets that could not be adopted, and why: only for those who see everything, since nobody owns them yet.</summary>
    public async Task<IReadOnlyList<SecretFinding>> ReadFindingsAsync(Visit visit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var findings = new List<SecretFinding>();
        if ((visit.Roles & (Roles.Operator | Roles.Auditor)) == 0) return findings;

        await foreach (var finding in registry.ListFindingsAsync(cancellationToken))
        {
            if (findings.Count == RowsMax) break;
            findings.Add(finding);
        }

        return findings;
    }
}
