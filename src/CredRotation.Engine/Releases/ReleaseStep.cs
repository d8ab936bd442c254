using System.Text.Json.Nodes;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Bindings;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Releases;

/// <summary>
/// What is left to do around a release: tells the owners that one is asked, gives the target of a released credential back, and adopts it
/// anew when its tags were changed. Safe to repeat: a target is named on the row before it is taken and until it is given back.
/// </summary>
internal sealed class ReleaseStep(CredentialRegistry registry, Remotes remotes, INotifier notifier, Answerable answerable, IOptions<RotationOptions> options, TimeProvider clock)
{
    /// <summary>True when the visit changed and is to be saved before anything else.</summary>
    public async Task<bool> RunAsync(Visit visit, CancellationToken cancellationToken)
        => visit.Row.Released is { } released
            ? await AdoptAnewAsync(visit, released, cancellationToken) || await FreeAsync(visit, released, cancellationToken)
            : visit.Row.ReleaseAsked is { } asked && await TellAsync(visit, asked, cancellationToken);

    private async Task<bool> FreeAsync(Visit visit, ReleasedAdoption released, CancellationToken cancellationToken)
    {
        if (released.ToFree is not { } target) return false;

        await registry.ReleaseTargetAsync(target.Account, target.Target, visit.Row.Id, cancellationToken);
        visit.Row = visit.Row with { Released = released with { ToFree = null } };
        return true;
    }

    private async Task<bool> AdoptAnewAsync(Visit visit, ReleasedAdoption released, CancellationToken cancellationToken)
    {
        if (visit.Retagged is not { Asked: { } binding } retagged) return false;

        var target = AccountTarget.Of(binding);
        if (released.ToFree is { } former && former != target) return await FreeAsync(visit, released, cancellationToken);
        if (released.ToFree is null)
        {
            // Named before it is taken: whoever dies in between gives it back.
            visit.Row = visit.Row with { Released = released with { ToFree = target } };
            return true;
        }

        visit.Retagged = null;
        if (TagReader.Check(binding, visit.Row.Secret, options.Value, clock.GetUtcNow()) is [var refusal, ..]) return Refuse(visit, refusal.Detail);
        if (await registry.TakeTargetAsync(target.Account, target.Target, visit.Row.Id, cancellationToken) != visit.Row.Id)
            return Refuse(visit, $"Target {target.Target} of account {target.Account} belongs to another managed credential.");

        visit.Row = visit.Row with
        {
            Format = CredentialRow.FirstFormat,
            Binding = binding,
            Released = null,
            AdoptedOn = clock.GetUtcNow(),
            Seen = retagged.Seen,
            // As any first rotation: an owner is asked.
            HasRotated = false,
            OwnerState = null,
            Owners = null,
        };
        visit.Notes.Add(LedgerNote.Ours("Adopted", $"Adopted anew: its tags were changed after the release. Account {binding.Account}, target {binding.Target}, policy {binding.Policy}.",
            new JsonObject { ["secret"] = visit.Row.Secret.ToString(), ["ownerGroup"] = binding.OwnerGroup, ["consumers"] = string.Join(",", binding.Consumers) }));
        return true;
    }

    /// <summary>Tells the owners; a channel that is down is tried again by the next sweep.</summary>
    private async Task<bool> TellAsync(Visit visit, ReleaseRequest asked, CancellationToken cancellationToken)
    {
        if (asked.IsOver(clock.GetUtcNow()))
        {
            visit.Row = visit.Row with { ReleaseAsked = null };
            visit.Notes.Add(LedgerNote.Ours("ReleaseAskEnded", $"No owner released it by {EngineTime.Text(asked.EndsOn)}. It stays adopted."));
            return true;
        }

        if (asked.IsTold || visit.HasTriedToTell) return false;
        visit.HasTriedToTell = true;
        try
        {
            var owners = await answerable.FindAsync(visit, cancellationToken);
            var notice = ReleaseNotices.Asked(visit.Row, asked, owners.Group);
            await remotes.EffectAsync(visit, "notification", "tell of the asked release", "Release: the owners are told", async (_, token) => { await notifier.NotifyAsync(notice, token); return true; }, cancellationToken);
        }
        catch (RemoteTroubleException trouble)
        {
            visit.Notes.Add(LedgerNote.Ours("NotTold", $"Of the asked release: {trouble.Message}"));
            return true;
        }

        visit.Row = visit.Row with { ReleaseAsked = asked with { IsTold = true } };
        return true;
    }

    private static bool Refuse(Visit visit, string why)
    {
        visit.Notes.Add(LedgerNote.Ours("AdoptionRefused", $"{why} It stays released."));
        return true;
    }
}
