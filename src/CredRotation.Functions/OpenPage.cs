using CredRotation.Engine;
using CredRotation.Engine.Intake;
using CredRotation.Engine.Rehearse;
using CredRotation.Engine.Setup;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using CredRotation.Pages;
using CredRotation.Pages.Adoptions;
using CredRotation.Pages.Credentials;
using CredRotation.Pages.Intakes;
using CredRotation.Pages.Rehearsals;
using CredRotation.Pages.Rotations;
using CredRotation.Pages.Setup;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>The pages people open, and the two files they load.</summary>
public sealed class OpenPage(Endpoint endpoint, Inventory inventory, Ownership ownership, RotationReader reader, Rehearsal rehearsal, SetupCheck setup, DeliveryProof delivery, SealedIntake intake, PageRenderer pages, TimeProvider time)
{
    private const int GroupsMax = 200;

    [Function(nameof(EndpointName.OpenPage))]
    public Task<IActionResult> OpenAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "pages/{name}/{id?}")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.OpenPage, ShowAsync, cancellationToken);

    private async Task<Answer> ShowAsync(Visit visit, CancellationToken cancellationToken)
        => (visit.Route.GetValueOrDefault("name"), visit.Route.GetValueOrDefault("id")) switch
        {
            (Endpoint.RotationPage, _) => Answer.Html(StatusCodes.Status200OK, await pages.RenderAsync<RotationPage>(await reader.ReadAsync(visit, cancellationToken))),
            (Endpoint.IntakePage, _) => await ShowIntakeAsync(visit, cancellationToken),
            (Endpoint.RehearsalPage, _) => await RehearseAsync(visit, cancellationToken),
            ("setup", null) => await ShowSetupAsync(visit, cancellationToken),
            (Endpoint.AdoptPage, null) => Answer.Html(StatusCodes.Status200OK, await pages.RenderAsync<AdoptionPage>(new AdoptionPageModel(new Dictionary<string, string>(), null, visit.Caller.Name, time.GetUtcNow()))),
            ("credentials", null) => await ListAsync(visit, cancellationToken),
            ("assets", { } file) when PageAssets.Find(file) is { } asset => Answer.Asset(asset.ContentType, asset.Body),
            _ => Answer.Of(Problem.NotFound),
        };

    private async Task<Answer> ListAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (rows, isCut) = await inventory.ReadAsync(visit, cancellationToken);
        var findings = await inventory.ReadFindingsAsync(visit, rows, cancellationToken);
        var unmanaged = await inventory.ReadUnmanagedAsync(visit, rows, cancellationToken);
        var managed = rows.Where(row => row.Released is null).ToList();
        var mine = new HashSet<CredentialId>();
        // A group that cannot be read now must not be asked about once per credential.
        foreach (var group in managed.GroupBy(row => row.Binding.OwnerGroup, StringComparer.OrdinalIgnoreCase).Take(GroupsMax))
        {
            if (await ownership.OwnsAsync(visit.Caller, group.First(), cancellationToken) == OwnerAnswer.Yes) mine.UnionWith(group.Select(row => row.Id));
        }

        return Answer.Html(StatusCodes.Status200OK, await pages.RenderAsync<CredentialsPage>(CredentialsPageModel.Of(managed, isCut, findings, unmanaged, visit.Caller.Name, time.GetUtcNow(), mine)));
    }

    private async Task<Answer> ShowSetupAsync(Visit visit, CancellationToken cancellationToken)
        => (visit.Roles & (Roles.Operator | Roles.Auditor)) == 0
            ? Answer.Of(Problem.NotAllowed("The setup check is for operators and auditors."))
            : Answer.Html(StatusCodes.Status200OK, await pages.RenderAsync<SetupPage>(new SetupPageModel(
                await setup.RunAsync(cancellationToken), await delivery.LastAsync(cancellationToken), (visit.Roles & Roles.Operator) != 0, visit.Caller.Name, time.GetUtcNow())));

    private async Task<Answer> ShowIntakeAsync(Visit visit, CancellationToken cancellationToken)
    {
        var rotation = visit.TheRotation;
        if ((visit.Roles & Roles.OwnerOfThis) == 0) return Answer.Of(Problem.NotAllowed("Only a member of the group that answers for this credential hands it in."));
        return await intake.OpenAsync(rotation, visit.Caller.ObjectId, cancellationToken) is { } form
            ? Answer.Html(StatusCodes.Status200OK, await pages.RenderAsync<IntakePage>(new IntakePageModel(rotation, form, visit.Caller.Name, time.GetUtcNow())))
            : Answer.Of(Problem.NotFound with { Detail = "This rotation does not wait for a credential to be handed in." });
    }

    private async Task<Answer> RehearseAsync(Visit visit, CancellationToken cancellationToken)
        => await rehearsal.RunAsync(visit.TheCredential.Secret, cancellationToken) is { } report
            ? Answer.Html(StatusCodes.Status200OK, await pages.RenderAsync<RehearsalPage>(new RehearsalPageModel(report, visit.Caller.Name, time.GetUtcNow())))
            : Answer.Of(Problem.NotFound with { Detail = "The vault holds this secret no more, or is no longer watched." });
}
