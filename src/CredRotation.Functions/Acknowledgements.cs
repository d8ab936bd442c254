using System.Globalization;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>A consumer's instance says that it runs a version. Heard only from the principal registered for a consumer of that very rotation.</summary>
public sealed class Acknowledgements(Endpoint endpoint, ConsumerCalls calls, ICredentialRegistry registry, Inbox inbox)
{
    [Function(nameof(EndpointName.Acknowledge))]
    public Task<IActionResult> AcknowledgeAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "acknowledgements")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.Acknowledge, HearAsync, cancellationToken);

    private async Task<Answer> HearAsync(Visit visit, CancellationToken cancellationToken)
    {
        var body = visit.Body;
        if (!RotationId.TryParse(body["rotation"], out var id)) return Answer.Of(Problem.BadRequest("'rotation' has 20 characters of a-z2-7."));
        if (ConsumerCalls.Fault(body) is { } fault) return Answer.Of(fault);
        if (!DateTimeOffset.TryParse(body["firstSuccessOn"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var firstSuccessOn)) return Answer.Of(Problem.BadRequest("'firstSuccessOn' is an ISO 8601 instant."));

        // One answer for "no such rotation" and "not yours": a consumer may not read what exists.
        if (await registry.FindRotationAsync(id, cancellationToken) is not var (row, rotation) || !Endpoint.TryName(body, out var secret) || row.Secret != secret || calls.AliasOf(visit.Caller, rotation.Plan.Binding) is null) return Answer.Of(Problem.NotAllowed("No rotation of this secret waits for this principal."));
        if (!rotation.IsOpen) return Answer.Json(StatusCodes.Status200OK, new HeardView(id.Value, false));

        await inbox.PutAsync(row.Id, on => new InboxItem.Acknowledge(on, id, visit.Caller.ObjectId, body["version"], body["instance"], firstSuccessOn.ToUniversalTime()), cancellationToken);
        return Answer.Json(StatusCodes.Status202Accepted, new HeardView(id.Value, true));
    }
}
