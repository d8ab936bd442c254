using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using CredRotation.Functions.Reading;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions;

/// <summary>Asks for a rotation now, and shows one.</summary>
public sealed class Rotations(Endpoint endpoint, ICredentialRegistry registry, Inbox inbox, RotationReader reader, IOptions<RotationOptions> options)
{
    [Function(nameof(EndpointName.StartRotation))]
    public Task<IActionResult> StartAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "rotations")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.StartRotation, StartAsync, cancellationToken);

    [Function(nameof(EndpointName.ShowRotation))]
    public Task<IActionResult> ShowAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "rotations/{id}")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.ShowRotation, ShowAsync, cancellationToken);

    private async Task<Answer> ShowAsync(Visit visit, CancellationToken cancellationToken)
        => Answer.Json(StatusCodes.Status200OK, RotationView.Of(await reader.ReadAsync(visit, cancellationToken)));

    private async Task<Answer> StartAsync(Visit visit, CancellationToken cancellationToken)
    {
        var reason = visit.Body["reason"];
        if (!Endpoint.TryName(visit.Body, out var secret)) return Answer.Of(Problem.NoSecretName);
        if (!Reason.IsOneLine(reason)) return Answer.Of(Reason.Problem);
        if (await registry.FindAsync(CredentialId.Of(secret!), cancellationToken) is not { } row) return Answer.Of(Problem.NotFound with { Detail = "This secret is not managed. A sweep adopts secrets by their tags." });
        if (row.Released is { } released) return Answer.Of(Problem.Conflict($"{released.PersonName} released this credential on {EngineTime.Text(released.On)}: nothing of it is rotated.", null) with { Next = "To have it rotated again, change its rotate- tags; the next sweep adopts it anew." });
        if (row.IsOpen) return Answer.Of(Problem.Conflict("A rotation of this credential is open.", RotationId.Of(row.Id, row.Ordinal).Value));

        var mode = options.Value.ModeOf(options.Value.Policies.GetValueOrDefault(row.Binding.Policy));
        if (mode != RotationMode.Rotate) return Answer.Of(Problem.Conflict($"Mode is {mode}: nothing would be done. Rotation:Mode or the policy's Mode must be Rotate.", null));

        await inbox.PutAsync(row.Id, on => new InboxItem.Start(on, visit.Caller.ObjectId, visit.Caller.Name, reason), cancellationToken);
        // The next visit opens it, in a moment: until then there is nothing to show of it.
        return visit.IsForm
            ? Answer.SeeOther($"/api/pages/{Endpoint.CredentialPage}/{row.Id}")
            : Answer.Json(StatusCodes.Status202Accepted, new StartedView(RotationId.Of(row.Id, row.Ordinal + 1).Value, row.Id.Value));
    }
}
