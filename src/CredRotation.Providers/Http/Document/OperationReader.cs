using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>Every operation of a file, read.</summary>
internal sealed record Operations(Operation? Target, IssueOperation? Issue, Template? IssueSteps, VerifyOperation Verify, RetireOperation? Retire, Template? RetireSteps, ListOperation? List)
{
    public IEnumerable<Template> Templates
        => new[] { Target, Issue?.Call, Verify.Call, Retire?.Call, List?.Call }.OfType<Operation>().SelectMany(operation => operation.Templates)
            .Concat(List?.Only.OfType<Predicate.EqualsText>().Select(predicate => predicate.Expected) ?? [])
            .Concat(new[] { IssueSteps, RetireSteps }.OfType<Template>());
}

/// <summary>Reads the operations and checks that they can do what the traits promise.</summary>
internal sealed class OperationReader(
    IReadOnlyDictionary<string, ParameterDeclaration> parameters, AllowedHosts hosts, IReadOnlyDictionary<string, AuthScheme> auth, ProviderTraits traits)
{
    private const int StepsMax = 7, StepsLengthMax = 280;
    private static readonly int[] RefusedUnlessSaid = [401];
    private static readonly int[] ForbiddenUnlessSaid = [403];

    public Operations? Read(Node node)
    {
        if (!node.IsObjectOf("target", "issue", "verify", "retire", "list")) return null;

        var target = node.Find("target") is { } look ? ReadTarget(look) : null;
        var make = node.Need("issue", "describe the request that makes a new credential, or what a person does");
        var issueSteps = traits.HandedIn && make is not null ? ReadSteps(make, Known.Ticket) : null;
        var issue = !traits.HandedIn && make is not null ? ReadIssue(make) : null;
        var verify = node.Need("verify", "describe a read-only request that the new credential may make") is { } probe ? ReadVerify(probe) : null;
        var end = node.Find("retire");
        var retireSteps = traits.RetireBy is RetireBy.Human && end is not null ? ReadSteps(end, Known.Nothing) : null;
        var retire = traits.RetireBy is not RetireBy.Human && end is not null ? ReadRetire(end) : null;

        var list = node.Find("list") is { } all ? ReadList(all) : null;

        if (traits.CanList && node.Find("list") is null)
            node.Problem("lacks the member 'list'", "capabilities say that credentials can be listed, so describe the request, or set capabilities/list to none");
        if (!traits.CanList)
            node.Find("list")?.Problem("describes a call, but capabilities say that nothing can be listed", "remove it or set capabilities/list to full");
        if (traits.CanList && issue is not null && !Names(issue.Call, Source.Marker))
            node.Find("issue")!.Problem("never sends the marker, so that what a lost answer made could not be found in the list", "put {{marker}} where the list shows it");
        if (traits is { IssueEndangersOld: true, HandedIn: false } && node.Find("target") is null)
            node.Problem("lacks the member 'target'", "issuing here starts the end of the old credential, so describe a request that shows the target first");
        if (traits.RetireBy is RetireBy.TimerOnly)
            node.Find("retire")?.Problem("describes a call, but capabilities say that a timer retires", "remove it or correct retireBy");
        if (traits.RetireBy is not RetireBy.TimerOnly && node.Find("retire") is null)
            node.Problem("lacks the member 'retire'", "describe the request that ends the old credential, or set retireBy to timer");

        return (issue is not null || issueSteps is not null) && verify is not null ? new Operations(target, issue, issueSteps, verify, retire, retireSteps, list) : null;
    }

    private Operation? ReadTarget(Node node)
        => node.IsObjectOf("auth", "request", "success") ? ReadCall(node, "management", Known.Nothing) : null;

    private IssueOperation? ReadIssue(Node node)
    {
        if (!node.IsObjectOf("auth", "request", "success", "extract")) return null;

        var call = ReadCall(node, "management", Known.Ticket);
        if (node.Need("extract", "say where the answer holds the secret") is not { } extract
            || !extract.IsObjectOf("secret", "id", "expiresAt", "oldValidUntil"))
            return null;

        var secret = extract.Need("secret", "say where the answer holds the secret") is { } place ? ReadPick(place) : null;
        var id = extract.Find("id") is { } handle ? ReadPick(handle) : null;
        if (traits.RetireBy is RetireBy.Id && extract.Find("id") is null)
            extract.Problem("lacks the member 'id'", "capabilities say that an id retires, so say where the answer holds it");
        if (traits.IssueReplay is IssueReplay.IdempotencyKey && call is not null && !Names(call, Source.IdempotencyKey))
            node.Problem("never sends the idempotency key", "put {{idempotencyKey}} into a header or the body, or set issueReplay to none");

        return call is null || secret is null ? null : new IssueOperation(
            call,
            secret,
            id,
            extract.Find("expiresAt") is { } end ? ReadInstant(end) : null,
            extract.Find("oldValidUntil") is { } old ? ReadInstant(old) : null);
    }

    /// <summary>What a person does, as one line with numbered steps.</summary>
    private Template? ReadSteps(Node node, Known known)
    {
        if (!node.IsObjectOf("byPerson") || node.Need("byPerson", "say in short steps what a person does at the provider") is not { } said) return null;

        var rules = new TemplateRules(parameters, known, HasSecrets: false);
        var steps = said.Items().Select(step => Template.Read(step, rules)).OfType<Template>().ToList();
        if (steps.Count is 0 or > StepsMax || steps.Sum(step => step.Text.Length) > StepsLengthMax)
        {
            said.Problem("is not told in a few short steps", $"write 1 to {StepsMax} steps of at most {StepsLengthMax} characters together: they stand on a card");
            return null;
        }

        return steps.Select((step, index) => step.After($"{(index == 0 ? "" : " ")}{index + 1}. ")).Aggregate((one, next) => one.And(next));
    }

    private VerifyOperation? ReadVerify(Node node)
    {
        if (!node.IsObjectOf("auth", "request", "success", "identity", "credentialId", "refused", "forbidden")) return null;

        var call = ReadCall(node, "candidate", Known.New);
        if (call is not null && !Names(call, Source.NewSecret))
            node.Problem("never uses the new secret, so it proves nothing", "use \"auth\": \"candidate\" with {{new.secret}}");

        var identity = node.Find("identity") is { } owner ? ReadPick(owner) : null;
        var id = node.Find("credentialId") is { } tried ? ReadPick(tried) : null;
        var refused = ReadStatuses(node, "refused") ?? RefusedUnlessSaid;
        var forbidden = ReadStatuses(node, "forbidden") ?? ForbiddenUnlessSaid;
        if (refused.Intersect(forbidden).Any()) node.Problem("gives one status two meanings", "name each status under refused or forbidden, not both");
        return call is null ? null : new VerifyOperation(call, identity, id, refused, forbidden);
    }

    private RetireOperation? ReadRetire(Node node)
    {
        if (!node.IsObjectOf("auth", "request", "success", "alreadyGone")) return null;

        var call = ReadCall(node, "management", Known.Old);
        var handle = traits.RetireBy is RetireBy.SecretValue ? Source.OldSecret : Source.OldId;
        if (call is not null && traits.RetireBy is not RetireBy.TimerOnly && !Names(call, handle))
            node.Problem("never names what it retires", $"use {{{{{(handle is Source.OldId ? "old.id" : "old.secret")}}}}} in the request");
        return call is null ? null : new RetireOperation(call, ReadStatuses(node, "alreadyGone") ?? []);
    }

    private ListOperation? ReadList(Node node)
    {
        if (!node.IsObjectOf("auth", "request", "success", "items", "id", "marker", "only", "paging")) return null;

        var paging = node.Find("paging") is { } pages ? ReadPaging(pages) : null;
        var call = ReadCall(node, "management", node.Find("paging") is null ? Known.Nothing : Known.Page);
        if (paging is not null && call is not null && !Names(call, Source.Page))
            node.Problem("never says which page it asks for", "put {{page}} into the url, or remove paging where one answer is everything");

        var items = node.Need("items", "say where the answer holds its entries")?.Pointer();
        var id = node.Need("id", "say where an entry holds its id")?.Pointer();
        var marker = node.Need("marker", "say where an entry holds the marker it was issued under")?.Pointer();
        var rules = new TemplateRules(parameters, Known.Nothing, HasSecrets: false);
        var only = node.Find("only")?.Items().Select(item => PredicateReader.Read(item, rules)).OfType<Predicate>().ToList() ?? [];
        return call is null || items is null || id is null || marker is null ? null : new ListOperation(call, items, id, marker, only, paging);
    }

    private static Paging? ReadPaging(Node node)
    {
        if (!node.IsObjectOf("first", "pages", "total")) return null;

        var first = node.Need("first", "write the number of the first page, 0 or 1")?.Integer(0, 1);
        var pages = node.Need("pages", "say where an answer holds the number of pages")?.Pointer();
        var total = node.Need("total", "say where an answer holds the number of entries on all pages")?.Pointer();
        return first is null || pages is null || total is null ? null : new Paging(first.Value, pages, total);
    }

    private static IReadOnlyList<int>? ReadStatuses(Node node, string name)
    {
        if (node.Find(name) is not { } said || !said.IsObjectOf("status")) return null;

        var statuses = said.Need("status", "list the statuses")?.Statuses() ?? [];
        if (statuses.Any(status => status is < 400 or >= 500)) said.Problem("names a status that says nothing of the kind", "use 400 to 499");
        return statuses;
    }

    private Operation? ReadCall(Node node, string standardAuth, Known known)
    {
        var rules = new TemplateRules(parameters, known, HasSecrets: true);
        var scheme = ReadAuth(node, standardAuth, known);
        var request = node.Need("request", "describe method and url") is { } asked ? ReadRequest(asked, rules) : null;
        if (node.Need("success", "list the statuses that mean success") is not { } success || !success.IsObjectOf("status", "require")) return null;

        var statuses = success.Need("status", "list the statuses that mean success")?.Statuses() ?? [];
        if (statuses.Any(status => status is < 200 or > 299)) success.Find("status")!.Problem("calls something a success that is none", "use 200 to 299");
        var require = success.Find("require")?.Items().Select(item => PredicateReader.Read(item, rules with { HasSecrets = false })).OfType<Predicate>().ToList() ?? [];
        return scheme is null || request is null ? null : new Operation(request, scheme, statuses, require);
    }

    private AuthScheme? ReadAuth(Node node, string standard, Known known)
    {
        var name = node.Find("auth") is { } said ? said.Choice(("management", 0), ("candidate", 1)) is { } choice ? (choice == 0 ? "management" : "candidate") : null : standard;
        if (name == "candidate" && known is not Known.New)
        {
            node.Find("auth")!.Problem("tries a candidate where there is none", "use management; only verify has a candidate");
            return null;
        }

        // A scheme that is missing was told of where the schemes are read.
        return name is not null && auth.TryGetValue(name, out var scheme) ? scheme : null;
    }

    private RequestTemplate? ReadRequest(Node node, TemplateRules rules)
    {
        if (!node.IsObjectOf("method", "url", "headers", "body")) return null;

        var method = node.Need("method", "use GET, POST, PUT, PATCH or DELETE")?.Choice(("GET", 0), ("POST", 1), ("PUT", 2), ("PATCH", 3), ("DELETE", 4)) switch
        {
            0 => HttpMethod.Get,
            1 => HttpMethod.Post,
            2 => HttpMethod.Put,
            3 => HttpMethod.Patch,
            _ => HttpMethod.Delete,
        };
        var url = node.Need("url", "write the address") is { } address ? UrlReader.Read(address, rules, hosts) : null;
        var headers = node.Find("headers") is { } named ? AuthReader.ReadHeaders(named, rules) : [];
        var body = node.Find("body") is { } carried ? BodyReader.Read(carried, rules) : new BodyTemplate.Nothing();
        return url is null || body is null ? null : new RequestTemplate(method, url, headers, body);
    }

    private static Pick? ReadPick(Node node)
        => node.IsObjectOf("pointer") && node.Need("pointer", "write a JSON Pointer")?.Pointer() is { } pointer ? new Pick(pointer) : null;

    private static Pick? ReadInstant(Node node)
    {
        if (!node.IsObjectOf("pointer", "format") || node.Need("pointer", "write a JSON Pointer")?.Pointer() is not { } pointer) return null;

        var format = node.Find("format")?.Choice(("iso8601", InstantFormat.Iso8601), ("rfc1123", InstantFormat.Rfc1123), ("unixSeconds", InstantFormat.UnixSeconds));
        return new Pick(pointer, format ?? InstantFormat.Iso8601);
    }

    private static bool Names(Operation operation, Source source)
        => operation.Request.Templates.Concat(operation.Auth.Templates).SelectMany(template => template.Placeholders).Any(placeholder => placeholder.Source == source);
}
