using CredRotation.Engine.Setup;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>What the app still needs, with the command that grants it; and the proof that messages reach people.</summary>
public sealed class ShowSetup(Endpoint endpoint, SetupCheck setup, DeliveryProof delivery)
{
    private const string Page = "/api/pages/setup";

    [Function(nameof(EndpointName.ShowSetup))]
    public Task<IActionResult> ShowAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "setup")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.ShowSetup, ShowAsync, cancellationToken);

    [Function(nameof(EndpointName.SendTestCode))]
    public Task<IActionResult> SendAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "setup/test-code")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.SendTestCode, SendAsync, cancellationToken);

    [Function(nameof(EndpointName.TypeTestCode))]
    public Task<IActionResult> TypeAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "setup/delivery")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.TypeTestCode, TypeAsync, cancellationToken);

    private async Task<Answer> ShowAsync(Visit visit, CancellationToken cancellationToken)
        => Answer.Json(StatusCodes.Status200OK, SetupView.Of(await setup.RunAsync(cancellationToken)));

    private async Task<Answer> SendAsync(Visit visit, CancellationToken cancellationToken)
    {
        await delivery.SendAsync(visit.Caller.Name, cancellationToken);
        return visit.IsForm ? Answer.SeeOther(Page) : Answer.Json(StatusCodes.Status202Accepted, new SentView("A code was sent. Type it with POST /api/setup/delivery {code} within 30 minutes."));
    }

    private async Task<Answer> TypeAsync(Visit visit, CancellationToken cancellationToken)
        => await delivery.TypeAsync(visit.Body["code"], visit.Caller.Name, cancellationToken) switch
        {
            CodeAnswer.Right => visit.IsForm ? Answer.SeeOther(Page) : Answer.Json(StatusCodes.Status200OK, new SentView("Messages reach people.")),
            CodeAnswer.Wrong => Answer.Of(Problem.BadRequest("This is not the code that was sent last.")),
            _ => Answer.Of(Problem.Conflict("No code waits: none was sent in the last 30 minutes, or it was tried too often. Send another.", null)),
        };
}
