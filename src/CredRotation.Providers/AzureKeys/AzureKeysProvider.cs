using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;

namespace CredRotation.Providers.AzureKeys;

/// <summary>
/// The two keys of an Azure resource: regenerates the one that consumers do not run and reads it from the list, whatever the answer to
/// "regenerate" held. A probe compares with the list: it shows that a value is a live key of the resource, not that every front end takes it already.
/// </summary>
internal sealed class AzureKeysProvider(ArmClient arm, CloudEndpoints cloud) : ICredentialProvider
{
    public const string KindName = "azure-resource-key";

    private const string TypeName = "type", FormName = "value", KeyForm = "key", ConnectionStringForm = "connectionString";

    // Judgement: at once is minutes at the resource's front ends; an operation of a large Cosmos DB account is known to take long.
    private static readonly TimeSpan s_soon = TimeSpan.FromMinutes(5), s_later = TimeSpan.FromHours(1), s_poll = TimeSpan.FromSeconds(15);

    public string Kind => KindName;

    public string Configuration => """{"provider":"azure-resource-key","version":1}""";

    public IReadOnlyList<string> SecretNames => [];

    public ProviderFacts Facts { get; } = new(ProviderGroup.Azure, ProviderStatus.Contract,
        ["on the resource, for the app's identity: the actions of its type that list and regenerate keys, as the table names them; for Storage the role Storage Account Key Operator Service Role"],
        "Azure REST API specifications and resource type definitions, per line of the table", new DateOnly(2026, 11, 22));

