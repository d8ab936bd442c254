using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Ladder;
using CredRotation.Engine.Owners;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Pages.Credential;
using CredRotation.Pages.Credentials;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions.Reading;

/// <summary>Gathers everything that is known of one managed credential.</summary>
public sealed class CredentialReader(ICredentialRegistry registry, OwnerBook owners, LadderBook ladder, IOptions<RotationOptions> options, TimeProvider time)
{
    public async Task<CredentialPageModel> ReadAsync(Visit visit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var (row, now) = (visit.TheCredential, time.GetUtcNow());
        var policy = options.Value.Policies.GetValueOrDefault(row.Binding.Policy);
        var mode = policy is null ? RotationMode.Observe : options.Value.ModeOf(policy);
        var rotations = new List<Rotation>();
        for (var ordinal = row.Ordinal; ordinal > 0 && rotations.Count < CredentialPageModel.RotationsMax; ordinal--)
            if (await registry.FindRotationAsync(row.Id, ordinal, cancellationToken) is { } rotation) rotations.Add(rotation);

        var about = WatchedName.Of(row.Secret);
        return new CredentialPageModel(
            row,
            CredentialLine.Of(row, (visit.Roles & Roles.OwnerOfThis) != 0, now),
            policy,
            mode,
            await owners.FindAsync(row.Binding.OwnerGroup, cancellationToken),
            await ladder.FindAsync(row.Id, cancellationToken),
            await registry.ListFindingsAsync(cancellationToken).Where(found => found.About == about && found.IsOpen).OrderByDescending(found => found.Finding.Weight).ToListAsync(cancellationToken),
            rotations,
            (visit.Roles & Roles.Operator) != 0 && mode is RotationMode.Rotate && !row.IsOpen && row.Released is null,
            visit.Caller.Name,
            now);
    }
}
