using CredRotation.Engine.Issue;

namespace CredRotation.Engine.Retire;

/// <summary>
/// Sees the old credential end. For a provider's timer there is no call to make: it waits for the end, then shows by a refused probe, with a
/// control probe beside it, that the old one is dead. Safe to repeat: it only looks.
/// </summary>
internal sealed class RetireStep(Remotes remotes, ICredentialVault vault, IProviderCatalog providers, InstallationKey key, TimeProvider clock) : IRotationStep
{
    public bool Handles(Rotation rotation) => rotation.State is RotationState.Reloaded or RotationState.RetireSent;

    public async Task<StepResult> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        var rotation = visit.Rotation;
        if (rotation.Plan.Traits.RetireBy is not RetireBy.TimerOnly)
            throw new System.Diagnostics.UnreachableException($"No way to retire by {rotation.Plan.Traits.RetireBy}: start-up refuses it.");

        var now = clock.GetUtcNow();
        var due = EndsOn(rotation) + (rotation.LiveCredential is LiveCredential.Refused && rotation.Suspects.Count == 0 ? TimeSpan.Zero : rotation.Plan.Traits.RetireDelayMax);
        if (now < due)
        {
            var latest = now + RotationMachine.TimerWaitMax;
            // Consumers have moved, so the reserve asks for nothing any more.
            return new StepResult.Waits(rotation with { WakeOn = due < latest ? due : latest }, null);
        }

        return await ProveAsync(visit, cancellationToken);
    }

    /// <summary>When the last key that nobody runs any more ends: the old one, and any that was issued and never read.</summary>
    public static DateTimeOffset EndsOn(Rotation rotation)
        // An old credential that was refused before we began has no end to wait for; its refused probe still has to show it.
        => rotation.Suspects.Select(suspect => suspect.EndsOn).Append(rotation.LiveCredential is LiveCredential.Refused ? null : rotation.OldEndsOn).Max() ?? rotation.StateOn;

    private async Task<StepResult> ProveAsync(Visit visit, CancellationToken cancellationToken)
    {
        var plan = visit.Rotation.Plan;
        var current = await remotes.ReadAsync(visit, "vault", "read current secret", "Retire: rule 11, look again at what is live",
            (callId, token) => vault.ReadCurrentAsync(plan.Secret, callId, token), cancellationToken);
        remotes.Heard(visit, current.RemoteDate);
        if (!Remotes.ClockAgrees(visit))
            return Waits(visit.Rotation.Holding(HoldReason.ClockDisagrees, "This host's clock and the vault's disagree by more than two minutes, so the end of the old credential is not believed yet.", clock.GetUtcNow(), null, Choices.ToRetry));

        if (await key.FingerprintAsync(current.Value, cancellationToken) == visit.Rotation.Old!.Fingerprint) return OldIsLive(visit);

        var old = await TryReadOldAsync(visit, cancellationToken);
        if (old is null) return Retired(visit.Rotation, "unproven: the old version can no longer be read from the vault; the provider's timer has run out.");
        if (await key.FingerprintAsync(old.Value, cancellationToken) != visit.Rotation.Old.Fingerprint)
            return Retired(visit.Rotation, "unproven: the old version no longer holds the value that was replaced; the provider's timer has run out.");

        var provider = visit.Rotation.OpenProvider(providers);
        var probe = await ProbeAsync(visit, provider, old.Value, "probe old credential", "Retire: proof by a refused probe", cancellationToken);
        if (probe is ProbeOutcome.Refused)
        {
            var control = await ProbeAsync(visit, provider, current.Value, "control probe", "Retire: rule 10, control probe", cancellationToken);
            if (control is ProbeOutcome.Works or ProbeOutcome.Forbidden) return Retired(visit.Rotation, "refused probe: the provider refuses the old credential and accepts the current one.");
            throw new RemoteTroubleException("provider", RemoteTrouble.Denied, "The provider refuses the old credential, and the current one could not be shown to work in the same visit.");
        }

        if (probe is ProbeOutcome.Works or ProbeOutcome.Forbidden)
        {
            var now = clock.GetUtcNow();
            return Waits(visit.Rotation.Holding(HoldReason.OldStillAlive, $"The old credential is still accepted after {EngineTime.Text(EndsOn(visit.Rotation))}, when the provider's timer should have ended it.", now, null,
                Choices.ToRetry, new HoldChoice(Choices.CloseUnproven, "Close the rotation; the old credential is reported as possibly alive.")));
        }

        throw new RemoteTroubleException("provider", RemoteTrouble.Denied, "The old credential could not be probed.");
    }

    private async Task<ProbeOutcome> ProbeAsync(Visit visit, ICredentialProvider provider, SecretText value, string operation, string rule, CancellationToken cancellationToken)
    {
        var outcome = await remotes.EffectAsync(visit, "provider", operation, rule, (_, token) => provider.VerifyAsync(visit.Rotation.ProbeTarget(), new Candidate(null, value), token), cancellationToken);
        remotes.Heard(visit, outcome.RemoteDate);
        return outcome;
    }

    private async Task<VaultSecret?> TryReadOldAsync(Visit visit, CancellationToken cancellationToken)
    {
        var plan = visit.Rotation.Plan;
        try
        {
            return await remotes.ReadAsync(visit, "vault", "read old secret", "Retire: the handle is the old version's value",
                (callId, token) => vault.ReadVersionAsync(plan.Secret, plan.OldVersion, callId, token), cancellationToken);
        }
        catch (RemoteTroubleException trouble) when (trouble.Trouble is RemoteTrouble.NotFound or RemoteTrouble.Disabled)
        {
            return null;
        }
    }

    /// <summary>Rule 11: somebody put the dying value back. Promote the new one at once.</summary>
    private StepResult.Moved OldIsLive(Visit visit)
    {
        var now = clock.GetUtcNow();
        var rotation = visit.Rotation;
        return new StepResult.Moved(rotation.To(RotationState.Verified, now) with
        {
            PromotedVersion = null,
            IsOverwriteChecked = true,
            Incident = rotation.Incident ?? new Incident(now, "retire", "The live value is the one that has just ended."),
            Consumers = [.. rotation.Consumers.Select(consumer => consumer with { Acknowledged = new Dictionary<string, DateTimeOffset>(), SignalledOn = null, Signals = 0 })],
        }, LedgerNote.Ours("IncidentOpened", "The live value is the one that has just ended. The new one is promoted again at once."));
    }

    private StepResult.Moved Retired(Rotation rotation, string proof)
        => new(rotation.To(RotationState.Retired, clock.GetUtcNow()) with { RetireProof = proof }, LedgerNote.Ours(nameof(RotationState.Retired), proof));

    private static StepResult.Waits Waits(Rotation rotation) => new(rotation, null);
}
