using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Owners;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Pages.Overview;
using CredRotation.Pages.Rotations;

namespace CredRotation.Functions.Reading;

/// <summary>Gathers what stands at a glance of everything that a caller may see.</summary>
public sealed class OverviewReader(Inventory inventory, ICredentialRegistry registry, OwnerBook owners, TasksReader tasks, TimeProvider time)
{
    /// <summary>Open rotations that are read for the page.</summary>
    private const int OpenMax = 200;

    public async Task<OverviewPageModel> ReadAsync(Visit visit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var (rows, isCut) = await inventory.ReadAsync(visit, cancellationToken);
        var managed = rows.Where(row => row.Released is null).ToList();
        var unmanaged = await inventory.ReadUnmanagedAsync(visit, rows, cancellationToken);
        var open = new List<OpenLine>();
        foreach (var row in managed.Where(row => row.IsOpen).Take(OpenMax))
        {
            if (await registry.FindRotationAsync(row.Id, row.Ordinal, cancellationToken) is { } rotation)
                open.Add(new OpenLine(rotation.Id.Value, row.Secret.Name, rotation.State, rotation.Hold is { } hold ? HoldWords.Question(hold.Reason) : null, rotation.Incident is not null));
        }

        var groups = Inventory.SeesAll(visit) ? null : managed.Select(row => row.Binding.OwnerGroup).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var waiting = await tasks.ReadAsync(visit, cancellationToken);
        return new OverviewPageModel
        {
            Findings = [.. (await inventory.ReadFindingsAsync(visit, rows, cancellationToken)).Where(found => found.IsOpen)],
            Ends =
            [
                .. managed.Where(row => row.Seen.ExpiresOn is not null).Select(row => new EndLine(row.Secret.Name, row.Secret.VaultHost, row.Seen.ExpiresOn!.Value, row.Id.Value))
                    .Concat(unmanaged.Where(line => line.Seen is { ExpiresOn: not null, IsEnabled: true }).Select(line => new EndLine(line.Seen.Name, $"{Kind(line.Seen.Kind)}{line.Seen.VaultHost}", line.Seen.ExpiresOn!.Value, null)))
                    .OrderBy(end => end.On).ThenBy(end => end.Name, StringComparer.Ordinal),
            ],
            Owners = await owners.ListAsync(cancellationToken).Where(record => groups is null || groups.Contains(record.Group)).GroupBy(record => record.State).ToDictionaryAsync(same => same.Key, same => same.Count(), cancellationToken: cancellationToken),
            Open = [.. open.OrderByDescending(line => line.IsIncident).ThenByDescending(line => line.Question is not null)],
            Tasks = waiting.Count,
            IsUnsure = waiting.IsUnsure,
            IsCut = isCut,
            Managed = managed.Count,
            Person = visit.Caller.Name,
            Now = time.GetUtcNow(),
        };
    }

    private static string Kind(VaultObjectKind kind) => kind is VaultObjectKind.Secret ? "" : $"{kind} in ";
}
