using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>A consumer's instance says that a version does not work for it. While that version is being rolled out, nobody else is told of it before a person has looked.</summary>
public sealed class Failures(Endpoint endpoint, ConsumerCalls calls, Inbox inbox)
{
    [Function(nameof(EndpointName.ReportFailure))]
    public Task<IActionResult> ReportAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "failures")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.ReportFailure, HearAsync, cancellationToken);

    private async Task<Answer> HearAsync(Visit visit, CancellationToken cancellationToken)
    {
        var body = visit.Body;
        if (ConsumerCalls.Fault(body) is { } fault) return Answer.Of(fault);
        if (body["what"] is not ("refused" or "unreadable")) return Answer.Of(Problem.BadRequest("'what' is refused (a remote did not accept it) or unreadable (the vault did not hand it out)."));
        if (await calls.FindAsync(visit, cancellationToken) is not var (row, _)) return Answer.Of(ConsumerCalls.NotYours);

        await inbox.PutAsync(row.Id, on => new InboxItem.ReportFailure(on, visit.Caller.ObjectId, body["version"], body["instance"], body["what"]), cancellationToken);
        return Answer.Json(StatusCodes.Status202Accepted, new HeardView(row.Id.Value, true));
    }
}
