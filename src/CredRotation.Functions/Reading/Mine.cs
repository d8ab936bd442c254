using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;

namespace CredRotation.Functions.Reading;

/// <summary>Which of some credentials the caller answers for.</summary>
/// <param name="IsUnsure">The directory did not say for all of them.</param>
public sealed record Mine(IReadOnlySet<CredentialId> Ids, bool IsUnsure)
{
    /// <summary>Groups that are asked for; that there are more is said.</summary>
    private const int GroupsMax = 200;

    public static async Task<Mine> OfAsync(Caller caller, IEnumerable<CredentialRow> rows, Ownership ownership, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ownership);
        var (ids, isUnsure) = (new HashSet<CredentialId>(), false);
        // A group that cannot be read now must not be asked about once per credential.
        var groups = rows.Where(row => row.Released is null).GroupBy(row => row.Binding.OwnerGroup, StringComparer.OrdinalIgnoreCase).ToList();
        foreach (var group in groups.Take(GroupsMax))
        {
            var answer = await ownership.OwnsAsync(caller, group.First(), cancellationToken);
            if (answer == OwnerAnswer.Yes) ids.UnionWith(group.Select(row => row.Id));
            isUnsure |= answer == OwnerAnswer.Unknown;
        }

        return new Mine(ids, isUnsure || groups.Count > GroupsMax);
    }
}
