using CredRotation.Engine.Registry;
using CredRotation.Engine.Rollbacks;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>What a person may say to a rotation. It goes into the inbox; the next visit asks again who the person is.</summary>
public sealed class Decisions(Endpoint endpoint, Inbox inbox)
{
    [Function(nameof(EndpointName.ApproveRotation))]
    public Task<IActionResult> ApproveAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "rotations/{id}/approve")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(
            request,
            EndpointName.ApproveRotation,
            (visit, token) => visit.Caller.Is(visit.TheRotation.Plan.StartedBy)
                ? Task.FromResult(Answer.Of(Problem.NotAllowed("You started this rotation, and nobody approves what they started.")))
                : SayAsync(visit, null, on => new InboxItem.Approve(on, visit.TheRotation.Id, visit.TheRotation.PlanHash, visit.Caller.ObjectId, visit.Caller.Name), token),
            cancellationToken);

    [Function(nameof(EndpointName.RejectRotation))]
    public Task<IActionResult> RejectAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "rotations/{id}/reject")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(
            request,
            EndpointName.RejectRotation,
            (visit, token) => SayAsync(visit, null, on => new InboxItem.Reject(on, visit.TheRotation.Id, visit.TheRotation.PlanHash, visit.Caller.ObjectId, visit.Caller.Name, null), token),
            cancellationToken);

    [Function(nameof(EndpointName.ChooseInHold))]
    public Task<IActionResult> ChooseAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "rotations/{id}/choose")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(
            request,
            EndpointName.ChooseInHold,
            (visit, token) => SayAsync(visit, visit.Body["choice"], on => new InboxItem.Choose(on, visit.TheRotation.Id, visit.TheRotation.PlanHash, visit.TheRotation.State, visit.Body["choice"], visit.Caller.ObjectId, visit.Caller.Name), token),
            cancellationToken);

    /// <summary>One owner takes a promotion back, where the old credential lives until it is retired.</summary>
    [Function(nameof(EndpointName.RollBackRotation))]
    public Task<IActionResult> RollBackAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "rotations/{id}/rollback")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(
            request,
            EndpointName.RollBackRotation,
            (visit, token) => visit.TheRotation is { IsOpen: true } rotation && Rollback.Refusal(rotation) is { } refusal
                ? Task.FromResult(Answer.Of(Problem.MovedOn(refusal)))
                : SayAsync(visit, null, on => new InboxItem.RollBack(on, visit.TheRotation.Id, visit.TheRotation.PlanHash, visit.TheRotation.State, visit.Caller.ObjectId, visit.Caller.Name), token),
            cancellationToken);

    private async Task<Answer> SayAsync(Visit visit, string? choice, Func<DateTimeOffset, InboxItem> item, CancellationToken cancellationToken)
    {
        var rotation = visit.TheRotation;
        if (!rotation.IsOpen) return Answer.Of(Problem.MovedOn($"The rotation ended: {rotation.State}."));
        if (visit.Body["planHash"] != rotation.PlanHash) return Answer.Of(Problem.MovedOn("This decision names another plan than the one that stands."));
        if (visit.Body["expectedState"] != rotation.State.ToString()) return Answer.Of(Problem.MovedOn($"The rotation is {rotation.State} now."));
        if (choice is "approve" or "reject") return Answer.Of(Problem.BadRequest($"'{choice}' has a call of its own."));
        if (choice is not null && rotation.Hold?.Choices.Any(offered => offered.Name == choice) is not true) return Answer.Of(Problem.MovedOn("The rotation does not wait for this choice."));

        await inbox.PutAsync(visit.TheCredential.Id, item, cancellationToken);
        return visit.IsForm
            ? Answer.SeeOther($"/api/pages/{Endpoint.RotationPage}/{rotation.Id}")
            : Answer.Json(StatusCodes.Status202Accepted, new HeardView(rotation.Id.Value, true));
    }
}
