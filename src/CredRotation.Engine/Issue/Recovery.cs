using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Issue;

/// <summary>What recovery of an attempt came to.</summary>
internal abstract record Recovered
{
    /// <summary>The value was staged already.</summary>
    public sealed record Staged(string Version, IssueOutcome.Issued Result) : Recovered;

    /// <summary>The provider gave it again: it is to be staged.</summary>
    public sealed record Found(IssueOutcome.Issued Result) : Recovered;

    /// <summary>The same attempt may be sent again in the same bytes.</summary>
    public sealed record SendAgain : Recovered;

    /// <summary>The rotation waits, or goes back for another attempt.</summary>
    public sealed record Settled(StepResult Result) : Recovered;
}

/// <summary>
/// Another visit wrote <c>IssueSent</c>: the value may be staged, may be lost, or nothing was sent. What staging holds fits all three; after
/// that only the traits decide. Safe to repeat.
/// </summary>
internal sealed class Recovery(Remotes remotes, IProviderCatalog providers, Targets targets, Staging staging, HandedInCheck intake, IOptions<RotationOptions> options, TimeProvider clock)
{
    private const string Rule = "Issue: recover, by the provider's traits";

    public async Task<Recovered> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        var attempt = visit.Rotation.Attempts[^1];
        var found = await staging.FindAsync(visit, attempt.Ticket.Marker, cancellationToken);
        if (found is Staged.Issued issued) return new Recovered.Staged(issued.Version, issued.Result);

