using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Owners;
using CredRotation.Functions.Access;
using CredRotation.Pages.Owners;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions.Reading;

/// <summary>Gathers the groups that are to answer for what a caller may see, the worst first.</summary>
public sealed class OwnersReader(Inventory inventory, OwnerBook owners, IOptions<RotationOptions> options, TimeProvider time)
{
    public async Task<OwnersPageModel> ReadAsync(Visit visit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var (rows, isCut) = await inventory.ReadAsync(visit, cancellationToken);
        var lines = new List<OwnerLine>();
        foreach (var group in rows.Where(row => row.Released is null).GroupBy(row => row.Binding.OwnerGroup, StringComparer.OrdinalIgnoreCase))
            lines.Add(new OwnerLine(group.Key, "Owner group", await owners.FindAsync(group.Key, cancellationToken), [.. group.Select(row => (row.Secret.Name, row.Id.Value)).Order()]));

        foreach (var (group, role) in new[] { (options.Value.FallbackGroup, "Fallback group: takes over when an owner group has nobody left"), (options.Value.LeadershipGroup, "Leadership: hears when nobody else answers") })
            if (group is { Length: > 0 }) lines.Add(new OwnerLine(group, role, await owners.FindAsync(group, cancellationToken), []));

        return new OwnersPageModel([.. lines.OrderBy(line => line.Record is null ? 3 : line.Record.State is OwnerState.Gone or OwnerState.TooFew ? 0 : line.Record.State is OwnerState.Healthy ? 2 : 1).ThenBy(line => line.Record?.GroupName ?? line.Group, StringComparer.Ordinal)],
            options.Value.Mode is not RotationMode.Observe, isCut, visit.Caller.Name, time.GetUtcNow());
    }
}
