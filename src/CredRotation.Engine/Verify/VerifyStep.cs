using System.Text.Json.Nodes;
using CredRotation.Engine.Issue;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Verify;

/// <summary>
/// Tries exactly the staged value at the provider before any consumer can see it. Safe to repeat: a probe reads, and where first use starts
/// a clock <c>VerifySent</c> was saved before.
/// </summary>
internal sealed class VerifyStep(Remotes remotes, ICredentialVault vault, IProviderCatalog providers, Targets targets, InstallationKey key, IOptions<RotationOptions> options, TimeProvider clock) : IRotationStep
{
    /// <summary>The longest pause between two probes while "not yet" is a possible answer.</summary>
    private static readonly TimeSpan ProbePauseMax = TimeSpan.FromMinutes(1);

    public bool Handles(Rotation rotation) => rotation.State is RotationState.Issued or RotationState.VerifySent || IsToBeProvenInPlace(rotation);

    /// <summary>In place the old one is dead: promoted first, tried once consumers were told.</summary>
    private static bool IsToBeProvenInPlace(Rotation rotation)
        => rotation is { State: RotationState.Promoted, IsProvenInPlace: false, IsOverwriteChecked: true, RestoreVersion: null, Failures: 0, Plan.Traits.Topology: Topology.InPlace }
            && rotation.Consumers.All(consumer => consumer.Signals > 0 || consumer.Instances.Count == 0)
            // Whoever runs it has tried it already.
            && !rotation.Consumers.All(consumer => consumer.IsAdopted);

    public async Task<StepResult> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        var rotation = visit.Rotation;
        var traits = rotation.Plan.Traits;
        if (rotation.State is RotationState.Issued && traits.Topology is Topology.InPlace)
            return new StepResult.Moved(rotation.To(RotationState.Verified, clock.GetUtcNow()), LedgerNote.Ours("PromotedFirst", "In place the old credential is dead: the new one is promoted first and tried after."));
        if (rotation.State is RotationState.Issued && (traits.ProbeStartsClock || traits.ClockStart is ClockStart.FirstUse))
        {
            var sent = clock.GetUtcNow();
            return new StepResult.Moved(rotation.To(RotationState.VerifySent, sent) with { FirstUseOn = rotation.FirstUseOn ?? sent },
                LedgerNote.Ours(nameof(RotationState.VerifySent), "The first use starts the old credential's clock.", new JsonObject { ["oldEndsAtTheLatest"] = sent + traits.OldLife is { } end ? EngineTime.Text(end) : null }));
        }

