using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using CredRotation.Pages;
using CredRotation.Pages.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions;

/// <summary>
/// The one door of every HTTP call: who calls, whether a browser was tricked, what the call is about, whether the table allows it, and
/// that nothing unknown stands in it. Only then does the call's own code run.
/// </summary>
public sealed class Endpoint(CallerReader callers, Ownership ownership, CallLimits limits, ICredentialRegistry registry, PageRenderer pages, IOptions<RotationOptions> options)
{
    public const string RotationPage = "rotation";

    /// <summary>Open to whoever was reminded of something, owner or not.</summary>
    public const string TasksPage = "tasks";

    public const string RehearsalPage = "rehearsal";

    public const string CredentialPage = "credential";

    public const string IntakePage = "intake";

    /// <summary>Open to whoever could own something, since nothing may be adopted yet.</summary>
    public const string AdoptPage = "adopt";

    private static readonly IReadOnlyDictionary<string, string> s_nothing = new Dictionary<string, string>();

    public async Task<IActionResult> HandleAsync(HttpRequest request, EndpointName name, Func<Visit, CancellationToken, Task<Answer>> handle, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(handle);

        var row = AuthorizationTable.Of(name);
        var answer = await AnswerAsync(request, row, handle, cancellationToken);

        var isForPerson = row.Subject == Subject.Page || (row.HasForm && RequestBody.IsForm(request));
        return answer.Problem is { } problem && isForPerson
            ? answer.AsPage(await pages.RenderAsync<ProblemPage>(new ProblemPageModel(problem.Title, problem.Detail, problem.WhatStillWorks, problem.Next)))
            : answer;
    }

    private async Task<Answer> AnswerAsync(HttpRequest request, AuthorizationRow row, Func<Visit, CancellationToken, Task<Answer>> handle, CancellationToken cancellationToken)
    {
        var isOpen = (row.Allowed & Roles.Anybody) != 0;
        if ((callers.Read(request) ?? (isOpen ? Caller.Nobody : null)) is not { } caller) return Answer.Of(Problem.NotSignedIn);
        if (row.Method != HttpMethods.Get && !BrowserOrigin.IsOurs(request, options.Value)) return Answer.Of(Problem.NotAllowed("A browser sent this from another site."));

        // Before anything is read for it: what is refused costs, too.
        if (limits.Refusal(caller, row) is { } wait) return Answer.Of(Problem.TooMany(wait));

        try
        {
            var (visit, problem) = await AuthorizeAsync(request, row, caller, cancellationToken);
            return visit is null ? Answer.Of(problem ?? Problem.NotFound) : await handle(visit, cancellationToken);
        }
        catch (RemoteTroubleException trouble)
        {
            return Answer.Of(Problem.Unavailable(trouble.Message));
        }
        catch (NewerFormatException newer)
        {
            return Answer.Of(Problem.Newer(newer));
        }
    }

    private async Task<(Visit? Visit, Problem? Problem)> AuthorizeAsync(HttpRequest request, AuthorizationRow row, Caller caller, CancellationToken cancellationToken)
    {
        var route = request.RouteValues
            .Where(value => value.Value is string)
            .ToDictionary(value => value.Key, value => (string)value.Value!, StringComparer.OrdinalIgnoreCase);
        var subject = row.Subject != Subject.Page ? row.Subject : route.GetValueOrDefault("name") switch
        {
            RotationPage or IntakePage => Subject.Rotation,
            RehearsalPage or CredentialPage => Subject.Credential,
            _ => Subject.All,
        };
        var isRead = row.Method == HttpMethods.Get;
        // Who may ask about a credential that the body names depends on the body; what is wrong with it is told only to those who may.
        var (members, sealedText, unread) = isRead || subject != Subject.Named ? (s_nothing, null, null) : await RequestBody.ReadAsync(request, row, cancellationToken);
        var (credential, rotation) = subject == Subject.Named
            ? (await FindNamedAsync(members, cancellationToken), null)
            : await FindAsync(subject, route.GetValueOrDefault("id"), cancellationToken);

        var group = row.Group is { } member && members.GetValueOrDefault(member) is { } named && options.Value.Accounts.Values.Any(account => account.OwnerGroups.Contains(named, StringComparer.OrdinalIgnoreCase)) ? named : null;
        var allowed = row.Subject == Subject.Page && route.GetValueOrDefault("name") != TasksPage ? row.Allowed & ~Roles.Reminded : row.Allowed;
        var (roles, isUnsure) = await RolesAsync(caller, subject, allowed, credential, group, row.Subject == Subject.Page && route.GetValueOrDefault("name") == AdoptPage, cancellationToken);
        if ((roles & allowed) == 0) return (null, isUnsure ? Problem.DirectorySilent : Problem.NotAllowed("This call is not open to you."));

        // After the roles, so that only those who may read learn what does not exist.
        var isMissing = subject == Subject.Rotation ? rotation is null : subject == Subject.Credential && credential is null;
        if (isMissing) return (null, Problem.NotFound);
        if (request.Query.Count > 0) return (null, Problem.BadRequest("This call takes no query."));

        if (isRead) return (new Visit(caller, roles, route, s_nothing, credential, rotation, IsForm: false), null);

        if (subject != Subject.Named) (members, sealedText, unread) = await RequestBody.ReadAsync(request, row, cancellationToken);
        return unread is null ? (new Visit(caller, roles, route, members, credential, rotation, RequestBody.IsForm(request)) { Sealed = sealedText }, null) : (null, unread);
    }

