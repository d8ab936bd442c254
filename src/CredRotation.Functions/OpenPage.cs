using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Intake;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Rehearse;
using CredRotation.Engine.Setup;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using CredRotation.Functions.Reading;
using CredRotation.Pages;
using CredRotation.Pages.Adoptions;
using CredRotation.Pages.Credential;
using CredRotation.Pages.Credentials;
using CredRotation.Pages.Intakes;
using CredRotation.Pages.Overview;
using CredRotation.Pages.Own;
using CredRotation.Pages.Owners;
using CredRotation.Pages.Rehearsals;
using CredRotation.Pages.Rotations;
using CredRotation.Pages.Setup;
using CredRotation.Pages.Tasks;
using CredRotation.Pages.Unmanaged;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions;

/// <summary>The pages people open, and the two files they load.</summary>
public sealed class OpenPage(Endpoint endpoint, Inventory inventory, Ownership ownership, ICredentialRegistry registry, PageReaders readers, Rehearsal rehearsal, SetupCheck setup, DeliveryProof delivery, SealedIntake intake, PageRenderer pages, IOptions<RotationOptions> options, TimeProvider time)
{
    private static readonly string s_utc = new PolicyOptions().Zone;

    [Function(nameof(EndpointName.OpenPage))]
    public Task<IActionResult> OpenAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "pages/{name}/{id?}")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.OpenPage, ShowAsync, cancellationToken);

    private async Task<Answer> ShowAsync(Visit visit, CancellationToken cancellationToken)
        => (visit.Route.GetValueOrDefault("name"), visit.Route.GetValueOrDefault("id")) switch
        {
            ("overview", null) => await RenderAsync<OverviewPage>(visit, await readers.Overview.ReadAsync(visit, cancellationToken)),
            (Endpoint.TasksPage, null) => await RenderAsync<TasksPage>(visit, await readers.Tasks.ReadAsync(visit, cancellationToken)),
            ("owners", null) => await RenderAsync<OwnersPage>(visit, await readers.Owners.ReadAsync(visit, cancellationToken)),
            (Endpoint.CredentialPage, _) => await RenderAsync<CredentialPage>(visit, await readers.Credential.ReadAsync(visit, cancellationToken)),
            ("unmanaged", null) => Inventory.SeesAll(visit) ? await RenderAsync<UnmanagedPage>(visit, await readers.Unmanaged.ReadAsync(visit, cancellationToken)) : ForStaff("What nobody owns"),
            ("own", null) => Inventory.SeesAll(visit) ? await RenderAsync<OwnPage>(visit, await readers.Own.ReadAsync(visit, cancellationToken)) : ForStaff("What the app itself depends on"),
            (Endpoint.RotationPage, _) => await RenderAsync<RotationPage>(visit, await readers.Rotation.ReadAsync(visit, cancellationToken)),
            (Endpoint.IntakePage, _) => await ShowIntakeAsync(visit, cancellationToken),
            (Endpoint.RehearsalPage, _) => await RehearseAsync(visit, cancellationToken),
            ("setup", null) => await ShowSetupAsync(visit, cancellationToken),
            (Endpoint.AdoptPage, var id) => await ShowAdoptionAsync(visit, id, cancellationToken),
            ("credentials", null) => await ListAsync(visit, cancellationToken),
            ("assets", { } file) when PageAssets.Find(file) is { } asset => Answer.Asset(asset.ContentType, asset.Body),
            _ => Answer.Of(Problem.NotFound),
        };

    /// <summary>A page with the way to the others; times are shown in the zone of the policy that the page is about, else of the default one.</summary>
    private async Task<Answer> RenderAsync<TPage>(Visit visit, object model)
        where TPage : IComponent
    {
        var policy = options.Value.Policies.GetValueOrDefault(visit.Credential?.Binding.Policy ?? options.Value.DefaultPolicy);
        var nav = new PageNav(visit.Route.GetValueOrDefault("name") ?? "", Inventory.SeesAll(visit), (visit.Roles & Roles.Owner) != 0, policy?.Zone ?? s_utc);
        return Answer.Html(StatusCodes.Status200OK, await pages.RenderAsync<TPage>(model, nav));
    }

    private static Answer ForStaff(string what) => Answer.Of(Problem.NotAllowed($"{what} is for operators and auditors."));

    private async Task<Answer> ListAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (rows, isCut) = await inventory.ReadAsync(visit, cancellationToken);
        var findings = await inventory.ReadFindingsAsync(visit, rows, cancellationToken);
        var unmanaged = await inventory.ReadUnmanagedAsync(visit, rows, cancellationToken);
        var managed = rows.Where(row => row.Released is null).ToList();
        var mine = await Mine.OfAsync(visit.Caller, managed, ownership, cancellationToken);
        return await RenderAsync<CredentialsPage>(visit, CredentialsPageModel.Of(managed, isCut, findings, unmanaged, visit.Caller.Name, time.GetUtcNow(), mine.Ids));
    }

    private async Task<Answer> ShowSetupAsync(Visit visit, CancellationToken cancellationToken)
        => !Inventory.SeesAll(visit)
            ? ForStaff("The setup check")
            : await RenderAsync<SetupPage>(visit, new SetupPageModel(
                await setup.RunAsync(cancellationToken), await delivery.LastAsync(cancellationToken), (visit.Roles & Roles.Operator) != 0, visit.Caller.Name, time.GetUtcNow()));

    /// <summary>Filled in for a watched secret, where one is named; only who may see what nobody owns learns its name.</summary>
    private async Task<Answer> ShowAdoptionAsync(Visit visit, string? id, CancellationToken cancellationToken)
    {
        var members = new Dictionary<string, string>();
        if (id is not null)
        {
            var seen = Inventory.SeesAll(visit) && CredentialId.TryParse(id, out var credential)
                ? await registry.ListObjectsAsync(cancellationToken).FirstOrDefaultAsync(one => one.Kind is VaultObjectKind.Secret && SecretName.TryOf(new Uri($"https://{one.VaultHost}/"), one.Name, out var name) && CredentialId.Of(name!) == credential, cancellationToken)
                : null;
            if (seen is null) return Answer.Of(Problem.NotFound);
            (members["vault"], members["secret"]) = ($"https://{seen.VaultHost}/", seen.Name);
        }

        return await RenderAsync<AdoptionPage>(visit, new AdoptionPageModel(members, null, visit.Caller.Name, time.GetUtcNow()));
    }

    private async Task<Answer> ShowIntakeAsync(Visit visit, CancellationToken cancellationToken)
    {
        var rotation = visit.TheRotation;
        if ((visit.Roles & Roles.OwnerOfThis) == 0) return Answer.Of(Problem.NotAllowed("Only a member of the group that answers for this credential hands it in."));
        return await intake.OpenAsync(rotation, visit.Caller.ObjectId, cancellationToken) is { } form
            ? await RenderAsync<IntakePage>(visit, new IntakePageModel(rotation, form, visit.Caller.Name, time.GetUtcNow()))
            : Answer.Of(Problem.NotFound with { Detail = "This rotation does not wait for a credential to be handed in." });
    }

    private async Task<Answer> RehearseAsync(Visit visit, CancellationToken cancellationToken)
        => await rehearsal.RunAsync(visit.TheCredential.Secret, cancellationToken) is { } report
            ? await RenderAsync<RehearsalPage>(visit, new RehearsalPageModel(report, visit.Caller.Name, time.GetUtcNow()))
            : Answer.Of(Problem.NotFound with { Detail = "The vault holds this secret no more, or is no longer watched." });
}