        visit.Material = (found as Staged.Material)?.Value;
        await targets.OpenAsync(visit, "Issue: the account's management credential", cancellationToken);
        var traits = visit.Rotation.Plan.Traits;
        // Whoever said "pending" knows when it is there, whatever a repeat would do.
        if (visit.Rotation.PendingOn is not null) return await TakeInAsync(visit, cancellationToken) ?? await AskAsync(visit, attempt, cancellationToken);
        return traits.IssueReplay switch
        {
            // With the first answer lost, whether it is pending is asked of the provider, not sent again.
            IssueReplay.IdempotencyKey when clock.GetUtcNow() < attempt.SentOn + (traits.IssueReplayWindow ?? TimeSpan.Zero) => new Recovered.SendAgain(),
            IssueReplay.SameMaterial when visit.Material is not null => new Recovered.SendAgain(),
            IssueReplay.ReadBack or IssueReplay.ReissueForbidden => await AskAsync(visit, attempt, cancellationToken),
            IssueReplay.ReissueCancelsPending => Again(visit, attempt, isSuspect: true, "Issuing again replaces what the lost answer may have made."),
            IssueReplay.ReissueOrphanExpires => Again(visit, attempt, isSuspect: true, "A key that nobody read may exist; issuing again starts its timer."),
            _ when traits.CanFindByMarker => await RetireOrphansAsync(visit, attempt, cancellationToken),
            _ => AgainOnce(visit, attempt),
        };
    }

    /// <summary>Null: nothing was handed in, or nothing that is any good.</summary>
    private async Task<Recovered?> TakeInAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (visit.Rotation.HandedIn is not { } handed) return null;
        switch (await intake.TryAsync(visit, handed, cancellationToken))
        {
            case HandedInCheck.Found.Good good:
                return new Recovered.Staged(handed.StagedVersion, good.Result);
            case HandedInCheck.Found.NotYet notYet:
                return new Recovered.Settled(new StepResult.Waits((visit.Rotation with { RefusedProbes = visit.Rotation.RefusedProbes + 1 }).Until(notYet.Until, clock.GetUtcNow()), null));
            case HandedInCheck.Found.Bad bad:
                // People are told again: it is their turn again.
                visit.Open = visit.Rotation with { HandedIn = null, RefusedProbes = 0, IntakeTrouble = RotationMachine.Bounded(bad.Why), Hold = visit.Rotation.Hold is { } hold ? hold with { IsAnnounced = false } : null };
                visit.Notes.Add(LedgerNote.Ours("HandInRefused", bad.Why, new JsonObject { ["staged"] = handed.StagedVersion, ["person"] = $"person:{handed.PersonId}" }));
                return null;
            default:
                throw new System.Diagnostics.UnreachableException("No meaning for what was handed in.");
        }
    }

    /// <summary>The provider can tell what became of the attempt.</summary>
    private async Task<Recovered> AskAsync(Visit visit, IssueAttempt attempt, CancellationToken cancellationToken)
    {
        var provider = visit.Rotation.OpenProvider(providers);
        var ticket = attempt.Ticket with { Material = visit.Material };
        var outcome = await remotes.EffectAsync(visit, "provider", "recover", Rule, (_, token) => provider.RecoverAsync(visit.Target!, ticket, token), cancellationToken);
        var now = clock.GetUtcNow();
        switch (outcome)
        {
            case RecoverOutcome.Issued issued:
                return new Recovered.Found(issued.Result);
            case RecoverOutcome.Pending pending:
                return new Recovered.Settled(visit.Rotation.Pending(visit.Rotation.IntakeTrouble is { } trouble ? $"{trouble} {pending.What}" : pending.What, pending.PollAfter, options.Value.RetryDelay, now));
            case RecoverOutcome.NotIssued when visit.Rotation.PendingOn is not null:
                // It was asked for and will not come: asking again is a person's decision.
                var refused = Without(visit.Rotation, attempt).To(RotationState.Authorized, now);
                return new Recovered.Settled(new StepResult.Waits(refused.Holding(HoldReason.IssueRejected, "What was asked of the provider was refused or withdrawn there. Nothing was issued.", now, refused.ReserveFrom, Choices.ToRetry, Choices.ToAbandon),
                    LedgerNote.Ours("NotIssued", "What was asked of the provider was refused or withdrawn there.")));
            case RecoverOutcome.NotIssued:
                return new Recovered.SendAgain();
            case RecoverOutcome.IssuedSecretLost lost:
                return await RetireAsync(visit, attempt, lost.OrphanIds, cancellationToken);
            default:
                return new Recovered.Settled(new StepResult.Waits(visit.Rotation.Holding(HoldReason.TooManyFailures, "The provider cannot tell what became of the issue, and issuing again is not safe there. Look at the provider, then try again.", now, visit.Rotation.ReserveFrom,
                    Choices.ToRetry, Choices.ToAbandon), null));
        }
    }

    /// <summary>What carries this attempt's marker and was not there before is the lost one: nobody read it, so it is retired.</summary>
    private async Task<Recovered> RetireOrphansAsync(Visit visit, IssueAttempt attempt, CancellationToken cancellationToken)
    {
        var traits = visit.Rotation.Plan.Traits;
        // A list that lags says nothing about what has just landed.
        if (attempt.NotShownBefore(traits, clock.GetUtcNow()) is { } shown) return new Recovered.Settled(new StepResult.Waits(visit.Rotation.Until(shown, clock.GetUtcNow()), null));

        var listed = await targets.RequireListAsync(visit, Rule, cancellationToken);
        var orphans = listed.Where(credential => credential.Marker == attempt.Ticket.Marker && attempt.PriorIds?.Contains(credential.Id) is not true).Select(credential => credential.Id).ToList();
        return await RetireAsync(visit, attempt, orphans, cancellationToken);
    }

    private async Task<Recovered> RetireAsync(Visit visit, IssueAttempt attempt, IReadOnlyList<string> orphans, CancellationToken cancellationToken)
    {
        var provider = visit.Rotation.OpenProvider(providers);
        // Rule 7: never what was there before, never the one that consumers run.
        foreach (var id in orphans.Where(id => id != visit.Rotation.Old?.ProviderId && attempt.PriorIds?.Contains(id) is not true))
        {
            var outcome = await remotes.EffectAsync(visit, "provider", "retire orphan", "Issue: recover, rule 7, what carries this attempt's marker",
                (_, token) => provider.RetireAsync(visit.Target!, new RetireTicket(id, null), token), cancellationToken);
            if (outcome is not (RetireOutcome.Retired or RetireOutcome.AlreadyGone))
                throw new RemoteTroubleException("provider", outcome is RetireOutcome.Throttled ? RemoteTrouble.Throttled : RemoteTrouble.Denied, $"The credential of the lost answer could not be retired ({outcome.GetType().Name}).", (outcome as RetireOutcome.Throttled)?.After);
            visit.Notes.Add(LedgerNote.Ours("OrphanRetired", $"Attempt {attempt.Ticket.Attempt} made a credential whose value was lost. It was retired; nobody had it.", new JsonObject { ["providerId"] = id, ["marker"] = attempt.Ticket.Marker }));
        }

        return Again(visit, attempt, isSuspect: false, orphans.Count == 0 ? "The provider lists nothing of it." : "What it made was retired.");
    }

    /// <summary>Without list or token nothing can be found: once it is issued again and reported; a second unknown is a person's.</summary>
    private Recovered.Settled AgainOnce(Visit visit, IssueAttempt attempt)
    {
        var rotation = visit.Rotation;
        var isAllowed = rotation.Suspects.Count == 0 || rotation.Overrides.Count(text => text.StartsWith($"{HoldReason.TooManyFailures}: {Choices.Override} ", StringComparison.Ordinal)) >= rotation.Suspects.Count;
        if (isAllowed) return Again(visit, attempt, isSuspect: true, "The provider cannot list, so a credential that nobody holds may exist there. It is reported.");

        var now = clock.GetUtcNow();
        return new Recovered.Settled(new StepResult.Waits(rotation.Holding(HoldReason.TooManyFailures, $"The answer to an issue was lost again. The provider cannot list, so up to {rotation.Suspects.Count + 1} credentials that nobody holds may exist there. Look at the provider.", now, rotation.ReserveFrom,
            Choices.ToOverride("Issue once more; each lost one is reported.", 1), Choices.ToAbandon), null));
    }

    private Recovered.Settled Again(Visit visit, IssueAttempt attempt, bool isSuspect, string why)
    {
        var rotation = visit.Rotation;
        var again = rotation.To(RotationState.Authorized, clock.GetUtcNow());
        if (isSuspect) again = again with { Suspects = [.. rotation.Suspects, new Suspect(attempt.Ticket.Marker, attempt.SentOn, null, IsUnread: true)] };
        return new Recovered.Settled(new StepResult.Moved(again, LedgerNote.Ours("Recovered", $"Attempt {attempt.Ticket.Attempt} left no value. {why}", new JsonObject { [isSuspect ? "suspect" : "attempt"] = attempt.Ticket.Marker })));
    }

    private static Rotation Without(Rotation rotation, IssueAttempt attempt) => rotation with { Attempts = [.. rotation.Attempts.Where(known => known != attempt)], PendingOn = null, HandedIn = null, IntakeTrouble = null };
}
