using System.Globalization;
using CredRotation.Engine.Ladder;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>A named person takes on what they were reminded of. It stops the climbing until the next rung, and authorizes nothing.</summary>
public sealed class Reminders(Endpoint endpoint, LadderBook ladder, Inbox inbox)
{
    private const string Page = "/api/pages/tasks";

    [Function(nameof(EndpointName.AcknowledgeReminder))]
    public Task<IActionResult> AcknowledgeAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "credentials/{id}/acknowledge")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.AcknowledgeReminder, AcknowledgeAsync, cancellationToken);

    private async Task<Answer> AcknowledgeAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (row, caller, version) = (visit.TheCredential, visit.Caller, visit.Body["version"]);
        if (!int.TryParse(visit.Body["rung"], NumberStyles.None, CultureInfo.InvariantCulture, out var rung)) return Answer.Of(Problem.BadRequest("'rung' is the number that the reminder showed."));
        if (!await ladder.AcknowledgeAsync(row.Id, version, rung, caller.ObjectId, caller.Name, cancellationToken))
            return Answer.Of(Problem.MovedOn("This reminder is over, or a later one has taken its place.") with { Next = "Open My tasks again: it shows what waits now." });

        await inbox.PutAsync(row.Id, on => new InboxItem.AcknowledgeReminder(on, caller.ObjectId, caller.Name, version, rung), cancellationToken);
        return visit.IsForm ? Answer.SeeOther(Page) : Answer.Json(StatusCodes.Status200OK, new HeardView(row.Id.Value, true));
    }
}
