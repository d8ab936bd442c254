using System.Globalization;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using Microsoft.Extensions.Options;
using Microsoft.Graph;
using Microsoft.Graph.Models;
using Microsoft.Graph.Models.ODataErrors;
using Microsoft.Kiota.Abstractions;

namespace CredRotation.Adapters.Graph;

/// <summary>Entra ID through Microsoft Graph. Every answer is a state, "we could not see" and "it did not answer" told apart; only the caller's cancellation is an exception.</summary>
public sealed class GraphOwnerDirectory(GraphServiceClient graph, IOptions<RotationOptions> rotation, TimeProvider clock) : IOwnerDirectory
{
    /// <summary>Pages of <see cref="PageSize"/> members that are read of one group.</summary>
    internal const int PagesMax = 20;

    private const int PageSize = 999;
    private const int HealthyMin = 2;
    private const int TextMax = 200;

    public async Task<OwnerReading> ReadAsync(string groupId, CancellationToken cancellationToken)
    {
        // One time-out for the whole reading, so that a visit has time for the fallback group, too.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(rotation.Value.EffectTimeout);
        string? name = null;
        string? mail = null;
        try
        {
            var group = await FindGroupAsync(groupId, deadline.Token);
            if (group is null) return Reading(OwnerState.Gone, [], await DescribeGoneAsync(groupId, deadline.Token));

            name = Bounded(group.DisplayName);
            mail = group.MailEnabled is true ? Address(group.Mail) : null;
            return group.DeletedDateTime is null
                ? await ReadMembersAsync(group, groupId, Reading, deadline.Token)
                : Reading(OwnerState.Gone, [], "The group is deleted; an administrator can restore it within 30 days.");
        }
        catch (ApiException exception) when (exception.ResponseStatusCode is 403)
        {
            return Reading(OwnerState.CannotSee, [], "Microsoft Graph refused (403). Grant GroupMember.Read.All and User.Read.All to the app's identity; a new grant may take hours.");
        }
        catch (Exception exception) when (!(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            return Reading(OwnerState.Unavailable, [], Describe(exception));
        }

        OwnerReading Reading(OwnerState state, IReadOnlyList<OwnerPerson> people, string? detail) => new(groupId, name, state, people, clock.GetUtcNow(), detail) { Mail = mail };
    }

    private async Task<Group?> FindGroupAsync(string groupId, CancellationToken cancellationToken)
    {
        try
        {
            return await graph.Groups[groupId].GetAsync(request => request.QueryParameters.Select = ["id", "displayName", "deletedDateTime", "mail", "mailEnabled", "visibility"], cancellationToken)
                ?? throw new InvalidDataException("Graph answered without a group.");
        }
        catch (ODataError error) when (IsNotThere(error))
        {
            return null;
        }
    }

    private async Task<string> DescribeGoneAsync(string groupId, CancellationToken cancellationToken)
    {
        try
        {
            await graph.Directory.DeletedItems[groupId].GraphGroup.GetAsync(request => request.QueryParameters.Select = ["id", "deletedDateTime"], cancellationToken);
            return "The group is deleted; an administrator can restore it within 30 days.";
        }
        catch (ODataError error) when (IsNotThere(error))
        {
            return "There is no such group, and none of that id was deleted within 30 days.";
        }
        catch (ApiException error) when (error.ResponseStatusCode is 403)
        {
            // That it is gone is known; only whether it can come back is not.
            return "There is no such group. Whether it can be restored is not visible to the app's identity.";
        }
    }

    private async Task<OwnerReading> ReadMembersAsync(Group group, string groupId, Func<OwnerState, IReadOnlyList<OwnerPerson>, string?, OwnerReading> reading, CancellationToken cancellationToken)
    {
        var people = new List<OwnerPerson>();
        var isAnyHidden = false;
        var isCut = false;
        var page = await FirstPageAsync(groupId, cancellationToken);
        for (var pages = 1; ; pages++)
        {
            foreach (var user in page.Value ?? [])
            {
                // 200 with null properties is Graph's silent way to say that a permission is missing; it never means "disabled".
                if (user.AccountEnabled is null) isAnyHidden = true;
                else if (IsOwner(user)) people.Add(new OwnerPerson(Bounded(user.Id)!, Bounded(user.DisplayName) ?? Bounded(user.UserPrincipalName) ?? "", Address(user.Mail)));
            }

            if (page.OdataNextLink is not { Length: > 0 } next) break;
            isCut = pages == PagesMax;
            if (isCut) break;
            page = await NextPageAsync(groupId, next, cancellationToken);
        }

        if (isAnyHidden) return reading(OwnerState.CannotSee, people, "Members are visible, their properties are not. Grant User.Read.All to the app's identity; a new grant may take hours.");
        if (people.Count >= HealthyMin) return reading(OwnerState.Healthy, people, isCut ? Cut() : Unreachable(people));

        // A hidden membership looks like an empty group.
        return string.Equals(group.Visibility, "HiddenMembership", StringComparison.OrdinalIgnoreCase)
            ? reading(OwnerState.CannotSee, people, "The group hides its members. Grant Member.Read.Hidden to the app's identity, or name a group that shows them; a new grant may take hours.")
            : reading(OwnerState.TooFew, people, isCut ? Cut() : Unreachable(people));
    }

    private static string Cut() => string.Create(CultureInfo.InvariantCulture, $"Only the first {PagesMax * PageSize} members were read; name a smaller group.");

    private static string? Unreachable(List<OwnerPerson> people)
        => people.Count(person => person.Address is null) is var count and > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{count} of {people.Count} enabled people have no mail address, so mail does not reach them.")
            : null;

    private async Task<UserCollectionResponse> FirstPageAsync(string groupId, CancellationToken cancellationToken)
    {
        return await graph.Groups[groupId].TransitiveMembers.GraphUser.GetAsync(
            request =>
            {
                request.Headers.Add("ConsistencyLevel", "eventual");
                request.QueryParameters.Count = true;
                request.QueryParameters.Select = ["id", "displayName", "mail", "userPrincipalName", "accountEnabled", "userType"];
                request.QueryParameters.Top = PageSize;
            },
            cancellationToken) ?? throw new InvalidDataException("Graph answered without members.");
    }

    private async Task<UserCollectionResponse> NextPageAsync(string groupId, string next, CancellationToken cancellationToken)
    {
        // Our token goes where it went before, and nowhere a page may point to.
        if (!Uri.TryCreate(next, UriKind.Absolute, out var uri) || !Uri.TryCreate(graph.RequestAdapter.BaseUrl, UriKind.Absolute, out var home) || uri.GetLeftPart(UriPartial.Authority) != home.GetLeftPart(UriPartial.Authority))
            throw new InvalidDataException("Graph pointed to another host.");

        return await graph.Groups[groupId].TransitiveMembers.GraphUser.WithUrl(next).GetAsync(request => request.Headers.Add("ConsistencyLevel", "eventual"), cancellationToken)
            ?? throw new InvalidDataException("Graph answered without members.");
    }

    private static bool IsOwner(User user)
        => user is { AccountEnabled: true, Id.Length: > 0 } && string.Equals(user.UserType, "Member", StringComparison.OrdinalIgnoreCase);

    // A 404 of a proxy or of a wrong base address says nothing about the group.
    private static bool IsNotThere(ODataError error)
        => error.ResponseStatusCode is 404 && error.Error?.Code is { } code && code.EndsWith("ResourceNotFound", StringComparison.OrdinalIgnoreCase);

    private static string? Address(string? mail) => MailAddressText.IsUsable(mail) ? mail : null;

    private static string? Bounded(string? text) => text is not { Length: > 0 } ? null : text.Length <= TextMax ? text : text[..TextMax];

    private static string Describe(Exception exception) => exception switch
    {
        ApiException { ResponseStatusCode: 429 } => "Microsoft Graph takes no more calls for now (429). It is asked again.",
        ApiException { ResponseStatusCode: > 0 } api => string.Create(CultureInfo.InvariantCulture, $"Microsoft Graph answered HTTP {api.ResponseStatusCode}. It is asked again."),
        OperationCanceledException => "Microsoft Graph did not answer in time. It is asked again.",
        _ => $"Microsoft Graph could not be read ({exception.GetType().Name}). It is asked again.",
    };
}
