using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>The inventory: managed credentials, their findings and where their rotation stands.</summary>
public sealed class Credentials(Endpoint endpoint, ICredentialRegistry registry, Inventory inventory)
{
    [Function(nameof(EndpointName.ListCredentials))]
    public Task<IActionResult> ListAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "credentials")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.ListCredentials, AllAsync, cancellationToken);

    [Function(nameof(EndpointName.ShowCredential))]
    public Task<IActionResult> ShowAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "credentials/{id}")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.ShowCredential, OneAsync, cancellationToken);

    private async Task<Answer> AllAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (rows, isCut) = await inventory.ReadAsync(visit, cancellationToken);
        var findings = await inventory.ReadFindingsAsync(visit, rows, cancellationToken);
        var unmanaged = await inventory.ReadUnmanagedAsync(visit, rows, cancellationToken);
        return Answer.Json(StatusCodes.Status200OK, new CredentialListView([.. rows.Where(row => row.Released is null).Select(row => CredentialView.Of(row, null))], isCut, [.. findings.Select(FindingView.Of)], [.. unmanaged.Select(WatchedView.Of)]));
    }

    private async Task<Answer> OneAsync(Visit visit, CancellationToken cancellationToken)
    {
        var row = visit.TheCredential;
        var last = row.Ordinal > 0 ? await registry.FindRotationAsync(row.Id, row.Ordinal, cancellationToken) : null;
        return Answer.Json(StatusCodes.Status200OK, CredentialView.Of(row, last));
    }
}