    public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters)
    {
        var isQuick = ResourceOf(parameters) is { Answer: not RegenerateAnswer.Operation };
        return new ProviderTraits
        {
            Topology = Topology.Pair,
            // The list shows no time, so a key that was there before and one that a lost call made look alike: regenerating again is sure.
            IssueReplay = IssueReplay.ReissueCancelsPending,
            OldValidity = OldValidity.UntilRetired,
            RetireBy = RetireBy.Id,
            Slots = 2,
            RetireDelayMax = isQuick ? s_soon : s_later,
            LandingMax = isQuick ? s_soon : s_later,
        };
    }

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters)
    {
        foreach (var name in parameters.Keys.Where(name => name is not (TypeName or FormName)).Order(StringComparer.Ordinal))
            yield return $"{name} is not known to {KindName}. Remove it, or use one of {TypeName}, {FormName}.";
        if (ResourceOf(parameters) is not { } resource)
        {
            yield return $"{TypeName} must name the type of resource for {KindName}. Set it to one of {string.Join(", ", KeyedResources.All.Keys.Order(StringComparer.Ordinal))}.";
            yield break;
        }

        if (FormOf(parameters) is not (KeyForm or ConnectionStringForm)) yield return $"{FormName} is not usable by {KindName}. Set it to {KeyForm} or {ConnectionStringForm}, or leave it out for {KeyForm}.";
        else if (FormOf(parameters) is ConnectionStringForm && !resource.GivesConnectionString) yield return $"{FormName} is {ConnectionStringForm}, and {resource.Name} has none. Set it to {KeyForm}.";
    }

    public async Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new TargetOutcome.Unreadable("target-is-no-such-resource", null);

        using var answer = await ListAsync(at, cancellationToken);
        if (IsSuccess(answer))
        {
            return answer.Body is null ? new TargetOutcome.Unknown(answer.Words, answer.RemoteDate)
                : ListedKey.ReadPair(at.Resource, answer.Body) is null ? new TargetOutcome.Unreadable("keys-not-listed", answer.RemoteDate)
                : new TargetOutcome.Readable(answer.RemoteDate);
        }

        return ArmTrouble.Of(answer) switch
        {
            ArmMeaning.Refused => new TargetOutcome.Unreadable(ArmTrouble.Code(answer), answer.RemoteDate),
            ArmMeaning.Later => new TargetOutcome.Throttled(After(answer), answer.RemoteDate),
            _ => new TargetOutcome.Unknown(answer.Words, answer.RemoteDate),
        };
    }

    public async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new IssueOutcome.Rejected("target-is-no-such-resource");
        if (at.Resource.Slot(ticket.OldId) is not { } running) return new IssueOutcome.Rejected("slot-unknown");

        var idle = at.Resource.Other(running);
        using var answer = await RegenerateAsync(at, idle, "issue", cancellationToken);
        if (!IsSuccess(answer))
        {
            return ArmTrouble.Of(answer) switch
            {
                ArmMeaning.Refused => new IssueOutcome.Rejected(ArmTrouble.Code(answer)),
                ArmMeaning.Later => new IssueOutcome.Throttled(After(answer)),
                _ => new IssueOutcome.Unknown(answer.Words),
            };
        }

        // A success whose body did not arrive whole is one all the same: the key is read from the list.
        if (!IsUnderWay(answer)) return await ReadAsync(at, idle, cancellationToken);

        return arm.Trusted(ArmClient.Link(answer)) is { } link
            ? new IssueOutcome.Pending($"Azure is still writing {idle.Name} of the resource.", After(answer)) { Handle = $"{idle.Name} {link.AbsoluteUri}" }
            : new IssueOutcome.Unknown("Azure began to write the key and did not say where to watch that.");
    }

    public async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new ProbeOutcome.Unknown("Nothing was sent: the target is no resource of the account's type.", null);

        using var answer = await ListAsync(at, cancellationToken);
        if (!IsSuccess(answer))
        {
            return ArmTrouble.Of(answer) is ArmMeaning.Later
                ? new ProbeOutcome.Throttled(After(answer), answer.RemoteDate)
                : new ProbeOutcome.Unknown(answer.Words, answer.RemoteDate);
        }

        if (ListedKey.ReadPair(at.Resource, answer.Body) is not { } keys) return new ProbeOutcome.Unknown(answer.Body is null ? answer.Words : "The list does not hold both keys.", answer.RemoteDate);

        var slot = keys.FirstOrDefault(key => IsOf(candidate.Value, key.Value, at.Form)).Key;
        return slot is null ? new ProbeOutcome.Refused(answer.RemoteDate) : new ProbeOutcome.Works(at.Id.ToLowerInvariant(), answer.RemoteDate) { CredentialId = slot };
    }

    /// <summary>Ends a key by regenerating it; what the slot holds then is known to nobody until the next rotation regenerates it again.</summary>
    public async Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new RetireOutcome.Rejected("target-is-no-such-resource");
        if (at.Resource.Slot(ticket.Id) is not { } slot) return new RetireOutcome.Rejected("slot-unknown");

        using var answer = await RegenerateAsync(at, slot, "retire", cancellationToken);
        if (IsSuccess(answer)) return new RetireOutcome.Retired();

        return ArmTrouble.Of(answer) switch
        {
            ArmMeaning.Refused => new RetireOutcome.Rejected(ArmTrouble.Code(answer)),
            ArmMeaning.Later => new RetireOutcome.Throttled(After(answer)),
            _ => new RetireOutcome.Unknown(answer.Words),
        };
    }

    /// <summary>Watches the operation of a pending issue; without one nothing can be told.</summary>
    public async Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at || ticket.Handle?.Split(" http", 2) is not [var name, var rest] || at.Resource.Slot(name) is not { } slot || arm.Trusted($"http{rest}") is not { } link) return new RecoverOutcome.Indeterminate();

        using var answer = await arm.WatchAsync(link, cancellationToken);
        var state = answer.Status is 200 ? answer.Body?.Text(ArmTrouble.Status) : null;
        if (answer.Status is 202 || state is not (null or "Succeeded" or "Failed" or "Canceled")) return new RecoverOutcome.Pending($"Azure is still writing {slot.Name} of the resource.", After(answer));
        if (state is "Failed" or "Canceled") return new RecoverOutcome.NotIssued();
        if (!IsSuccess(answer) || (answer.Status is 200 && answer.Trouble is not null)) return ArmTrouble.Of(answer) is ArmMeaning.Later ? new RecoverOutcome.Pending("Azure asks to come back later.", After(answer)) : new RecoverOutcome.Indeterminate();

        return await ReadAsync(at, slot, cancellationToken) is IssueOutcome.Issued issued ? new RecoverOutcome.Issued(issued) : new RecoverOutcome.Indeterminate();
    }

    // Both places are always taken, so a list of them shows nothing that was issued.
    public Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ListedCredential>?>(null);

    private async Task<IssueOutcome> ReadAsync(Place at, KeySlot slot, CancellationToken cancellationToken)
    {
        using var answer = await ListAsync(at, cancellationToken);
        if (!IsSuccess(answer) || ListedKey.ReadPair(at.Resource, answer.Body) is not { } keys) return new IssueOutcome.Unknown($"The key was regenerated and could not be read. {answer.Words}");

        var key = keys[slot.Name];
        var value = at.Form is KeyForm ? key.Key : key.ConnectionString ?? Compose(at, key.Key);
        return new IssueOutcome.Issued(new SecretText(value), slot.Name, null, null);
    }

    private async Task<Answer> RegenerateAsync(Place at, KeySlot slot, string operation, CancellationToken cancellationToken)
    {
        var body = slot.Send?.DeepClone() as JsonObject;
        if (at.Resource.SendsIdAs is { } member)
        {
            // The id of a key changes whenever it is regenerated, so it is looked up each time.
            var listed = await ListAsync(at, cancellationToken);
            if (!IsSuccess(listed)) return listed;
            using (listed)
            {
                if (ListedKey.ReadPair(at.Resource, listed.Body)?[slot.Name].Id is not { Length: > 0 } id) return Answer.NotSent("the list does not hold the key's id");
                body = new JsonObject { [member] = id };
            }
        }

        return await arm.PostAsync(operation, at.Id, slot.Regenerate ?? at.Resource.Regenerate!, at.Resource.ApiVersion, body, cancellationToken);
    }

    private Task<Answer> ListAsync(Place at, CancellationToken cancellationToken) => arm.PostAsync("list", at.Id, at.Resource.List, at.Resource.ApiVersion, null, cancellationToken);

    private string Compose(Place at, string key)
        => at.Resource.ConnectionString!
            .Replace("{name}", ArmResourceId.AccountOf(at.Id), StringComparison.Ordinal)
            .Replace("{storageSuffix}", cloud.StorageSuffix, StringComparison.Ordinal)
            .Replace("{key}", key, StringComparison.Ordinal);

    // People order the parts of a connection string as they like; the key in it is what tells.
    private static bool IsOf(SecretText candidate, ListedKey key, string form)
        => form is KeyForm ? candidate.RevealToRemote() == key.Key : candidate.RevealToRemote().Contains(key.Key, StringComparison.Ordinal);

    private static bool IsSuccess(Answer answer) => answer.Status is >= 200 and < 300;

    // Some answer 200 or 201 and still name an operation.
    private static bool IsUnderWay(Answer answer) => answer.Status is 202 || ArmClient.Link(answer) is not null;

    private TimeSpan After(Answer answer) => answer.RetryAfter is { } after && after > TimeSpan.Zero ? after : answer.Status is 202 or 200 ? s_poll : arm.DefaultRetryAfter;

    private static string FormOf(IReadOnlyDictionary<string, string> parameters) => parameters.GetValueOrDefault(FormName) ?? KeyForm;

    private static KeyedResource? ResourceOf(IReadOnlyDictionary<string, string> parameters)
        => parameters.TryGetValue(TypeName, out var type) ? KeyedResources.All.GetValueOrDefault(type) : null;

    private static Place? Resolve(ProviderTarget target)
        => ResourceOf(target.Parameters) is { } resource && ArmResourceId.Parse(target.Target, resource.Types) is { } id ? new Place(resource, id, FormOf(target.Parameters)) : null;

    /// <summary>One resource, and in which form consumers want its keys.</summary>
    private sealed record Place(KeyedResource Resource, string Id, string Form);
}
