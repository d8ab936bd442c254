using System.Globalization;
using System.Text.Json;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using Microsoft.Extensions.Options;
using Microsoft.Graph;
using Microsoft.Graph.Groups.Item;
using Microsoft.Graph.Models;
using Microsoft.Graph.Models.ODataErrors;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Serialization;

namespace CredRotation.Adapters.Graph;

/// <summary>Entra ID through Microsoft Graph. Every answer is a state, "we could not see" and "it did not answer" told apart; only the caller's cancellation is an exception.</summary>
public sealed class GraphOwnerDirectory(GraphServiceClient graph, IOptions<RotationOptions> rotation, TimeProvider clock) : IOwnerDirectory
{
    /// <summary>Pages of <see cref="PageSize"/> members that are read of one group.</summary>
    internal const int PagesMax = 20;

    private const int PageSize = 999;
    private const int HealthyMin = 2;
    private const int TextMax = 200;
    private static readonly string[] s_userProperties = ["id", "displayName", "mail", "userPrincipalName", "accountEnabled", "userType"];

    private const string NotThere = "ResourceNotFound";
    private const string Refused = "Microsoft Graph refused (403). Grant GroupMember.Read.All and User.Read.All to the app's identity; a new grant may take hours.";
    private const string Restorable = "The group is deleted; an administrator can restore it within 30 days.";
    private const string NeverThere = "There is no such group, and none of that id was deleted within 30 days.";
    private const string PerhapsRestorable = "There is no such group. Whether it can be restored is not visible to the app's identity.";

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
                : Reading(OwnerState.Gone, [], Restorable);
        }
        catch (ApiException exception) when (exception.ResponseStatusCode is 403)
        {
            return Reading(OwnerState.CannotSee, [], Refused);
        }
        catch (Exception exception) when (!(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            return Reading(OwnerState.Unavailable, [], Describe(exception));
        }

        OwnerReading Reading(OwnerState state, IReadOnlyList<OwnerPerson> people, string? detail) => new(groupId, name, state, people, clock.GetUtcNow(), detail) { Mail = mail };
    }

    /// <summary>
    /// Members of every group in batches; only where there are too few of them, or no group, is that looked at, in batches, too. A group of more
    /// members than one page is read by itself.
    /// </summary>
    public async Task<IReadOnlyList<OwnerReading>> ReadManyAsync(IReadOnlyCollection<string> groupIds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(groupIds);
        var batch = new GraphBatch(graph, rotation.Value.EffectTimeout, clock);
        string[] groups = [.. groupIds];
        var readings = new OwnerReading?[groups.Length];
        var asked = await batch.AskAsync([.. groups.Select(group => graph.Groups[group].TransitiveMembers.GraphUser.ToGetRequestInformation(AskForMembers))], cancellationToken);
        var doubtful = new List<(int Index, RequestInformation Question, Func<BatchAnswer, Task<OwnerReading>> Read)>();
        for (var index = 0; index < groups.Length; index++)
        {
            var (group, answer) = (groups[index], asked[index]);
            if (answer.Status is 404 && IsNotThere(answer.Body))
                doubtful.Add((index, graph.Directory.DeletedItems[group].GraphGroup.ToGetRequestInformation(AskForDeletion), gone => Task.FromResult(Gone(group, gone))));
            else if (answer.Status is not 200 || await ParseAsync<UserCollectionResponse>(answer, cancellationToken) is not { } page)
                readings[index] = Failed(group, answer);
            else if (page.OdataNextLink is { Length: > 0 })
                readings[index] = await ReadAsync(group, cancellationToken);
            else if (Members.Of(page, Guests) is var members && Judge(null, members, isCut: false) is { State: OwnerState.TooFew })
                // A hidden membership, or a group that is about to go, looks like an empty one.
                doubtful.Add((index, graph.Groups[group].ToGetRequestInformation(AskForGroup), async found => await TooFewAsync(group, members, found, cancellationToken)));
            else
                readings[index] = Reading(group, Judge(null, members, isCut: false)) with { NotCounted = members.NotCounted };
        }

        var answers = await batch.AskAsync([.. doubtful.Select(doubt => doubt.Question)], cancellationToken);
        foreach (var (doubt, answer) in doubtful.Zip(answers)) readings[doubt.Index] = await doubt.Read(answer);
        return [.. readings.OfType<OwnerReading>()];
    }

    /// <summary>Each person's manager in batches (<c>GET /users/{id}/manager</c>, User.Read.All). 404 is a person without one, or one who is deleted.</summary>
    public async Task<ManagersReading> ReadManagersAsync(IReadOnlyCollection<string> personIds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(personIds);
        var batch = new GraphBatch(graph, rotation.Value.EffectTimeout, clock);
        var answers = await batch.AskAsync([.. personIds.Select(person => graph.Users[person].Manager.ToGetRequestInformation(request => request.QueryParameters.Select = s_userProperties))], cancellationToken);
        var (people, trouble) = (new List<OwnerPerson>(), (string?)null);
        foreach (var answer in answers)
        {
            if (answer.Status is 404 && IsNotThere(answer.Body)) continue;
            if (answer.Status is not 200) trouble = answer.Status is 403 ? Refused : Describe(answer.Trouble ?? new ApiException { ResponseStatusCode = answer.Status });
            else if (await ParseAsync<User>(answer, cancellationToken) is not { } manager || manager.AccountEnabled is null) trouble = "Managers are visible, their properties are not. Grant User.Read.All to the app's identity; a new grant may take hours.";
            else if (IsEnabledMember(manager)) people.Add(PersonOf(manager));
        }

        return new ManagersReading([.. people.DistinctBy(person => person.ObjectId, StringComparer.OrdinalIgnoreCase)], trouble);
    }

    private OwnerReading Gone(string group, BatchAnswer deleted) => deleted.Status switch
    {
        200 => Reading(group, (OwnerState.Gone, [], Restorable)),
        404 when IsNotThere(deleted.Body) => Reading(group, (OwnerState.Gone, [], NeverThere)),
        403 => Reading(group, (OwnerState.Gone, [], PerhapsRestorable)),
        _ => Failed(group, deleted),
    };

    private async Task<OwnerReading> TooFewAsync(string group, Members members, BatchAnswer answer, CancellationToken cancellationToken)
    {
        if (answer.Status is 404 && IsNotThere(answer.Body)) return Reading(group, (OwnerState.Gone, [], PerhapsRestorable));
        if (answer.Status is not 200 || await ParseAsync<Group>(answer, cancellationToken) is not { } found) return Failed(group, answer);
        return found.DeletedDateTime is not null ? Reading(group, (OwnerState.Gone, [], Restorable)) : Reading(group, Judge(found, members, isCut: false)) with { NotCounted = members.NotCounted };
    }

    private OwnerReading Failed(string group, BatchAnswer answer)
        => answer.Status is 403 || answer.Trouble is ApiException { ResponseStatusCode: 403 }
            ? Reading(group, (OwnerState.CannotSee, [], Refused))
            : Reading(group, (OwnerState.Unavailable, [], Describe(answer.Trouble ?? (answer.Status is 200 ? new InvalidDataException() : new ApiException { ResponseStatusCode = answer.Status }))));

    private OwnerReading Reading(string group, (OwnerState State, IReadOnlyList<OwnerPerson> People, string? Detail) judged)
        => new(group, null, judged.State, judged.People, clock.GetUtcNow(), judged.Detail);

    /// <summary>Null: nothing that can be read.</summary>
    private static async Task<T?> ParseAsync<T>(BatchAnswer answer, CancellationToken cancellationToken)
        where T : class, IParsable, new()
    {
        try
        {
            return await KiotaJsonSerializer.DeserializeAsync<T>(answer.Body, cancellationToken);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static bool IsNotThere(string body)
    {
        try
        {
            using var answer = JsonDocument.Parse(body);
            return answer.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object
                && error.TryGetProperty("code", out var code) && code.GetString() is { } text && text.EndsWith(NotThere, StringComparison.OrdinalIgnoreCase);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private async Task<Group?> FindGroupAsync(string groupId, CancellationToken cancellationToken)
    {
        try
        {
            return await graph.Groups[groupId].GetAsync(AskForGroup, cancellationToken)
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
            await graph.Directory.DeletedItems[groupId].GraphGroup.GetAsync(AskForDeletion, cancellationToken);
            return Restorable;
        }
        catch (ODataError error) when (IsNotThere(error))
        {
            return NeverThere;
        }
        catch (ApiException error) when (error.ResponseStatusCode is 403)
        {
            // That it is gone is known; only whether it can come back is not.
            return PerhapsRestorable;
        }
    }

    private async Task<OwnerReading> ReadMembersAsync(Group group, string groupId, Func<OwnerState, IReadOnlyList<OwnerPerson>, string?, OwnerReading> reading, CancellationToken cancellationToken)
    {
        var members = new Members([], [], IsAnyHidden: false);
        var isCut = false;
        var page = await FirstPageAsync(groupId, cancellationToken);
        for (var pages = 1; ; pages++)
        {
            members = members.And(Members.Of(page, Guests));
            if (page.OdataNextLink is not { Length: > 0 } next) break;
            isCut = pages == PagesMax;
            if (isCut) break;
            page = await NextPageAsync(groupId, next, cancellationToken);
        }

        var (state, people, detail) = Judge(group, members, isCut);
        return reading(state, people, detail) with { NotCounted = members.NotCounted };
    }

    /// <param name="group">Null: its members alone are known.</param>
    private static (OwnerState State, IReadOnlyList<OwnerPerson> People, string? Detail) Judge(Group? group, Members members, bool isCut)
    {
        var people = members.People;
        if (members.IsAnyHidden) return (OwnerState.CannotSee, people, "Members are visible, their properties are not. Grant User.Read.All to the app's identity; a new grant may take hours.");
        if (people.Count >= HealthyMin) return (OwnerState.Healthy, people, isCut ? Cut() : Unreachable(people));

        // A hidden membership looks like an empty group.
        return string.Equals(group?.Visibility, "HiddenMembership", StringComparison.OrdinalIgnoreCase)
            ? (OwnerState.CannotSee, people, "The group hides its members. Grant Member.Read.Hidden to the app's identity, or name a group that shows them; a new grant may take hours.")
            : (OwnerState.TooFew, people, isCut ? Cut() : Unreachable(people));
    }

    /// <summary>Enabled people among members, and whether there was one of whom nothing is shown.</summary>
    private sealed record Members(List<OwnerPerson> People, List<MemberNotCounted> NotCounted, bool IsAnyHidden)
    {
        public static Members Of(UserCollectionResponse page, bool withGuests)
        {
            // 200 with null properties is Graph's silent way to say that a permission is missing; it never means "disabled".
            var users = (page.Value ?? []).Where(user => user is { AccountEnabled: not null, Id.Length: > 0 }).ToList();
            return new Members(
                [.. users.Where(user => Fault(user, withGuests) is null).Select(PersonOf)],
                [.. users.Select(user => (User: user, Why: Fault(user, withGuests))).Where(one => one.Why is not null).Select(one => new MemberNotCounted(Bounded(one.User.Id)!, NameOf(one.User), one.Why!))],
                (page.Value ?? []).Any(user => user.AccountEnabled is null));
        }

        public Members And(Members more) => new([.. People, .. more.People], [.. NotCounted, .. more.NotCounted], IsAnyHidden || more.IsAnyHidden);
    }

    private static string Cut() => string.Create(CultureInfo.InvariantCulture, $"Only the first {PagesMax * PageSize} members were read; name a smaller group.");

    private static string? Unreachable(List<OwnerPerson> people)
        => people.Count(person => person.Address is null) is var count and > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{count} of {people.Count} enabled people have no mail address, so mail does not reach them.")
            : null;

    private async Task<UserCollectionResponse> FirstPageAsync(string groupId, CancellationToken cancellationToken)
    {
        return await graph.Groups[groupId].TransitiveMembers.GraphUser.GetAsync(
            AskForMembers,
            cancellationToken) ?? throw new InvalidDataException("Graph answered without members.");
    }

    private async Task<UserCollectionResponse> NextPageAsync(string groupId, string next, CancellationToken cancellationToken)
        => await graph.Groups[groupId].TransitiveMembers.GraphUser.WithUrl(GraphPages.AtHome(graph, next)).GetAsync(request => request.Headers.Add("ConsistencyLevel", "eventual"), cancellationToken)
            ?? throw new InvalidDataException("Graph answered without members.");

    private static void AskForGroup(RequestConfiguration<GroupItemRequestBuilder.GroupItemRequestBuilderGetQueryParameters> request)
        => request.QueryParameters.Select = ["id", "displayName", "deletedDateTime", "mail", "mailEnabled", "visibility"];

    private static void AskForDeletion(RequestConfiguration<Microsoft.Graph.DirectoryNamespace.DeletedItems.Item.GraphGroup.GraphGroupRequestBuilder.GraphGroupRequestBuilderGetQueryParameters> request)
        => request.QueryParameters.Select = ["id", "deletedDateTime"];

    private static void AskForMembers(RequestConfiguration<Microsoft.Graph.Groups.Item.TransitiveMembers.GraphUser.GraphUserRequestBuilder.GraphUserRequestBuilderGetQueryParameters> request)
    {
        request.Headers.Add("ConsistencyLevel", "eventual");
        request.QueryParameters.Count = true;
        request.QueryParameters.Select = s_userProperties;
        request.QueryParameters.Top = PageSize;
    }

    private bool Guests => rotation.Value.GuestsMayOwn;

    /// <summary>Why the user does not count; null when they do.</summary>
    private static string? Fault(User user, bool withGuests) => user switch
    {
        { AccountEnabled: not true } => "the account is disabled",
        _ when string.Equals(user.UserType, "Member", StringComparison.OrdinalIgnoreCase) => null,
        _ when withGuests && string.Equals(user.UserType, "Guest", StringComparison.OrdinalIgnoreCase) => null,
        _ => "is a guest of the tenant",
    };

    private static bool IsEnabledMember(User user) => user is { Id.Length: > 0 } && Fault(user, withGuests: false) is null;

    private static OwnerPerson PersonOf(User user) => new(Bounded(user.Id)!, NameOf(user), Address(user.Mail));

    private static string NameOf(User user) => Bounded(user.DisplayName) ?? Bounded(user.UserPrincipalName) ?? "";

    // A 404 of a proxy or of a wrong base address says nothing about the group.
    private static bool IsNotThere(ODataError error)
        => error.ResponseStatusCode is 404 && error.Error?.Code is { } code && code.EndsWith(NotThere, StringComparison.OrdinalIgnoreCase);

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
