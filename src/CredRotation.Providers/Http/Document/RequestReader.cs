using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>Reads one request and what a good answer to it looks like.</summary>
internal static class RequestReader
{
    public static RequestTemplate? Read(Node node, TemplateRules rules, AllowedHosts hosts)
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

    /// <summary>Request and success of an object that has them as members.</summary>
    public static Operation? ReadCall(Node node, AuthScheme? scheme, TemplateRules rules, AllowedHosts hosts)
    {
        var request = node.Need("request", "describe method and url") is { } asked ? Read(asked, rules, hosts) : null;
        if (node.Need("success", "list the statuses that mean success") is not { } success || !success.IsObjectOf("status", "require")) return null;

        var statuses = success.Need("status", "list the statuses that mean success")?.Statuses() ?? [];
        if (statuses.Any(status => status is < 200 or > 299)) success.Find("status")!.Problem("calls something a success that is none", "use 200 to 299");
        var require = ReadPredicates(success.Find("require"), rules);
        return scheme is null || request is null ? null : new Operation(request, scheme, statuses, require);
    }

    public static IReadOnlyList<Predicate> ReadPredicates(Node? node, TemplateRules rules)
        => node?.Items().Select(item => PredicateReader.Read(item, rules with { HasSecrets = false })).OfType<Predicate>().ToList() ?? [];
}
