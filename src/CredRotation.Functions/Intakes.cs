using CredRotation.Engine.Intake;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>Takes a credential that only a person could make. Nothing of it is in any answer; the rotation's page says what became of it.</summary>
public sealed class Intakes(Endpoint endpoint, SealedIntake intake)
{
    [Function(nameof(EndpointName.HandIn))]
    public Task<IActionResult> HandInAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "rotations/{id}/intake")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.HandIn, HandInAsync, cancellationToken);

    private async Task<Answer> HandInAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (rotation, caller) = (visit.TheRotation, visit.Caller);
        var refusal = await intake.TakeAsync(rotation, visit.Body["token"], visit.Sealed!, caller.ObjectId, caller.Name, cancellationToken);
        if (refusal is not null)
            return Answer.Of((refusal.IsMovedOn ? Problem.MovedOn(refusal.What) : Problem.BadRequest(refusal.What)) with { Next = refusal.Next });
        return visit.IsForm
            ? Answer.SeeOther($"/api/pages/{Endpoint.RotationPage}/{rotation.Id}")
            : Answer.Json(StatusCodes.Status202Accepted, new HeardView(rotation.Id.Value, true));
    }
}
