using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>Rule 15: one who answers for a credential consents to the binding that its tags ask for now. It goes into the inbox; the next visit asks again who the person is.</summary>
public sealed class Adoptions(Endpoint endpoint, Inbox inbox)
{
    [Function(nameof(EndpointName.Adopt))]
    public Task<IActionResult> ConsentAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "adoptions")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.Adopt, ConsentAsync, cancellationToken);

    private async Task<Answer> ConsentAsync(Visit visit, CancellationToken cancellationToken)
    {
        var row = visit.TheCredential;
        if (row.Pending is not { } change) return Answer.Of(Problem.MovedOn("The tags of this credential ask for no other binding, or the next sweep has not seen it yet."));
        if (visit.Body["change"] != change.Hash) return Answer.Of(Problem.MovedOn("This consent names another change than the one that waits."));

        await inbox.PutAsync(row.Id, on => new InboxItem.Consent(on, change.Hash, visit.Caller.ObjectId, visit.Caller.Name), cancellationToken);
        return visit.IsForm
            ? Answer.SeeOther("/api/pages/credentials")
            : Answer.Json(StatusCodes.Status202Accepted, new HeardView(row.Id.Value, true));
    }
}
