using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using CredRotation.Pages;
using CredRotation.Pages.Credentials;
using CredRotation.Pages.Rotations;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>The pages people open, and the two files they load.</summary>
public sealed class OpenPage(Endpoint endpoint, Inventory inventory, RotationReader reader, PageRenderer pages, TimeProvider time)
{
    [Function(nameof(EndpointName.OpenPage))]
    public Task<IActionResult> OpenAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "pages/{name}/{id?}")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.OpenPage, ShowAsync, cancellationToken);

    private async Task<Answer> ShowAsync(Visit visit, CancellationToken cancellationToken)
        => (visit.Route.GetValueOrDefault("name"), visit.Route.GetValueOrDefault("id")) switch
        {
            (Endpoint.RotationPage, _) => Answer.Html(StatusCodes.Status200OK, await pages.RenderAsync<RotationPage>(await reader.ReadAsync(visit, cancellationToken))),
            ("credentials", null) => await ListAsync(visit, cancellationToken),
            ("assets", { } file) when PageAssets.Find(file) is { } asset => Answer.Asset(asset.ContentType, asset.Body),
            _ => Answer.Of(Problem.NotFound),
        };

    private async Task<Answer> ListAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (rows, isCut) = await inventory.ReadAsync(visit, cancellationToken);
        var findings = await inventory.ReadFindingsAsync(visit, rows, cancellationToken);
        var unmanaged = await inventory.ReadUnmanagedAsync(visit, rows, cancellationToken);
        return Answer.Html(StatusCodes.Status200OK, await pages.RenderAsync<CredentialsPage>(CredentialsPageModel.Of(rows, isCut, findings, unmanaged, visit.Caller.Name, time.GetUtcNow())));
    }
}
