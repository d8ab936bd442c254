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
        switch (owners.State)
        {
            case OwnerState.Unavailable:
                return ((rotation with { LastTrouble = RotationMachine.Bounded($"The directory did not answer: {owners.Detail}") }).Until(now + RetryPolicy.Delay(options.Value.RetryDelay, rotation.Failures + 1, null), now), false);
            case OwnerState.CannotSee:
                return (rotation.Holding(HoldReason.DirectoryCannotSee, $"The owner group {owners.Group} cannot be read. {owners.Detail}", now, rotation.Plan.ApproveBy, Choices.ToRetry), false);
            case OwnerState.Gone or OwnerState.TooFew:
                return (rotation.Holding(HoldReason.OwnersMissing, owners.State is OwnerState.Gone
                    ? $"The owner group {owners.Group} does not exist any more."
                    : $"The owner group {owners.Group} has {owners.People.Count} enabled people; two are needed.", now, rotation.Plan.ApproveBy, Choices.ToRetry), false);
        }

        var needed = rotation.Plan.Approval switch { ApprovalRule.None => 0, ApprovalRule.Owner => 1, _ => 2 };
        var given = rotation.Approvals
            .Where(approval => approval.PlanHash == rotation.PlanHash && owners.Has(approval.PersonId))
            .Select(approval => approval.PersonId).Distinct(StringComparer.OrdinalIgnoreCase).Count();
        return given >= needed
            ? (rotation with { Hold = null }, true)
            : (rotation.Holding(HoldReason.ApprovalNeeded, $"{needed - given} of {needed} approvals of this plan are missing.", now, rotation.Plan.ApproveBy, Choices.ToApprove(needed), Choices.ToReject), false);
    }

    private static string Why(Rotation rotation) => rotation.Approvals.Count > 0
        ? $"Approved by {string.Join(", ", rotation.Approvals.Select(approval => approval.PersonName))}."
        : "The policy asks no approval.";
}
