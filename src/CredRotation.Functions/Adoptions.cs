using CredRotation.Engine;
using CredRotation.Engine.Adopt;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using CredRotation.Pages;
using CredRotation.Pages.Adoptions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>
/// Adopts a secret that names its account: shows what would be written, and does it once it is sent back with the change that was shown. Without an
/// account, rule 15: one who answers for a managed credential consents to the binding that its tags ask for now.
/// </summary>
public sealed class Adoptions(Endpoint endpoint, Inbox inbox, Adoption adoption, PageRenderer pages, TimeProvider time)
{
    private const string Page = "/api/pages/credentials";

    [Function(nameof(EndpointName.Adopt))]
    public Task<IActionResult> AdoptAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "adoptions")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.Adopt, (visit, stop) => visit.Body.ContainsKey("account") ? AdoptAsync(visit, stop) : ConsentAsync(visit, stop), cancellationToken);

    [Function(nameof(EndpointName.AdoptMany))]
    public Task<IActionResult> AdoptManyAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "adoptions/bulk")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.AdoptMany, AdoptManyAsync, cancellationToken);

    private async Task<Answer> ConsentAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (!visit.Body.TryGetValue("change", out var change)) return Answer.Of(Problem.BadRequest("Member 'change' is missing, or 'account' where a secret is to be adopted."));
        if ((visit.Roles & Roles.OwnerOfThis) == 0) return Answer.Of(Problem.NotAllowed("Only those who answer for a credential consent to another binding of it."));

        var row = visit.TheCredential;
        if (row.Pending is not { } pending) return Answer.Of(Problem.MovedOn("The tags of this credential ask for no other binding, or the next sweep has not seen it yet."));
        if (change != pending.Hash) return Answer.Of(Problem.MovedOn("This consent names another change than the one that waits."));

        await inbox.PutAsync(row.Id, on => new InboxItem.Consent(on, pending.Hash, visit.Caller.ObjectId, visit.Caller.Name), cancellationToken);
        return visit.IsForm
            ? Answer.SeeOther(Page)
            : Answer.Json(StatusCodes.Status202Accepted, new HeardView(row.Id.Value, true));
    }

    private async Task<Answer> AdoptAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (ask, trouble) = AdoptionReader.Read(visit.Body);
        if (ask is null) return Answer.Of(Problem.BadRequest(trouble!));
        if (ask.Credential is not null && (visit.Roles & Roles.OwnerOfThis) == 0) return Answer.Of(Problem.NotAllowed("Only a member of the owner group says which credential consumers run: it will be ended."));

        var (proposal, isAdopted, hasMovedOn) = await RunAsync(ask, visit.Body.GetValueOrDefault("change"), visit.Caller, cancellationToken);
        if (proposal is null) return Answer.Of(Problem.NotFound with { Detail = "No watched vault holds this secret. Rotation:Vaults lists the vaults that are watched." });
        if (hasMovedOn) return Answer.Of(Problem.MovedOn("This agrees to something else than what would be done now. Nothing was written.") with { Next = "Look at what would be written now, and agree to that." });
        if (visit.IsForm)
            return isAdopted ? Answer.SeeOther(Page) : Answer.Html(StatusCodes.Status200OK, await pages.RenderAsync<AdoptionPage>(new AdoptionPageModel(visit.Body, proposal, visit.Caller.Name, time.GetUtcNow())));

        return Answer.Json(proposal.Refusals.Count > 0 ? StatusCodes.Status409Conflict : isAdopted ? StatusCodes.Status202Accepted : StatusCodes.Status200OK, AdoptionView.Of(proposal, isAdopted));
    }

    private async Task<(AdoptionProposal? Proposal, bool IsAdopted, bool HasMovedOn)> RunAsync(AdoptionAsk ask, string? change, Caller caller, CancellationToken cancellationToken)
    {
        if (change is not { Length: > 0 }) return (await adoption.ProposeAsync(ask, cancellationToken), false, false);
        return await adoption.AdoptAsync(ask, change, caller.ObjectId, caller.Name, cancellationToken) is { } result ? (result.Proposal, result.IsAdopted, result.HasMovedOn) : (null, false, false);
    }

    private async Task<Answer> AdoptManyAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (lines, trouble) = AdoptionSheet.Read(visit.Body["csv"]);
        if (lines is null) return Answer.Of(Problem.BadRequest(trouble!));

        var agreed = visit.Body.GetValueOrDefault("change") is { Length: > 0 } all ? all.Split('.') : null;
        if (agreed is not null && agreed.Length != lines.Count) return Answer.Of(Problem.MovedOn("This agrees to another sheet than the one that was sent. Nothing was written."));

        var (told, changes) = (new List<AdoptedLine>(), new List<string>());
        foreach (var (line, at) in lines.Select((line, at) => (line, at)))
        {
            var (said, change) = await RunLineAsync(line, agreed?[at], visit.Caller, cancellationToken);
            told.Add(said);
            changes.Add(change ?? Nothing);
        }

        var sheet = new AdoptedSheet(told, agreed is null && changes.Exists(change => change != Nothing) ? string.Join('.', changes) : null);
        return visit.IsForm
            ? Answer.Html(StatusCodes.Status200OK, await pages.RenderAsync<AdoptedSheetPage>(new AdoptedSheetPageModel(told, visit.Body["csv"], sheet.Change, visit.Caller.Name, time.GetUtcNow())))
            : Answer.Json(StatusCodes.Status200OK, sheet);
    }

    /// <summary>Stands where a line has nothing to agree to.</summary>
    private const string Nothing = "-";

    /// <summary>One line by itself: what goes wrong with it stops no other.</summary>
    private async Task<(AdoptedLine Said, string? Change)> RunLineAsync(SheetLine line, string? agreed, Caller caller, CancellationToken cancellationToken)
    {
        AdoptedLine Told(string result, string says, string? next) => new(line.Number, line.Members.GetValueOrDefault("vault"), line.Members.GetValueOrDefault("secret"), result, says, next);
        if (line.Trouble is { } unread) return (Told("refused", unread, "Correct the line."), null);

        var (ask, trouble) = AdoptionReader.Read(line.Members);
        if (ask is null) return (Told("refused", trouble!, "Correct the line."), null);
        if (ask.Credential is not null) return (Told("refused", "Which of several credentials consumers run is said by an owner, one secret at a time.", "Leave the column empty, and let an owner pick on the adoption page."), null);
        if (agreed is Nothing) return (Told("refused", "Nothing was proposed for this line, so nothing was agreed to.", "Send the sheet again without change."), null);

        try
        {
            var (proposal, isAdopted, hasMovedOn) = await RunAsync(ask, agreed, caller, cancellationToken);
            return proposal is null ? (Told("refused", "No watched vault holds this secret.", "Correct vault or secret, or let the platform team watch the vault."), null)
                : proposal.Refusals is [var refusal, ..] ? (Told("refused", refusal.Detail, refusal.Remedy), null)
                : hasMovedOn ? (Told("moved-on", "It is not any more what was agreed to. Nothing was written.", "Send the sheet again without change."), null)
                : isAdopted ? (Told("adopted", proposal.Current!.Says, null), null)
                : (Told("proposed", $"{Words(proposal)} {proposal.Current!.Says}", null), proposal.Change);
        }
        catch (RemoteTroubleException remote)
        {
            return (Told("unanswered", remote.Message, "Send the line again; what was written already is not written twice."), null);
        }
        catch (NewerFormatException newer)
        {
            return (Told("refused", newer.Message, NewerFormatException.Next), null);
        }
    }

    private static string Words(AdoptionProposal proposal)
        => !proposal.WouldWrite ? (proposal.IsManaged ? "It is adopted already, and nothing would be written." : "Its tags say it already; it would be adopted.")
            : $"{proposal.Differences.Count} tags{(proposal.ExpiresFrom == proposal.ExpiresTo ? "" : " and its end")} would be written.";
}
