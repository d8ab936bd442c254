using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions;

/// <summary>
/// Ends an adoption where one of its owners says so; an operator only asks them, since whoever may start a runbook carries nobody's authority.
/// Either goes into the inbox, and the next visit asks again who the person is.
/// </summary>
public sealed class Releases(Endpoint endpoint, Inbox inbox, IOptions<RotationOptions> options, TimeProvider time)
{
    private const string Page = "/api/pages/credentials";

    [Function(nameof(EndpointName.Release))]
    public Task<IActionResult> ReleaseAsync([HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "adoptions/{id}")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.Release, ReleaseAsync, cancellationToken);

    /// <summary>The same for a page: a form can only post.</summary>
    [Function(nameof(EndpointName.ReleaseByForm))]
    public Task<IActionResult> ReleaseByFormAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "adoptions/{id}/release")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.ReleaseByForm, ReleaseAsync, cancellationToken);

    private async Task<Answer> ReleaseAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (row, caller, reason) = (visit.TheCredential, visit.Caller, visit.Body["reason"]);
        if (!Reason.IsOneLine(reason)) return Answer.Of(Reason.Problem);
        if (row.Released is { } released)
            return Answer.Of(Problem.Conflict($"{released.PersonName} released this credential on {EngineTime.Text(released.On)}.", null) with { Next = "Nothing needs doing. To have it rotated again, change its rotate- tags." });
        if (row.IsOpen)
            return Answer.Of(Problem.Conflict("A rotation of this credential is open, and what was begun under an adoption ends under it.", RotationId.Of(row.Id, row.Ordinal).Value) with { Next = "Let it end, or let an owner reject it on its page. Then release the credential." });

        var isOwner = (visit.Roles & Roles.OwnerOfThis) != 0;
        if (isOwner) await inbox.PutAsync(row.Id, on => new InboxItem.Release(on, caller.ObjectId, caller.Name, reason), cancellationToken);
        else if (row.ReleaseAsked is not { } asked || asked.IsOver(time.GetUtcNow())) await inbox.PutAsync(row.Id, on => new InboxItem.AskRelease(on, caller.ObjectId, caller.Name, reason), cancellationToken);

        return visit.IsForm
            ? Answer.SeeOther(Page)
            : Answer.Json(StatusCodes.Status202Accepted, new ReleaseView(row.Id.Value, IsRecorded: true, IsAsked: !isOwner, options.Value.PagesBaseUri is { } pages ? new Uri(pages, Page).AbsoluteUri : Page));
    }
}
