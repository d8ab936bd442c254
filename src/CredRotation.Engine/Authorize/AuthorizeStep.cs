using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Authorize;

/// <summary>
/// Finds who answers, and waits for the approvals the plan needs. Safe to repeat: it only reads, and asks again.
/// </summary>
internal sealed class AuthorizeStep(Answerable answerable, IOptions<RotationOptions> options, TimeProvider clock) : IRotationStep
{
    public bool Handles(Rotation rotation) => rotation.State is RotationState.Detected;

    public async Task<StepResult> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (rotation, isAuthorized) = await CheckAsync(visit, cancellationToken);
        rotation = UntilLastSafeMoment(rotation, clock.GetUtcNow());
        return isAuthorized
            ? new StepResult.Moved(rotation.To(RotationState.Authorized, clock.GetUtcNow()), LedgerNote.Ours(nameof(RotationState.Authorized), Why(rotation)))
            : new StepResult.Waits(rotation, null);
    }

    /// <summary>Whether it is authorized now; when it is not, the rotation waits for who or what is missing.</summary>
    public async Task<(Rotation Rotation, bool IsAuthorized)> CheckAsync(Visit visit, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var rotation = visit.Rotation;
        var owners = await answerable.FindAsync(visit, cancellationToken);
        rotation = rotation with { AnswerableGroup = owners.Group };
        if (rotation.IsOverridden(HoldReason.ApprovalNeeded)) return AskProvider(rotation, now);
        if (owners.State is not OwnerState.Healthy && HasStandingAuthorization(visit.Row, rotation.Plan) && rotation.Plan.LastSafeMoment <= now)
        {
            // Rule 17: dead owners change who answers, not whether. Leadership is told by the escalation.
            return AskProvider(rotation with
            {
                Escalation = rotation.Escalation ?? new Escalation(now, $"Nobody answers for {rotation.Plan.Secret.Name} ({owners.State}). It rotates now on the policy's standing authorization, at the last safe moment."),
                Overrides = [.. rotation.Overrides, RotationMachine.Bounded($"{HoldReason.OwnersMissing}: nobody answers ({owners.State}); rotated on the policy's standing authorization at the last safe moment.")],
            }, now);
        }

        if (Unanswerable(rotation, owners, now) is { } waiting) return (waiting, false);

        var needed = PeopleNeeded(rotation.Plan.Approval);
        var missing = needed - Given(rotation, owners, now);
        return missing <= 0
            ? AskProvider(rotation, now)
            : (rotation.Holding(HoldReason.ApprovalNeeded, $"{(missing == 1 ? "An approval" : "Two approvals")} of this plan by current owners {(missing == 1 ? "is" : "are")} missing.{(rotation.Incident is { } incident ? $" {incident.Detail}" : "")}", now, rotation.Plan.ApproveBy,
                !IsUrgent(rotation, now) ? [Choices.ToApprove(needed), Choices.ToReject] : [Choices.ToApprove(needed), Choices.ToExpedite, Choices.ToReject]), false);
    }

    /// <summary>Rule 16: one person may break the glass where something fails, nobody answered in time, or waiting longer would let it end.</summary>
    private static bool IsUrgent(Rotation rotation, DateTimeOffset now) => rotation.Incident is not null || now >= rotation.Plan.ApproveBy
            // Past its end in the vault alone, and accepted: nothing presses.
            || (rotation.Plan.LastSafeMoment <= now && rotation.LiveCredential is not LiveCredential.Works);

    /// <summary>Last of all: whoever is asked outside should not be asked for what nobody here wants. No host's clock and nobody's absence stands in for the provider.</summary>
    private static (Rotation Rotation, bool IsAuthorized) AskProvider(Rotation rotation, DateTimeOffset now)
    {
        if (rotation.Plan.ProviderApproval is not { } provider || rotation.ProviderSaid is { IsGiven: true }) return (rotation with { Hold = null }, true);

        var contact = rotation.Incident is not null && provider.EmergencyContact is { } urgent ? urgent : provider.Contact;
        return rotation.ProviderSaid is { } asked
            ? (rotation.Holding(HoldReason.ProviderApprovalNeeded, $"{asked.PersonName} asked {contact} on {EngineTime.Text(asked.On)} (contract {provider.ContractReference}); the provider has not answered yet. It usually takes {provider.LeadTime.TotalDays:0.#} days.", now, rotation.Plan.ApproveBy,
                Choices.ToSayApproved, Choices.ToAbandon), false)
            : (rotation.Holding(HoldReason.ProviderApprovalNeeded, $"The provider has to approve a new credential first. Ask {contact}, contract {provider.ContractReference}; the page has the request in words. It usually takes {provider.LeadTime.TotalDays:0.#} days.", now, rotation.Plan.ApproveBy,
                Choices.ToSayAsked, Choices.ToSayApproved, Choices.ToAbandon), false);
    }

    /// <summary>Before the first effect that can stop the old credential, where issuing could not. Nothing expedites a retirement.</summary>
    public async Task<(Rotation Rotation, bool IsAuthorized)> CheckRetireAsync(Visit visit, HoldChoice otherwise, CancellationToken cancellationToken)
    {
        var needed = PeopleNeeded(visit.Rotation.Plan.RetireApproval);
        if (needed == 0) return (visit.Rotation, true);

        var now = clock.GetUtcNow();
        var owners = await answerable.FindAsync(visit, cancellationToken);
        var rotation = visit.Rotation with { AnswerableGroup = owners.Group };
        if (Unanswerable(rotation, owners, now) is { } waiting) return (waiting, false);

        return Given(rotation, owners, now) >= needed
            ? (rotation with { Hold = null }, true)
            : (rotation.Holding(HoldReason.ApprovalNeeded, "Every consumer runs the new credential. Before the old one is retired for the first time, a current owner must approve.", now, null, Choices.ToApproveRetire(needed), otherwise), false);
    }

    /// <summary>The wait for who or what is missing; null when people can be counted.</summary>
    private Rotation? Unanswerable(Rotation rotation, OwnerReading owners, DateTimeOffset now) => owners.State switch
    {
        // Its own state, never "no owners": the same question again, until the last safe moment decides.
        OwnerState.Unavailable => (rotation with { LastTrouble = RotationMachine.Bounded($"The directory did not answer: {owners.Detail}") }).Until(now + RetryPolicy.Delay(options.Value.RetryDelay, rotation.Failures + 1, null), now),
        OwnerState.CannotSee => rotation.Holding(HoldReason.DirectoryCannotSee, $"The owner group {owners.Group} cannot be read. {owners.Detail}", now, rotation.Plan.ApproveBy, Choices.ToRetry),
        OwnerState.Gone => rotation.Holding(HoldReason.OwnersMissing, $"The owner group {owners.Group} does not exist any more.", now, rotation.Plan.ApproveBy, Choices.ToRetry),
        OwnerState.TooFew => rotation.Holding(HoldReason.OwnersMissing, $"The owner group {owners.Group} has {owners.People.Count} enabled people; two are needed.", now, rotation.Plan.ApproveBy, Choices.ToRetry),
        _ => null,
    };

    private static int Given(Rotation rotation, OwnerReading owners, DateTimeOffset now)
        => Approval.Counted(rotation.Approvals, rotation.PlanHash, owners, rotation.Plan.Policy.ApprovalMax, now).Count;

    /// <summary>How many different people must approve.</summary>
    public static int PeopleNeeded(ApprovalRule rule) => rule switch { ApprovalRule.None => 0, ApprovalRule.Owner => 1, _ => 2 };

    /// <summary>A wait for owners never sleeps past the last safe moment.</summary>
    private static Rotation UntilLastSafeMoment(Rotation rotation, DateTimeOffset now)
        => rotation.Plan.LastSafeMoment is { } moment && moment > now && moment < rotation.WakeOn ? rotation with { WakeOn = moment } : rotation;

    /// <summary>Only what asked for no approval, has rotated before, and can overlap.</summary>
    public static bool HasStandingAuthorization(Registry.CredentialRow row, RotationPlan plan)
        => plan is { Approval: ApprovalRule.None, Traits.Topology: Topology.Overlap, LastSafeMoment: not null } && row.HasRotated;

    private static string Why(Rotation rotation) => rotation.Overrides.Count > 0 ? rotation.Overrides[^1] : rotation.Approvals.Count > 0
        ? $"Approved by {string.Join(", ", rotation.Approvals.Select(approval => approval.PersonName))}."
        : "The policy asks no approval.";
}