    /// <summary>The secret that a body names, if it can be one.</summary>
    public static bool TryName(IReadOnlyDictionary<string, string> members, out SecretName? secret)
    {
        ArgumentNullException.ThrowIfNull(members);
        secret = null;
        return Uri.TryCreate(members.GetValueOrDefault("vault"), UriKind.Absolute, out var vault) && SecretName.TryOf(vault, members.GetValueOrDefault("secret"), out secret);
    }

    private async Task<CredentialRow?> FindNamedAsync(IReadOnlyDictionary<string, string> members, CancellationToken cancellationToken)
        => TryName(members, out var secret) ? await registry.FindAsync(CredentialId.Of(secret!), cancellationToken) : null;

    private async Task<(CredentialRow? Credential, Rotation? Rotation)> FindAsync(Subject subject, string? id, CancellationToken cancellationToken)
    {
        if (subject == Subject.Credential && CredentialId.TryParse(id, out var credential)) return (await registry.FindAsync(credential, cancellationToken), null);
        if (subject == Subject.Rotation && RotationId.TryParse(id, out var rotation) && await registry.FindRotationAsync(rotation, cancellationToken) is { } found) return found;

        return (null, null);
    }

    private async Task<(Roles Roles, bool IsUnsure)> RolesAsync(Caller caller, Subject subject, Roles allowed, CredentialRow? credential, string? group, bool withGranted, CancellationToken cancellationToken)
    {
        var roles = Roles.Anybody | caller.RolesByToken | (ownership.IsConsumer(caller) ? Roles.Consumer : Roles.None);
        if ((allowed & Roles.Owner) == 0) return (roles, false);

        if (credential is not null || group is not null)
        {
            // Only a group that some account grants is asked for: a caller may name any. Of what was released nobody answers any more but who takes it anew.
            var answer = credential is { Released: null } || group is null ? await ownership.OwnsAsync(caller, credential!, cancellationToken) : await ownership.OwnsAsync(caller, group, cancellationToken);
            if (answer == OwnerAnswer.Yes) return (roles | Roles.OwnerOfThis, false);
            var reminded = (allowed & Roles.Reminded) != 0 && credential is not null ? await ownership.IsRemindedAsync(caller, credential.Id, cancellationToken) : OwnerAnswer.No;
            return (reminded == OwnerAnswer.Yes ? roles | Roles.Reminded : roles, OwnerAnswer.Unknown == answer || OwnerAnswer.Unknown == reminded);
        }

        // Whoever may see everything need not be looked up.
        if (subject != Subject.All || (roles & allowed) != 0) return (roles, false);

        var any = await ownership.OwnsAnyAsync(caller, withGranted, cancellationToken);
        if (any == OwnerAnswer.Yes) return (roles | Roles.Owner, false);
        var told = (allowed & Roles.Reminded) != 0 ? await ownership.IsRemindedAsync(caller, cancellationToken) : OwnerAnswer.No;
        return (told == OwnerAnswer.Yes ? roles | Roles.Reminded : roles, OwnerAnswer.Unknown == any || OwnerAnswer.Unknown == told);
    }
}
