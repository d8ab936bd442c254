using CredRotation.Engine.Rehearse;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>What would happen to a secret now, with zero effects.</summary>
public sealed class Rehearsals(Endpoint endpoint, Rehearsal rehearsal)
{
    [Function(nameof(EndpointName.Rehearse))]
    public Task<IActionResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "rehearsals")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.Rehearse, RehearseAsync, cancellationToken);

    private async Task<Answer> RehearseAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (!Endpoint.TryName(visit.Body, out var secret)) return Answer.Of(Problem.NoSecretName);

        return await rehearsal.RunAsync(secret!, cancellationToken) is { } report
            ? Answer.Json(StatusCodes.Status200OK, RehearsalView.Of(report))
            : Answer.Of(Problem.NotFound with { Detail = "No watched vault holds this secret. Rotation:Vaults lists the vaults that are watched." });
    }
}
