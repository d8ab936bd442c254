using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Incidents;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Reload;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Issue;

/// <summary>
/// Checks everything that can say no, writes <c>IssueSent</c> with a reservation in staging, and only then lets the provider issue. Safe to
/// repeat: a visit that did not itself write <c>IssueSent</c> recovers by the provider's traits and never retries blindly.
/// </summary>
internal sealed class IssueStep(
    Remotes remotes,
    ICredentialVault vault,
    IProviderCatalog providers,
    IConsumerSignal consumers,
    Reload.Leases leases,
    AuthorizeStep authorize,
    ChangeGate gate,
    Targets targets,
    Staging staging,
    Recovery recovery,
    Lanes lanes,
    InstallationKey key,
    IOptions<RotationOptions> options,
    TimeProvider clock) : IRotationStep
{
    /// <summary>Attempts to issue in one rotation.</summary>
    public const int AttemptsMax = 5;

    /// <summary>Effects that one visit must be able to do from the reservation on.</summary>
    private const int EffectsTogether = 3;

    /// <summary>What a list may hold of one target; more is not ours to judge.</summary>
    private const int PriorIdsMax = 200;

    public bool Handles(Rotation rotation) => rotation.State is RotationState.Authorized or RotationState.IssueSent;

    public async Task<StepResult> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        var rotation = visit.Rotation;
        if (!await lanes.TakeAsync(visit, cancellationToken))
            return new StepResult.Waits(rotation.Until(clock.GetUtcNow() + options.Value.RetryDelay, clock.GetUtcNow()), null);

        if (rotation.State is RotationState.Authorized) return await PrepareAsync(visit, cancellationToken);
        if (visit.MayIssueAttempt == rotation.Attempts[^1].Ticket.Attempt) return await SendAsync(visit, isRepeat: false);

        var recovered = await recovery.RunAsync(visit, cancellationToken);
        return recovered switch
        {
            Recovered.Settled settled => settled.Result,
            Recovered.Found found => await StageAsync(visit, found.Result),
            Recovered.Staged staged => await IssuedAsync(visit, staged.Version, staged.Result, "Recovered: the value was staged before the visit ended.", cancellationToken),
            _ => (StepResult?)SendAgain(visit) ?? await SendAsync(visit, isRepeat: true),
        };
    }

    /// <summary>The same attempt in the same bytes: only where the traits say that it cannot make a second one.</summary>
    private StepResult.Waits? SendAgain(Visit visit)
    {
        // Rule 18: whether a repeat is still the same to the provider is a matter of time.
        if (!Remotes.ClockAgrees(visit)) return ClockDisagrees(visit, clock.GetUtcNow());
        if (!remotes.HasRoomFor(visit, EffectsTogether - 1)) throw new VisitOverException("Too little of the claim is left to issue and stage.", isStillOurs: true);
        return null;
    }

    /// <summary>Everything that can say no, in the visit that writes <c>IssueSent</c> (rule 8). A repeat skips what may not delay it: the clock may run.</summary>
    private async Task<StepResult> PrepareAsync(Visit visit, CancellationToken cancellationToken)
    {
        var isRepeat = visit.Rotation.Attempts.Count > 0;
        if (!isRepeat)
        {
            var now = clock.GetUtcNow();
            if (visit.Rotation.EffectiveMode(options.Value) is not RotationMode.Rotate)
                return new StepResult.Waits(visit.Rotation.Until(now + RotationMachine.PeopleWaitMax, now), null);
            var (authorized, isAuthorized) = await authorize.CheckAsync(visit, cancellationToken);
            if (!isAuthorized) return new StepResult.Waits(authorized, null);
            // A hold that stands was told; only what it waited for ends it.
            visit.Open = authorized with { Calls = visit.Rotation.Calls, Hold = visit.Rotation.Hold };
            if (gate.Closed(visit) is { } closed) return new StepResult.Waits(closed, null);
            if (visit.Rotation is { Plan.Traits.IssueEndangersOld: true, Consumers.Count: 0 } && !visit.Rotation.IsOverridden(HoldReason.NoConsumer))
            {
                return new StepResult.Waits(visit.Rotation.Holding(HoldReason.NoConsumer,
                    "No consumer is named, so nobody could prove that the new credential is in use before the old one ends. Name the consumers in the rotate-consumers tag or in the policy.",
                    now, null, Choices.ToRetry, Choices.ToAbandon), null);
            }
        }

        // Consumers before the provider: while one is silent, the provider hears nothing.
        if (!isRepeat && await RehearseAsync(visit, cancellationToken) is { } silent) return silent;
        if (await CheckCurrentAsync(visit, isRepeat, cancellationToken) is { } stopped) return stopped;
        return await ReserveAsync(visit, cancellationToken);
    }

    private async Task<StepResult?> CheckCurrentAsync(Visit visit, bool isRepeat, CancellationToken cancellationToken)
    {
        var plan = visit.Rotation.Plan;
        var current = await remotes.ReadAsync(visit, "vault", "read current secret", "Issue: rules 8 and 11, the value that is replaced",
            (callId, token) => vault.ReadCurrentAsync(plan.Secret, callId, token), cancellationToken);
        remotes.Heard(visit, current.RemoteDate);
        var now = clock.GetUtcNow();
        // In place a promoted credential may itself be replaced.
        if (current.Properties.Version != (visit.Rotation.ExpectedVersion ?? plan.OldVersion))
        {
            if (!isRepeat) return Superseded(visit, current, now);
            // The same value written again is what this rotation replaces, and an issue may have ended it already: keeping it is no choice.
            if (await key.FingerprintAsync(current.Value, cancellationToken) != visit.Rotation.Old?.Fingerprint) return ChangedDuringIssue(visit, current.Properties.Version, now);
            visit.Open = visit.Rotation with { ExpectedVersion = current.Properties.Version };
        }

        if (!Remotes.ClockAgrees(visit)) return ClockDisagrees(visit, now);

        await targets.OpenAsync(visit, "Issue: the account's management credential", cancellationToken);
        var fingerprint = await key.FingerprintAsync(current.Value, cancellationToken);
        var old = new OldCredential(plan.OldVersion, fingerprint, null, current.Properties.ContentType, current.Properties.Tags, null,
            // Rule 11: the handle comes from the ledger or from a probe with the value itself.
            visit.Row.Known is { } known && known.Fingerprint == fingerprint ? known.ProviderId : null);
        if (isRepeat)
        {
            visit.Open = visit.Rotation with { Old = visit.Rotation.Old ?? old };
            return null;
        }

        await remotes.EffectAsync(visit, "vault", "confirm writable", "Issue: rule 8, vault write",
            async (callId, token) => { await vault.ConfirmWritableAsync(current.Properties, callId, token); return true; }, cancellationToken);

        var provider = visit.Rotation.OpenProvider(providers);
        var target = await remotes.ReadAsync(visit, "provider", "read target", "Issue: rule 8, target readable",
            (_, token) => provider.CheckTargetAsync(visit.Target!, token), cancellationToken);
        remotes.Heard(visit, target.RemoteDate);
        now = clock.GetUtcNow();
        switch (target)
        {
            case TargetOutcome.Unreadable unreadable:
                return new StepResult.Waits(visit.Rotation.Holding(HoldReason.IssueRejected, $"The provider does not let the management credential read target {plan.Binding.Target} ({unreadable.Code}). Nothing was issued.", now, null, Choices.ToRetry, Choices.ToAbandon), null);
            case TargetOutcome.Throttled throttled:
                throw new RemoteTroubleException("provider", RemoteTrouble.Throttled, "The provider asks to come back later.", throttled.After);
            case TargetOutcome.Unknown unknown:
                throw new RemoteTroubleException("provider", RemoteTrouble.Denied, $"The target could not be read: {unknown.Detail}");
        }

        if (!Remotes.ClockAgrees(visit)) return ClockDisagrees(visit, now);

        var probe = await remotes.ReadAsync(visit, "provider", "probe current credential", "Issue: rule 11, who the current credential belongs to",
            (_, token) => provider.VerifyAsync(visit.Target!, new Candidate(null, current.Value), token), cancellationToken);
        remotes.Heard(visit, probe.RemoteDate);
        now = clock.GetUtcNow();
        switch (probe)
        {
            case ProbeOutcome.Works works:
                old = old with { Identity = works.Identity, ProviderId = works.CredentialId ?? old.ProviderId };
                break;
            case ProbeOutcome.Forbidden when plan.Policy.AcceptForbiddenProbe && plan.Traits.ForbiddenProvesAlive:
                break;
            // Whoever approved an incident's plan knew that the current credential can show nothing any more.
            case ProbeOutcome.Refused when visit.Rotation.LiveCredential is LiveCredential.Refused || visit.Rotation.IsOverridden(HoldReason.OldCredentialRefused):
                break;
            case ProbeOutcome.Refused:
                var refused = visit.Rotation with { LiveCredential = LiveCredential.Refused, Incident = visit.Rotation.Incident ?? ExamineStep.Refused(visit.Rotation, "probe", now) };
                return new StepResult.Waits(refused.Holding(HoldReason.OldCredentialRefused, "The provider refuses the current credential while it answers the management one: consumers fail now. Nothing was issued yet.", now, null,
                    Choices.ToExpedite, Choices.ToRetry, Choices.ToAbandon), LedgerNote.Ours("IncidentOpened", "The provider refuses the live credential."));
            case ProbeOutcome.Forbidden:
                return new StepResult.Waits(visit.Rotation.Holding(HoldReason.ProbeForbidden, "The current credential may not read who it is. The policy must consent with AcceptForbiddenProbe.", now, null, Choices.ToRetry, Choices.ToAbandon), null);
            case ProbeOutcome.WrongIdentity wrong:
                return new StepResult.Waits(visit.Rotation.Holding(HoldReason.WrongIdentity, $"The current value does not belong to target {plan.Binding.Target}: {wrong.Detail} Correct the rotate-target tag.", now, null, Choices.ToRetry, Choices.ToAbandon), null);
            case ProbeOutcome.Throttled throttled:
                throw new RemoteTroubleException("provider", RemoteTrouble.Throttled, "The provider asks to come back later.", throttled.After);
            case ProbeOutcome.Unknown unknown:
                throw new RemoteTroubleException("provider", RemoteTrouble.Denied, $"The current credential could not be probed: {unknown.Detail}");
        }

        if (plan.Traits.Topology is Topology.Pair && old.ProviderId is null)
            return new StepResult.Waits(visit.Rotation.Holding(HoldReason.OldUnknown, "Neither the ledger nor the probe shows which of the two slots consumers run, so none may be written.", now, null, Choices.ToRetry, Choices.ToAbandon), null);

        visit.Open = visit.Rotation with { Old = old };
        return null;
    }

    private async Task<StepResult?> RehearseAsync(Visit visit, CancellationToken cancellationToken)
    {
        foreach (var progress in visit.Rotation.Consumers)
        {
            var (instances, silence) = await RehearseAsync(visit, progress, cancellationToken);
            if (silence is null)
            {
                visit.Open = visit.Rotation with
                {
                    Consumers = [.. visit.Rotation.Consumers.Select(known => known.Alias == progress.Alias ? known with { Instances = instances } : known)],
                };
            }
            else if (!IsExcused(visit.Rotation, progress.Alias))
            {
                var now = clock.GetUtcNow();
                return new StepResult.Waits(visit.Rotation.Holding(HoldReason.ConsumerSilentBeforeIssue, $"{Silence(progress.Alias)} the reload rehearsal: {silence} Nothing was issued.", now, visit.Rotation.Plan.ApproveBy,
                    Choices.ToRetry, Choices.ToOverride($"Rotate without proof from {progress.Alias}: its payments or calls fail once the old credential ends.", PeopleToOverride(visit.Rotation)), Choices.ToAbandon), null);
            }
        }

        return null;
    }

    /// <summary>Who would have to prove the new version; or why nobody could.</summary>
    private async Task<(IReadOnlyList<string> Instances, string? Silence)> RehearseAsync(Visit visit, ConsumerProgress progress, CancellationToken cancellationToken)
    {
        var plan = visit.Rotation.Plan;
        // Issuing starts the old one's end: what nothing can show needs a recorded word before that, not after.
        if (plan.Traits.IssueEndangersOld && progress is { Kind: ConsumerKind.Pinned } or { Worth: ProofWorth.Told })
            return ([], progress.Kind is ConsumerKind.Pinned ? "it names one version in its own configuration, and a person has to change that in time." : "it only takes messages and names no principal, so that nothing could show what it runs.");
        if (!ConsumerKinds.IsSignalled(progress.Kind)) return ([progress.Alias], null);
        if (!options.Value.Consumers.TryGetValue(progress.Alias, out var consumer)) return ([], "it is no longer configured.");

        var signal = new ReloadSignal(visit.Rotation.Id, plan.Secret, plan.OldVersion, Rehearsal: true);
        var answer = await remotes.ReadAsync(visit, "consumer", $"rehearse {progress.Alias}", "Issue: rule 8, every consumer answers a reload rehearsal",
            (_, token) => consumers.SignalAsync(progress.Alias, consumer, signal, token), cancellationToken);
        switch (answer)
        {
            case SignalAnswer.Answered answered:
                var there = await leases.AliveAsync(plan.Credential, progress.Alias, cancellationToken);
                return ([.. answered.Instances.Union(there, StringComparer.Ordinal).Take(ConsumerProgress.InstancesMax)], null);
            case SignalAnswer.ReadBack read:
                return ([.. read.Instances.Select(unit => unit.Instance).Take(ConsumerProgress.InstancesMax)], null);
            case SignalAnswer.Told:
                return await leases.AliveAsync(plan.Credential, progress.Alias, cancellationToken) is { Count: > 0 } holders ? (holders, null)
                    // Whoever speaks for it names it as a whole.
                    : progress.Kind is ConsumerKind.Webhook ? ([progress.Alias], null)
                    : ([], "none of its instances holds a lease, so that nobody would hear it. Start it with the client package.");
            default:
                return ([], ((SignalAnswer.Silent)answer).Detail);
        }
    }

    /// <summary>Rule 8: an override excuses only the consumer that it names.</summary>
    private static bool IsExcused(Rotation rotation, string alias)
        => rotation.Overrides.Any(text => text.StartsWith($"{HoldReason.ConsumerSilentBeforeIssue}: ", StringComparison.Ordinal) && text.Contains(Silence(alias), StringComparison.Ordinal));

    private static string Silence(string alias) => $"Consumer {alias} did not answer";

    private async Task<StepResult> ReserveAsync(Visit visit, CancellationToken cancellationToken)
    {
        var rotation = visit.Rotation;
        // Each recorded override allows another round.
        if (rotation.Attempts.Count >= AttemptsMax * (1 + rotation.Overrides.Count(text => text.StartsWith($"{HoldReason.TooManyFailures}: {Choices.Override} ", StringComparison.Ordinal))))
        {
            return new StepResult.Waits(rotation.Holding(HoldReason.TooManyFailures, $"{rotation.Attempts.Count} attempts to issue ended without a usable credential.", clock.GetUtcNow(), rotation.ReserveFrom,
                new HoldChoice(Choices.Retry, "Look again whether somebody wrote a new version by hand."), Choices.ToOverride($"Issue up to {AttemptsMax} more times; {rotation.Plan.Traits.FateOfLost}.", 1)), null);
        }

        var prior = await ListPriorAsync(visit, cancellationToken);
        // Reserve, issue and stage belong together: a value that comes back when the claim has run out is a value lost.
        if (!remotes.HasRoomFor(visit, EffectsTogether)) throw new VisitOverException("Too little of the claim is left to issue and stage.", isStillOurs: true);

        rotation = visit.Rotation;
        var traits = rotation.Plan.Traits;
        var attempt = rotation.Attempts.Count + 1;
        var marker = string.Create(CultureInfo.InvariantCulture, $"rot-{key.Installation}-{rotation.Id.Value}-{attempt}");
        visit.Material = traits.SecretOrigin is SecretOrigin.Provider ? null : rotation.OpenProvider(providers).MakeMaterial(rotation.Plan.ProviderParameters);
        var reservation = await staging.ReserveAsync(visit, marker, visit.Material, cancellationToken);

        // Every time that a call will say is computed here, once (rule 4).
        var now = clock.GetUtcNow();
        var ticket = new IssueTicket(rotation.Id, attempt, Token(rotation, attempt), marker, Seconds(now + rotation.Plan.NewLifetime)) { OldId = rotation.Old?.ProviderId };
        var sent = visit.Rotation.To(RotationState.IssueSent, now) with { Attempts = [.. rotation.Attempts, new IssueAttempt(ticket, now, reservation, prior)], PendingOn = null, HandedIn = null, IntakeTrouble = null };
        // A repeat makes what the lost attempt may have made the old credential of the provider: its timer starts now.
        if (traits is { IssueReplay: IssueReplay.ReissueOrphanExpires, OldLife: { } life })
            sent = sent with { Suspects = [.. sent.Suspects.Select(suspect => suspect.EndsOn is null ? suspect with { EndsOn = now + life } : suspect)] };
        visit.MayIssueAttempt = attempt;
        return new StepResult.Moved(sent, LedgerNote.Ours(nameof(RotationState.IssueSent), $"About to issue, attempt {attempt}.",
            new JsonObject { ["attempt"] = attempt, ["marker"] = marker, ["expiresOn"] = EngineTime.Text(ticket.ExpiresOn), ["reservation"] = reservation, ["oldEndsAtTheLatest"] = sent.OldEndsOn is { } end ? EngineTime.Text(end) : null }));
    }

    /// <summary>What lives before we issue is not ours: recovery must leave it alone.</summary>
    private async Task<IReadOnlyList<string>?> ListPriorAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (!visit.Rotation.Plan.Traits.CanList) return null;

        var listed = await targets.ListAsync(visit, "Issue: prior ids, which recovery leaves alone", cancellationToken);
        return listed is null ? null : [.. listed.Select(credential => credential.Id).Take(PriorIdsMax)];
    }

    /// <summary>The one call that can start the old credential's end. From here until the value is staged only the claim's own end cancels (rule 2).</summary>
    /// <param name="isRepeat">Another visit may have sent it before: then only a yes says what became of it.</param>
    private async Task<StepResult> SendAsync(Visit visit, bool isRepeat)
    {
        var attempt = visit.Rotation.Attempts[^1];
        visit.MayIssueAttempt = null;
        var provider = visit.Rotation.OpenProvider(providers);
        var ticket = attempt.Ticket with { Material = visit.Material };
        IssueOutcome outcome;
        try
        {
            outcome = await remotes.EffectAsync(visit, "provider", "issue", "Issue", (_, token) => provider.IssueAsync(visit.Target!, ticket, token), CancellationToken.None);
        }
        catch (RemoteTroubleException trouble)
        {
            outcome = new IssueOutcome.Unknown(trouble.Message);
        }

        var now = clock.GetUtcNow();
        switch (outcome)
        {
            case IssueOutcome.Issued issued:
                return await StageAsync(visit, issued);
            case IssueOutcome.Pending pending:
                // A longer one would not fit a row; without it the traits decide what a repeat may do.
                var handle = pending.Handle is { Length: <= IssueOutcome.Pending.HandleMax } kept ? kept : null;
                var asked = visit.Rotation with { Attempts = [.. visit.Rotation.Attempts.SkipLast(1), attempt with { Ticket = attempt.Ticket with { Handle = handle } }] };
                return asked.Pending(pending.What, pending.PollAfter, options.Value.RetryDelay, now);
            case IssueOutcome.Throttled throttled when isRepeat:
                throw new RemoteTroubleException("provider", RemoteTrouble.Throttled, "The provider asks to come back later; whether it issued before is not known yet.", throttled.After);
            case IssueOutcome.Rejected or IssueOutcome.NoCapacity when isRepeat:
                throw new RemoteTroubleException("provider", RemoteTrouble.Denied, $"The provider refused the repeat ({(outcome as IssueOutcome.Rejected)?.Code ?? ((IssueOutcome.NoCapacity)outcome).Code}); whether it issued before is not known.");
            case IssueOutcome.Throttled throttled:
                return new StepResult.Moved(NotIssued(visit.Rotation, attempt, now).Until(now + RetryPolicy.Delay(options.Value.RetryDelay, 1, throttled.After), now), LedgerNote.Ours("NotIssued", "The provider asked to come back later; nothing was issued."));
            case IssueOutcome.Rejected or IssueOutcome.NoCapacity:
                var code = outcome is IssueOutcome.Rejected rejected ? rejected.Code : ((IssueOutcome.NoCapacity)outcome).Code;
                var back = NotIssued(visit.Rotation, attempt, now);
                return new StepResult.Waits(back.Holding(HoldReason.IssueRejected, $"The provider refused to issue ({code}). Nothing was issued.", now, back.ReserveFrom, back.Attempts.Count == 0 ? [Choices.ToRetry, Choices.ToAbandon] : [Choices.ToRetry]),
                    LedgerNote.Ours("NotIssued", $"The provider refused to issue: {code}."));
            case IssueOutcome.Unknown unknown:
                // The call may still land: nobody issues again before it had its time.
                var traits = visit.Rotation.Plan.Traits;
                visit.Landing = traits.LandingMax;
                return new StepResult.Waits((visit.Rotation with { LastTrouble = RotationMachine.Bounded(unknown.Detail) }).Until(now + traits.LandingMax + traits.ListSettle, now),
                    LedgerNote.Ours("IssueUnknown", $"The answer to the issue was lost: {unknown.Detail} A key may exist that nobody can read.", new JsonObject { ["marker"] = attempt.Ticket.Marker }));
            default:
                throw new System.Diagnostics.UnreachableException($"No meaning for {outcome.GetType().Name}.");
        }
    }

    private async Task<StepResult> StageAsync(Visit visit, IssueOutcome.Issued issued)
    {
        var version = await staging.StageAsync(visit, visit.Rotation.Attempts[^1].Ticket.Marker, issued);
        return await IssuedAsync(visit, version, issued, "Issued and staged.", CancellationToken.None);
    }

    private async Task<StepResult> IssuedAsync(Visit visit, string stagedVersion, IssueOutcome.Issued issued, string why, CancellationToken cancellationToken)
    {
        visit.IssuedValue = issued.Value;
        var rotation = visit.Rotation;
        var attempt = rotation.Attempts[^1];
        var now = clock.GetUtcNow();
        var fingerprint = await key.FingerprintAsync(issued.Value, cancellationToken);
        if (fingerprint == rotation.Old?.Fingerprint)
        {
            return new StepResult.Waits((rotation with { LastTrouble = "The provider answered with the value that is current already." }).Holding(HoldReason.WrongIdentity, "The provider answered with the value that is current already: nothing new was issued.", now, rotation.ReserveFrom, Choices.ToRetry),
                LedgerNote.Ours("NotIssued", "The provider answered with the value that is current already."));
        }

        var moved = rotation.To(RotationState.Issued, now) with
        {
            // At the latest now: whoever froze between writing and sending must not take "not yet" for a refusal.
            New = new IssuedCredential(stagedVersion, fingerprint, issued.Id, now, issued.ExpiresOn, null),
            Old = rotation.Old is { } old ? old with { ValidUntil = Earliest(issued.OldValidUntil, rotation.OldEndsOn) } : null,
            NewExpiresOn = Earliest(issued.ExpiresOn, attempt.Ticket.ExpiresOn),
            Suspects = EndsSuspects(rotation.Plan.Traits) ? [] : rotation.Suspects,
        };
        return new StepResult.Moved(moved, LedgerNote.Ours(nameof(RotationState.Issued), why, new JsonObject
        {
            ["stagedVersion"] = stagedVersion,
            ["fingerprint"] = fingerprint,
            ["providerId"] = issued.Id,
            ["oldValidUntil"] = moved.OldEndsOn is { } end ? EngineTime.Text(end) : null,
        }));
    }

    /// <summary>
    /// Whether an issue cancelled or overwrote what was lost before. Not in a pair with a primary: where somebody ended that meanwhile, the lost
    /// secondary took its place, so only the promotion that ends the primary shows that it is gone.
    /// </summary>
    private static bool EndsSuspects(ProviderTraits traits)
        => traits is { RetireBy: not RetireBy.Promote } and ({ IssueReplay: IssueReplay.ReissueCancelsPending } or { Topology: not Topology.Overlap });

    private static Rotation NotIssued(Rotation rotation, IssueAttempt attempt, DateTimeOffset now)
        => rotation.To(RotationState.Authorized, now) with
        {
            Attempts = [.. rotation.Attempts.Where(known => known != attempt)],
            // Nothing was issued, so no timer of an earlier unread key was started either.
            Suspects = [.. rotation.Suspects.Select(suspect => suspect.EndsOn == attempt.SentOn + rotation.Plan.Traits.OldLife ? suspect with { EndsOn = null } : suspect)],
        };

    /// <summary>Killing a working credential before adoption always takes two; a dead one cannot be killed again.</summary>
    private static int PeopleToOverride(Rotation rotation) => rotation.LiveCredential is LiveCredential.Refused ? 1 : 2;

    private static StepResult.Moved Superseded(Visit visit, VaultSecret current, DateTimeOffset now)
    {
        var seen = current.Properties;
        visit.Row = visit.Row with { Seen = new SeenVersion(seen.Version!, seen.ExpiresOn, seen.CreatedOn, seen.Tags.Count > 0, now, AdoptionTags.HashOf(seen.Tags)) };
        return new StepResult.Moved(visit.Rotation.To(RotationState.Superseded, now),
            LedgerNote.Ours(nameof(RotationState.Superseded), $"Version {seen.Version} was written by somebody else before anything was issued. It stands; whether it is due is decided afresh."));
    }

    private static StepResult.Waits ChangedDuringIssue(Visit visit, string? version, DateTimeOffset now)
        => new((visit.Rotation with { ForeignVersion = version }).Holding(HoldReason.ChangedByHand, $"Version {version} was written by somebody else while an issue was under way.", now, visit.Rotation.ReserveFrom,
            Choices.ToRetry, new HoldChoice(Choices.KeepTheirs, "Keep their version and end this rotation; what was issued is reported.")), null);

    private static StepResult.Waits ClockDisagrees(Visit visit, DateTimeOffset now)
        => new(visit.Rotation.Holding(HoldReason.ClockDisagrees, $"This host's clock and the remote's differ by {visit.RemoteClockSkew?.Duration().TotalSeconds:0} s (or the remote sent no Date). Nothing irreversible is done on one clock alone.", now, null, Choices.ToRetry), null);

    private static string Token(Rotation rotation, int attempt)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{rotation.Plan.Binding.Account}/{rotation.Plan.Binding.Target}/{rotation.Id.Value}/{attempt}")))[..32];

    private static DateTimeOffset Seconds(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeSeconds(instant.ToUnixTimeSeconds());

    private static DateTimeOffset? Earliest(DateTimeOffset? one, DateTimeOffset? other)
        => one is null ? other : other is null || one < other ? one : other;
}
