using System.Text.Json.Nodes;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Issue;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Retire;

/// <summary>
/// Ends the old credential and shows that it ended: looks at what is live, retires exactly the one the ledger knows, looks again, and proves
/// it by a refused probe with a control probe beside it. Where a timer ends it there is no call to make. Safe to repeat: retiring what is gone
/// changes nothing.
/// </summary>
internal sealed class RetireStep(
    Remotes remotes,
    ICredentialVault vault,
    IProviderCatalog providers,
    Targets targets,
    AuthorizeStep authorize,
    ChangeGate gate,
    Lanes lanes,
    OldReaders readers,
    InstallationKey key,
    IOptions<RotationOptions> options,
    TimeProvider clock) : IRotationStep
{
    /// <summary>The longest pause between two looks at what a person is to retire.</summary>
    private static readonly TimeSpan PersonPauseMax = TimeSpan.FromHours(1);

    public bool Handles(Rotation rotation) => rotation.State is RotationState.Reloaded or RotationState.RetireSent;

    public async Task<StepResult> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        var rotation = visit.Rotation;
        if (rotation.Plan.Traits.OldValidity is OldValidity.UntilRetired && rotation.RetireAnsweredOn is null)
            return rotation.State is RotationState.Reloaded ? await PrepareAsync(visit, cancellationToken) : await SendAsync(visit, cancellationToken);

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

    /// <summary>Everything that can say no, and then <c>RetireSent</c> with exactly what will be retired.</summary>
    private async Task<StepResult> PrepareAsync(Visit visit, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (visit.Rotation.Consumers.Count == 0 && !visit.Rotation.IsOverridden(HoldReason.NoConsumer))
        {
            return Waits(visit.Rotation.Holding(HoldReason.NoConsumer, "No consumer is named, so nobody could show that the old credential is out of use. It lives on until somebody decides.", now, null,
                Choices.ToOverride("Retire the old credential now. Whoever still runs it fails.", 2), LeaveAlive));
        }

        switch (await readers.LookAsync(visit, cancellationToken))
        {
            case OldReading.Wait wait:
                return new StepResult.Waits(visit.Rotation.Until(wait.Until, clock.GetUtcNow()), null);
            case OldReading.StillRead still:
                var held = visit.Rotation.Holding(HoldReason.OldStillRead, $"{still.What} The old credential is not retired meanwhile.", clock.GetUtcNow(), null,
                    Choices.ToRetry, Choices.ToOverride($"Retire the old credential now: {still.Who} may fail.", 2), LeaveAlive);
                var look = clock.GetUtcNow() + still.LookAgainAfter;
                return Waits(look < held.WakeOn ? held with { WakeOn = look } : held);
        }

        // Rule 16: the first time, an owner says yes before the first effect that can stop the old one.
        var (authorized, isAuthorized) = await authorize.CheckRetireAsync(visit, LeaveAlive, cancellationToken);
        if (!isAuthorized) return Waits(authorized);

        visit.Open = authorized with { Calls = visit.Rotation.Calls };
        if (gate.Closed(visit) is { } closed) return Waits(closed);
        var rotation = visit.Rotation;
        if (rotation.Plan.Traits.RetireBy is not (RetireBy.SecretValue or RetireBy.Human) && rotation.Old!.ProviderId is null)
        {
            if (await LookAsync(visit, cancellationToken) is { } stopped) return stopped;
            // Whoever retired it by hand is seen by the probe.
            if (await ProbeOldAsync(visit, cancellationToken) is { } shown) return shown;
            return Waits(visit.Rotation.Holding(HoldReason.OldUnknown, "Neither the ledger nor a probe gives the provider's handle of the old credential, so nothing may be retired. Retire it at the provider; the next look shows it.", now, null,
                Choices.ToRetry, LeaveAlive));
        }

        if (rotation.Old!.ProviderId is { } old && old == rotation.New!.ProviderId)
            return Waits(rotation.Holding(HoldReason.OldUnknown, $"The handle of the old credential ({old}) is also that of the new one, so nothing may be retired.", now, null, Choices.ToRetry, LeaveAlive));

        return new StepResult.Moved(rotation.To(RotationState.RetireSent, clock.GetUtcNow()), LedgerNote.Ours(nameof(RotationState.RetireSent), "About to retire the old credential.",
            new JsonObject { ["providerId"] = rotation.Old.ProviderId, ["vaultVersion"] = rotation.Old.Version, ["by"] = rotation.Plan.Traits.RetireBy.ToString() }));
    }

    /// <summary>Looks, retires, and leaves the proof to later turns.</summary>
    private async Task<StepResult> SendAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (!await lanes.TakeAsync(visit, cancellationToken))
            return new StepResult.Waits(visit.Rotation.Until(clock.GetUtcNow() + options.Value.RetryDelay, clock.GetUtcNow()), null);

        if (await LookAsync(visit, cancellationToken) is { } stopped) return stopped;
        var value = visit.Rotation.Plan.Traits.RetireBy is RetireBy.SecretValue ? await FindOldValueAsync(visit, cancellationToken) : null;
        if (visit.Rotation.Plan.Traits.RetireBy is RetireBy.SecretValue && value is null)
        {
            return Waits(visit.Rotation.Holding(HoldReason.OldUnknown, "The old version can no longer be read from the vault, and its value is the handle. Retire it at the provider.", clock.GetUtcNow(), null,
                Choices.ToRetry, LeaveAlive));
        }

        await targets.OpenAsync(visit, "Retire: the account's management credential", cancellationToken);
        var provider = visit.Rotation.OpenProvider(providers);
        var ticket = new RetireTicket(visit.Rotation.Old!.ProviderId, value);
        var outcome = await remotes.EffectAsync(visit, "provider", "retire old credential", "Retire", (_, token) => provider.RetireAsync(visit.Target!, ticket, token), cancellationToken);
        var now = clock.GetUtcNow();
        var rotation = visit.Rotation;
        switch (outcome)
        {
            case RetireOutcome.Retired or RetireOutcome.AlreadyGone or RetireOutcome.EndsByTimer:
                visit.Open = rotation with { RetireAnsweredOn = now, StateOn = now, Hold = null, Failures = 0 };
                // Ours is the primary now and the old one was until now: a pair has no place for what was lost before.
                if (rotation.Plan.Traits.RetireBy is RetireBy.Promote && outcome is RetireOutcome.Retired) visit.Open = visit.Rotation with { Suspects = [.. rotation.Suspects.Where(suspect => !suspect.IsUnread)] };
                // Rule 11: look again, at once.
                if (await LookAsync(visit, cancellationToken) is { } again) return again;
                return new StepResult.Moved(visit.Rotation,
                    LedgerNote.Ours("RetireAnswered", outcome is RetireOutcome.AlreadyGone ? "The provider says that it is gone already; a probe has to show it." : "The provider answered that the old credential is retired; a probe has to show it."));
            case RetireOutcome.Pending pending:
                // A person does it there: the probe tells when.
                if (await ProbeOldAsync(visit, cancellationToken) is { } shown) return shown;
                var held = visit.Rotation.Holding(HoldReason.OldStillAlive, $"The old credential is to be retired at the provider by a person: {pending.What}", now, null, Choices.ToRetry, LeaveAlive);
                var pause = pending.PollAfter < PersonPauseMax ? pending.PollAfter : PersonPauseMax;
                return Waits(held with { WakeOn = now + (pause > options.Value.RetryDelay ? pause : options.Value.RetryDelay) });
            case RetireOutcome.Rejected rejected:
                return Waits(rotation.Holding(HoldReason.OldStillAlive, $"The provider refuses to retire the old credential ({rejected.Code}). Consumers run the new one.", now, null, Choices.ToRetry, LeaveAlive));
            case RetireOutcome.Throttled throttled:
                throw new RemoteTroubleException("provider", RemoteTrouble.Throttled, "The provider asks to come back later.", throttled.After);
            default:
                throw new RemoteTroubleException("provider", RemoteTrouble.Unknown, $"Whether the old credential was retired is not known: {(outcome as RetireOutcome.Unknown)?.Detail} Retiring again is harmless.");
        }
    }

    private static readonly HoldChoice LeaveAlive = new(Choices.CloseUnproven, "Close the rotation; the old credential is left alive and reported.");

    /// <summary>Rule 11: if the live value is the one that is to end, the new one is promoted again at once. Rule 18: not on one clock.</summary>
    private async Task<StepResult?> LookAsync(Visit visit, CancellationToken cancellationToken)
    {
        var plan = visit.Rotation.Plan;
        var current = await remotes.ReadAsync(visit, "vault", "read current secret", "Retire: rule 11, look again at what is live",
            (callId, token) => vault.ReadCurrentAsync(plan.Secret, callId, token), cancellationToken);
        remotes.Heard(visit, current.RemoteDate);
        if (!Remotes.ClockAgrees(visit))
            return Waits(visit.Rotation.Holding(HoldReason.ClockDisagrees, "This host's clock and the vault's disagree by more than two minutes, so nothing irreversible is done.", clock.GetUtcNow(), null, Choices.ToRetry));
        visit.LiveValue = current.Value;
        var live = await key.FingerprintAsync(current.Value, cancellationToken);
        if (live == visit.Rotation.Old!.Fingerprint) return OldIsLive(visit);
        if (live == visit.Rotation.New!.Fingerprint || (visit.Rotation.ForeignVersion == current.Properties.Version && visit.Rotation.IsOverridden(HoldReason.ChangedByHand))) return null;
        if (visit.Rotation is not { Plan.Traits.OldValidity: OldValidity.UntilRetired, RetireAnsweredOn: null }) return null;

        // Somebody wrote another value meanwhile: what it is, and whether it needs the old credential, only a person knows.
        return Waits((visit.Rotation with { ForeignVersion = current.Properties.Version }).Holding(HoldReason.ChangedByHand, $"Version {current.Properties.Version} was written by somebody else after the promotion. The old credential is not retired before a person has looked.", clock.GetUtcNow(), null,
            Choices.ToRetry, Choices.ToOverride("Retire the old credential although another version is current.", 2), LeaveAlive));
    }

    /// <summary>When the last key that nobody runs any more ends: the old one, and any that was issued and never read.</summary>
    public static DateTimeOffset EndsOn(Rotation rotation)
        // An old credential that was refused before we began has no end to wait for; its refused probe still has to show it.
        => rotation.Suspects.Select(suspect => suspect.EndsOn).Append(rotation.LiveCredential is LiveCredential.Refused ? null : rotation.RetireAnsweredOn ?? rotation.OldEndsOn).Max() ?? rotation.StateOn;

    private async Task<StepResult> ProveAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (await LookAsync(visit, cancellationToken) is { } stopped) return stopped;
        var shown = await ProbeOldAsync(visit, cancellationToken);
        if (shown is not null) return shown;

        var now = clock.GetUtcNow();
        return Waits(visit.Rotation.Holding(HoldReason.OldStillAlive, $"The old credential is still accepted after {EngineTime.Text(EndsOn(visit.Rotation))}, when {(visit.Rotation.RetireAnsweredOn is null ? "the provider's timer should have ended it" : "the provider had answered that it is retired")}.", now, null,
            Choices.ToRetry, new HoldChoice(Choices.CloseUnproven, "Close the rotation; the old credential is reported as possibly alive.")));
    }

    /// <summary>The proof, where there is one; null while the old credential is still accepted.</summary>
    private async Task<StepResult?> ProbeOldAsync(Visit visit, CancellationToken cancellationToken)
    {
        var old = await TryReadOldAsync(visit, cancellationToken);
        var isOurs = old is not null && await key.FingerprintAsync(old.Value, cancellationToken) == visit.Rotation.Old!.Fingerprint;
        if (!isOurs)
        {
            if (visit.Rotation.Plan.Traits.OldValidity is OldValidity.UntilRetired) return await ListedAsync(visit, cancellationToken);
            return Retired(visit.Rotation, old is null
                ? "unproven: the old version can no longer be read from the vault; the provider's timer has run out."
                : "unproven: the old version no longer holds the value that was replaced; the provider's timer has run out.");
        }

        var provider = visit.Rotation.OpenProvider(providers);
        var probe = await ProbeAsync(visit, provider, old!.Value, "probe old credential", "Retire: proof by a refused probe", cancellationToken);
        if (probe is ProbeOutcome.Refused)
        {
            var control = await ProbeAsync(visit, provider, visit.LiveValue!, "control probe", "Retire: rule 10, control probe", cancellationToken);
            if (control is ProbeOutcome.Works or ProbeOutcome.Forbidden) return Retired(visit.Rotation, "refused probe: the provider refuses the old credential and accepts the current one.");
            if (control is ProbeOutcome.Refused && await LiveIsRefusedAsync(visit, provider, cancellationToken) is { } dead) return dead;
            throw new RemoteTroubleException("provider", RemoteTrouble.Denied, "The provider refuses the old credential, and the current one could not be shown to work in the same visit.");
        }

        return probe is ProbeOutcome.Works or ProbeOutcome.Forbidden
            ? null
            : throw new RemoteTroubleException("provider", RemoteTrouble.Denied, "The old credential could not be probed.");
    }

    /// <summary>The provider answers our management credential and refuses the live one: consumers fail now, and waiting heals nothing.</summary>
    private async Task<StepResult?> LiveIsRefusedAsync(Visit visit, ICredentialProvider provider, CancellationToken cancellationToken)
    {
        await targets.OpenAsync(visit, "Retire: rule 10, control probe", cancellationToken);
        var target = await remotes.ReadAsync(visit, "provider", "read target", "Retire: rule 10, control probe", (_, token) => provider.CheckTargetAsync(visit.Target!, token), cancellationToken);
        remotes.Heard(visit, target.RemoteDate);
        if (target is not TargetOutcome.Readable) return null;

        var now = clock.GetUtcNow();
        var rotation = visit.Rotation;
        var incident = rotation.Incident ?? Incidents.ExamineStep.Refused(rotation, "retire", now);
        return new StepResult.Waits((rotation with { Incident = incident }).Holding(HoldReason.NewCredentialRefused, "The provider refuses the credential that is current, and the old one as well, while it answers the management one: somebody ended it there.", now, null,
            Choices.ToRetry, Choices.ToIssueAgain, LeaveAlive), LedgerNote.Ours("IncidentOpened", incident.Detail));
    }

    /// <summary>Without its value only the provider's list can show that it is gone.</summary>
    private async Task<StepResult> ListedAsync(Visit visit, CancellationToken cancellationToken)
    {
        var rotation = visit.Rotation;
        if (!rotation.Plan.Traits.CanList || rotation.Old?.ProviderId is not { } id || rotation.RetireAnsweredOn is null)
            return Retired(rotation, "unproven: the old version can no longer be read from the vault, and the provider cannot list.");

        await targets.OpenAsync(visit, "Retire: the account's management credential", cancellationToken);
        var listed = await targets.ListAsync(visit, "Retire: proof by absence from the list", cancellationToken);
        return listed?.Any(credential => credential.Id == id) is false
            ? Retired(visit.Rotation, "absent from the provider's list.")
            : Retired(visit.Rotation, "unproven: the old version can no longer be read from the vault, and the provider still lists the old credential.");
    }

    private async Task<SecretText?> FindOldValueAsync(Visit visit, CancellationToken cancellationToken)
        => await TryReadOldAsync(visit, cancellationToken) is { } old && await key.FingerprintAsync(old.Value, cancellationToken) == visit.Rotation.Old!.Fingerprint ? old.Value : null;

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
            RetireAnsweredOn = null,
            Incident = rotation.Incident ?? new Incident(now, "retire", "The live value is the one that has just ended."),
            Consumers = [.. rotation.Consumers.Select(consumer => consumer.Anew())],
        }, LedgerNote.Ours("IncidentOpened", "The live value is the one that has just ended. The new one is promoted again at once."));
    }

    private StepResult.Moved Retired(Rotation rotation, string proof)
        => new(rotation.To(RotationState.Retired, clock.GetUtcNow()) with { RetireProof = proof }, LedgerNote.Ours(nameof(RotationState.Retired), proof));

    private static StepResult.Waits Waits(Rotation rotation) => new(rotation, null);
}