        var value = await StagedValue.ReadAsync(visit, remotes, vault, key, "Verify: exactly the staged version", cancellationToken);
        var provider = rotation.OpenProvider(providers);
        var probedOn = clock.GetUtcNow();
        var outcome = await remotes.EffectAsync(visit, "provider", "probe new credential", "Verify",
            (_, token) => provider.VerifyAsync(rotation.ProbeTarget(), new Candidate(rotation.New!.ProviderId, value), token), cancellationToken);
        remotes.Heard(visit, outcome.RemoteDate);
        rotation = visit.Rotation;
        var now = clock.GetUtcNow();
        return outcome switch
        {
            ProbeOutcome.Works works when rotation.Old?.Identity is { } owner && works.Identity != owner
                => WrongOwner(rotation, $"It belongs to '{works.Identity}', the current one to '{owner}'.", now),
            // What is retired later is told by its handle: one that issue and probe call differently could be the wrong one.
            ProbeOutcome.Works { CredentialId: { } shown } when rotation.New?.ProviderId is { } issued && issued != shown
                => WrongOwner(rotation, $"Issue called it '{issued}', the probe calls it '{shown}'.", now),
            ProbeOutcome.Works works => Verified(rotation with { New = rotation.New! with { ProviderId = rotation.New.ProviderId ?? works.CredentialId } }, works.Identity, "The provider accepts the new credential.", now),
            ProbeOutcome.Forbidden when rotation.Plan.Policy.AcceptForbiddenProbe && traits.ForbiddenProvesAlive
                => Verified(rotation, null, "The provider knows the new credential; who it belongs to was not shown, with the policy's consent.", now),
            ProbeOutcome.Forbidden when rotation.IsOverridden(HoldReason.ProbeForbidden)
                => Verified(rotation, null, "The provider knows the new credential; an owner accepted that it shows no identity.", now),
            ProbeOutcome.Forbidden => new StepResult.Waits(rotation.Holding(HoldReason.ProbeForbidden, "The new credential is alive but may not read who it is. Consumers have not seen it.", now, rotation.ReserveFrom,
                Choices.ToRetry, Choices.ToOverride("Promote it without proof of whom it belongs to.", 1)), null),
            ProbeOutcome.WrongIdentity wrong => WrongOwner(rotation, wrong.Detail, now),
            // Rule 18: how old it is was written by another host's clock, and "refused" throws a credential away whose clock may run.
            ProbeOutcome.Refused when !Remotes.ClockAgrees(visit) => ClockDisagrees(rotation, now),
            // A refusal says how it was when it was asked for: this host may have stood still since.
            ProbeOutcome.Refused when probedOn < rotation.New!.IssuedOn + traits.ActivationDelayMax => NotYet(rotation, now),
            ProbeOutcome.Refused => await RefusedAsync(visit, provider, cancellationToken),
            ProbeOutcome.Throttled throttled => throw new RemoteTroubleException("provider", RemoteTrouble.Throttled, "The provider asks to come back later.", throttled.After),
            ProbeOutcome.Unknown unknown => throw new RemoteTroubleException("provider", RemoteTrouble.Denied, $"The new credential could not be probed: {unknown.Detail}"),
            _ => throw new System.Diagnostics.UnreachableException($"No meaning for {outcome.GetType().Name}."),
        };
    }

    private static StepResult.Moved Verified(Rotation rotation, string? identity, string why, DateTimeOffset now)
        => rotation.State is RotationState.Promoted
            ? new(rotation with { IsProvenInPlace = true, New = rotation.New! with { Identity = identity } }, LedgerNote.Ours("ProvenInPlace", why, new JsonObject { ["identity"] = identity }))
            : new(rotation.To(RotationState.Verified, now) with { New = rotation.New! with { Identity = identity } },
            LedgerNote.Ours(nameof(RotationState.Verified), why, new JsonObject { ["identity"] = identity }));

    private static StepResult.Waits WrongOwner(Rotation rotation, string detail, DateTimeOffset now)
        => new(rotation.Holding(HoldReason.WrongIdentity, $"The new credential is not the target's: {detail} Consumers have not seen it.", now, rotation.ReserveFrom, Choices.ToRetry), null);

    private static StepResult.Waits NotYet(Rotation rotation, DateTimeOffset now)
    {
        var pause = TimeSpan.FromTicks(Math.Clamp((rotation.Plan.Traits.ActivationDelayMax / 10).Ticks, TimeSpan.FromMilliseconds(500).Ticks, ProbePauseMax.Ticks));
        var counted = rotation with { RefusedProbes = rotation.RefusedProbes + 1 };
        // A provider that locks accounts gets its probes spread over what is left of the activation time.
        if (counted.RefusedProbes >= rotation.Plan.Traits.RefusedProbesAllowed)
            pause = rotation.New!.IssuedOn + rotation.Plan.Traits.ActivationDelayMax - now;
        return new StepResult.Waits(counted.Until(now + pause, now), null);
    }

    /// <summary>Another host may know better, so it is tried again soon; while that is harmless at the provider.</summary>
    private static StepResult.Waits ClockDisagrees(Rotation rotation, DateTimeOffset now)
    {
        var held = (rotation with { RefusedProbes = rotation.RefusedProbes + 1 }).Holding(HoldReason.ClockDisagrees,
            "The provider does not accept the new credential, and whether it is too early for that cannot be told: this host's clock and the remote's differ, or the remote sent no Date. Consumers have not seen it.", now, rotation.ReserveFrom, Choices.ToRetry);
        return new StepResult.Waits(held.RefusedProbes < rotation.Plan.Traits.RefusedProbesAllowed && now + ProbePauseMax < held.WakeOn ? held with { WakeOn = now + ProbePauseMax } : held, null);
    }

    /// <summary>Rule 10: refused only when a credential known to be good is accepted in the same visit.</summary>
    private async Task<StepResult> RefusedAsync(Visit visit, ICredentialProvider provider, CancellationToken cancellationToken)
    {
        if (!await ControlAsync(visit, provider, cancellationToken))
            throw new RemoteTroubleException("provider", RemoteTrouble.Denied, "The provider refuses the new credential and a known good one alike, so the refusal proves nothing.");

        var rotation = visit.Rotation;
        var now = clock.GetUtcNow();
        if (rotation.State is RotationState.Promoted)
        {
            // Both are dead: nothing of ours can heal that, and no consumer works.
            var incident = rotation.Incident ?? new Incident(now, "verify", $"The provider refuses the new credential of {rotation.Plan.Secret.Name}, and the old one ended with it: {string.Join(", ", rotation.Plan.Binding.Consumers)} fail now.");
            return new StepResult.Waits((rotation with { Incident = incident, RefusedProbes = 0 }).Holding(HoldReason.NewCredentialRefused, "The provider refuses the new credential, which is current already; the old one ended when it was issued.", now, null,
                Choices.ToRetry, Choices.ToIssueAgain), LedgerNote.Ours("IncidentOpened", incident.Detail));
        }

        // Rule 9: it never reaches consumers.
        var traits = rotation.Plan.Traits;
        var refused = rotation with { New = null, Suspects = [.. rotation.Suspects, .. rotation.NewAsSuspect(isUnread: true)], RefusedProbes = 0 };
        visit.IssuedValue = null;
        if (traits is { Topology: Topology.Overlap, OldValidity: OldValidity.UntilRetired })
        {
            // No clock runs: the old one stays, and whether it is worth another is a person's decision. The refused one is retired at the close.
            return new StepResult.Waits(refused.To(RotationState.Authorized, now).Holding(HoldReason.NewCredentialRefused, "The provider refuses the new credential. Consumers run the old one, which goes on living.", now, null, Choices.ToRetry, Choices.ToAbandon),
                LedgerNote.Ours("NewCredentialRefused", "The provider refuses the new credential while it accepts the old one. Consumers have not seen it."));
        }

        // The clock runs, so issue again while there is time.
        if (refused.Attempts.Count < IssueStep.AttemptsMax && (refused.ReserveFrom is null || now + options.Value.RetryDelay < refused.ReserveFrom))
            return new StepResult.Moved(refused.To(RotationState.Authorized, now), LedgerNote.Ours("NewCredentialRefused", "The provider refuses the new credential while it accepts the old one. Issuing again; consumers have not seen it."));
        return new StepResult.Waits(rotation.Holding(HoldReason.NewCredentialRefused, "The provider refuses every new credential. Consumers still run the old one.", now, rotation.ReserveFrom, Choices.ToRetry), null);
    }

    /// <summary>Whether something known to be good is accepted now: the old credential, or in place, where that is dead, the management credential.</summary>
    private async Task<bool> ControlAsync(Visit visit, ICredentialProvider provider, CancellationToken cancellationToken)
    {
        var plan = visit.Rotation.Plan;
        if (visit.Rotation.State is RotationState.Promoted)
        {
            await targets.OpenAsync(visit, "Verify: rule 10, control probe", cancellationToken);
            var target = await remotes.ReadAsync(visit, "provider", "read target", "Verify: rule 10, control probe", (_, token) => provider.CheckTargetAsync(visit.Target!, token), cancellationToken);
            remotes.Heard(visit, target.RemoteDate);
            return target is TargetOutcome.Readable;
        }

        var old = await remotes.ReadAsync(visit, "vault", "read old secret", "Verify: rule 10, control probe",
            (callId, token) => vault.ReadVersionAsync(plan.Secret, plan.OldVersion, callId, token), cancellationToken);
        var control = await remotes.EffectAsync(visit, "provider", "control probe", "Verify: rule 10, control probe",
            (_, token) => provider.VerifyAsync(visit.Rotation.ProbeTarget(), new Candidate(null, old.Value), token), cancellationToken);
        remotes.Heard(visit, control.RemoteDate);
        return control is ProbeOutcome.Works or ProbeOutcome.Forbidden;
    }
}
