using System.Text.Json.Nodes;

namespace CredRotation.Engine.Retire;

/// <summary>
/// Closes a rotation that ended: staged values are discarded, suspects reported, people and, where a topic is configured, other systems told.
/// Safe to repeat: discarding what is gone is fine, and a message may come twice.
/// </summary>
internal sealed class CloseStep(Remotes remotes, ICredentialVault vault, Leftovers leftovers, INotifier notifier, IEnumerable<IRotationEvents> events, InstallationKey key) : IRotationStep
{
    /// <summary>Failed visits before a rotation without suspects closes untold.</summary>
    private const int TellTriesMax = 4;

    public bool Handles(Rotation rotation) => !rotation.IsOpen && !rotation.IsClosed;

    public async Task<StepResult> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (visit.Rotation.Attempts.Count > 0 && await leftovers.FindAsync(visit, cancellationToken) is { } shownOn)
            return new StepResult.Waits(visit.Rotation with { WakeOn = shownOn }, null);

        foreach (var attempt in visit.Rotation.Attempts)
        {
            var staging = SecretName.Of(key.Staging, attempt.Ticket.Marker);
            await remotes.EffectAsync(visit, "vault", "discard staged value", "Close: the staged value is deleted",
                async (callId, token) => { await vault.DiscardAsync(staging, callId, token); return true; }, cancellationToken);
        }

        if (visit.Rotation.State is not RotationState.Superseded)
        {
            foreach (var topic in events) await PublishAsync(visit, topic, cancellationToken);
            var notice = Notices.Done(visit.Rotation, visit.Row.Chain);
            try
            {
                await remotes.EffectAsync(visit, "notification", "tell the owners", "Close: rule 12, people are told of the end and of each suspect",
                    async (_, token) => { await notifier.NotifyAsync(notice, token); return true; }, cancellationToken);
            }
            catch (RemoteTroubleException trouble) when (visit.Rotation.Suspects.Count == 0 && visit.Rotation.Failures >= TellTriesMax)
            {
                // With nothing of ours possibly alive, a channel that stays down must not keep the target from its next rotation.
                visit.Notes.Add(LedgerNote.Ours("NotTold", $"{notice.Title}: {trouble.Message}"));
            }
        }

        var rotation = visit.Rotation;
        visit.Row = visit.Row with { IsOpen = false, HasRotated = visit.Row.HasRotated || rotation.State is RotationState.Retired, WasRolledBack = visit.Row.WasRolledBack && rotation.State is not RotationState.Retired };
        return new StepResult.Moved(rotation with { IsClosed = true, Hold = null },
            LedgerNote.Ours("Closed", rotation.Suspects.Count == 0 ? "Nothing of this rotation lives but the current credential." : $"{rotation.Suspects.Count} issues without a result were reported.",
                new JsonObject { ["suspects"] = new JsonArray([.. rotation.Suspects.Select(suspect => (JsonNode)new JsonObject { ["marker"] = suspect.Marker, ["endsOn"] = suspect.EndsOn is { } end ? EngineTime.Text(end) : null })]) }));
    }

    /// <summary>Before the notice, so that trouble with a topic does not tell people twice; it only ever delays a close, since nobody acts on it.</summary>
    private async Task PublishAsync(Visit visit, IRotationEvents topic, CancellationToken cancellationToken)
    {
        var rotation = visit.Rotation;
        var (plan, chain) = (rotation.Plan, visit.Row.Chain);
        var completed = new RotationCompleted(plan.Credential, rotation.Id, rotation.State, plan.Secret.VaultHost, plan.Secret.Name, rotation.PromotedVersion, rotation.PlanHash, chain, rotation.StateOn);
        try
        {
            await remotes.EffectAsync(visit, "event", "publish the completed rotation", "Close: I7, the chain's head is also outside the ledger",
                async (_, token) => { await topic.PublishAsync(completed, token); return true; }, cancellationToken);
        }
        catch (RemoteTroubleException trouble) when (rotation.Failures >= TellTriesMax)
        {
            visit.Notes.Add(LedgerNote.Ours("NotPublished", trouble.Message, new JsonObject { ["sequence"] = chain.Sequence, ["hash"] = chain.Hash }));
        }
    }
}
