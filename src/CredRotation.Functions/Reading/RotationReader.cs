using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Pages.Rotations;

namespace CredRotation.Functions.Reading;

/// <summary>Gathers what the page and the call show of a rotation, so that both show the same.</summary>
public sealed class RotationReader(ICredentialRegistry registry, TimeProvider time)
{
    public async Task<RotationPageModel> ReadAsync(Visit visit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var lines = new Queue<LedgerLine>();
        await foreach (var (entry, hash) in registry.ReadLedgerAsync(visit.TheCredential.Id, cancellationToken))
        {
            if (entry.Rotation != visit.TheRotation.Id) continue;

            lines.Enqueue(new LedgerLine(entry, hash));
            if (lines.Count > RotationPageModel.LedgerMax) lines.Dequeue();
        }

        var viewer = new Viewer(visit.Caller.Name, (visit.Roles & Roles.OwnerOfThis) != 0, visit.Caller.Is(visit.TheRotation.Plan.StartedBy));
        return RotationPageModel.Of(visit.TheCredential, visit.TheRotation, [.. lines], viewer, time.GetUtcNow());
    }
}
