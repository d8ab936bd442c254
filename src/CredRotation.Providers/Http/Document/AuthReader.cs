using System.Text.Json;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Hooks;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>Reads the ways to show who asks: the management credential, and the candidate that is tried.</summary>
internal static class AuthReader
{
    /// <summary>The management credential of a file that manages itself: the vault secret that is rotated.</summary>
    public const string Current = "current";

    private const string Self = "self";
    private static readonly string[] Forbidden = ["Host", "Connection", "Cookie", "Content-Length", "Content-Type", "Transfer-Encoding", "Upgrade", "Expect", "TE", "Trailer"];

    private const string Kinds = "use headers, bearer, basic, oauth2-client-credentials, token-request, azure-identity, hook or self";
    private static readonly string[] DeniedUnlessSaid = ["invalid_client", "unauthorized_client"];

    public static IReadOnlyDictionary<string, AuthScheme> Read(Node root, IReadOnlyDictionary<string, ParameterDeclaration> parameters, AllowedHosts hosts, bool needsManagement)
    {
        var schemes = new Dictionary<string, AuthScheme>(StringComparer.Ordinal);
        if (root.Need("auth", "describe management and candidate") is not { } auth || !auth.IsObjectOf("management", "candidate")) return schemes;

        if (needsManagement || auth.Find("management") is not null) Add("management", Known.Nothing);
        Add("candidate", Known.New);
        return schemes;

        void Add(string name, Known known)
        {
            if (auth.Need(name, "say how such a request shows who asks") is not { } node) return;

            var rules = new TemplateRules(parameters, known, HasSecrets: true);
            var isSelf = name is "management" && node.Find("kind") is { Element.ValueKind: JsonValueKind.String } kind && kind.Text() == Self;
            if (isSelf && (!node.IsObjectOf("kind") || auth.Find("candidate") is null)) return;
            if (ReadScheme(isSelf ? auth.Find("candidate")! : node, isSelf ? rules with { IsSelf = true } : rules, hosts) is { } scheme) schemes[name] = scheme;
        }
    }

    /// <summary>The credential that is rotated manages itself.</summary>
    public static bool IsSelf(Node root) => root.Find("auth")?.Find("management")?.Find("kind") is { Element.ValueKind: JsonValueKind.String } kind && kind.Text() == Self;

    public static bool IsHeaderName(string name) => name.Length is > 0 and <= 100 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');

    public static IReadOnlyList<HeaderTemplate> ReadHeaders(Node node, TemplateRules rules)
    {
        if (!node.IsObject()) return [];

        var headers = new List<HeaderTemplate>();
        foreach (var (name, value) in node.Members())
        {
            if (!IsHeaderName(name))
                value.Problem("is not a header name", "use letters, digits, - and _");
            else if (Forbidden.Contains(name, StringComparer.OrdinalIgnoreCase))
                value.Problem("is a header that the connection sets by itself", "remove it; body kinds set the content type");
            else if (Template.Read(value, rules) is { } template)
                headers.Add(new HeaderTemplate(name, template));
        }

        return headers;
    }

    private static AuthScheme? ReadScheme(Node node, TemplateRules rules, AllowedHosts hosts)
    {
        if (!node.IsObject()) return null;

        switch (node.Need("kind", Kinds)?.Text())
        {
            case null:
                return null;
            case "headers":
                return node.IsObjectOf("kind", "headers") && node.Need("headers", "name at least one header") is { } headers
                    ? new AuthScheme(ReadHeaders(headers, rules), null, null)
                    : null;
            case "bearer":
                return node.IsObjectOf("kind", "token") && node.Need("token", "name the token") is { } token && Template.Read(token, rules) is { } bearer
                    ? new AuthScheme([new HeaderTemplate("Authorization", bearer.After("Bearer "))], null, null)
                    : null;
            case "basic":
                return node.IsObjectOf("kind", "user", "password") ? ReadBasic(node, rules) : null;
            case "oauth2-client-credentials":
                return node.IsObjectOf("kind", "tokenUrl", "clientId", "clientSecret", "scope", "audience", "clientAuth", "denied") ? ReadClientCredentials(node, rules, hosts) : null;
            case "token-request":
                return node.IsObjectOf("kind", "basic", "request", "success", "token", "denied") ? ReadTokenRequest(node, rules, hosts) : null;
            case "azure-identity":
                return node.IsObjectOf("kind", "scope") && node.Need("scope", "name what the token is for, for example https://graph.microsoft.com/.default")?.Text() is { Length: > 0 } scope
                    ? AuthScheme.Nothing with { IdentityScope = scope }
                    : null;
            case "hook":
                return node.IsObjectOf("kind", "hook", "values") ? ReadHook(node, rules) : null;
            case Self:
                node.Find("kind")!.Problem("is a candidate that manages itself", "only management can be self");
                return null;
            default:
                node.Find("kind")!.Problem("is an unknown kind of auth", Kinds);
                return null;
        }
    }

    private static AuthScheme? ReadBasic(Node node, TemplateRules rules)
        => node.Need("user", "name the user") is { } user && Template.Read(user, rules) is { } name
            && node.Need("password", "name the password") is { } password && Template.Read(password, rules) is { } word
            ? new AuthScheme([], name, word)
            : null;

    /// <summary>RFC 6749 section 4.4: a form, and the client's secret in it or as Basic.</summary>
    private static AuthScheme? ReadClientCredentials(Node node, TemplateRules rules, AllowedHosts hosts)
    {
        var isBasic = (node.Find("clientAuth")?.Choice(("post", false), ("basic", true)) ?? false);
        var url = node.Need("tokenUrl", "write the address that gives tokens") is { } address ? UrlReader.Read(address, rules, hosts) : null;
        var id = node.Need("clientId", "name the client") is { } client ? Template.Read(client, rules) : null;
        var secret = node.Need("clientSecret", "name the client's secret") is { } word ? Template.Read(word, rules) : null;
        var fields = new List<KeyValuePair<string, Template>> { new("grant_type", Template.Fixed("client_credentials")) };
        foreach (var name in new[] { "scope", "audience" })
            if (node.Find(name) is { } more && Template.Read(more, rules) is { } template) fields.Add(new(name, template));
        if (url is null || id is null || secret is null) return null;

        if (!isBasic) fields.AddRange([new("client_id", id), new("client_secret", secret)]);
        var denied = node.Find("denied")?.Items().Select(item => item.Text()).OfType<string>().ToList() ?? [.. DeniedUnlessSaid];
        var token = JsonPointer.Parse("/access_token")!;
        var call = new Operation(new RequestTemplate(HttpMethod.Post, url, [], new BodyTemplate.Form(fields)), isBasic ? new AuthScheme([], id, secret) : AuthScheme.Nothing, [200], [new Predicate.Exists(token)]);
        return AuthScheme.Nothing with { Token = new TokenStep(call, new Pick.At(token), [new AnswerMatch([400, 401], JsonPointer.Parse("/error"), denied, [])]) };
    }

    /// <summary>A token from any other request than OAuth's, such as a GraphQL mutation.</summary>
    private static AuthScheme? ReadTokenRequest(Node node, TemplateRules rules, AllowedHosts hosts)
    {
        var scheme = node.Find("basic") is not { } basic ? AuthScheme.Nothing : basic.IsObjectOf("user", "password") ? ReadBasic(basic, rules) : null;
        var call = RequestReader.ReadCall(node, scheme, rules, hosts);
        var token = node.Need("token", "say where the answer holds the token") is { } place ? PickReader.Read(place, rules) : null;
        var denied = node.Find("denied")?.Items().Select(item => MatchReader.Read(item, rules)).OfType<AnswerMatch>().ToList() ?? [AnswerMatch.Of(401)];
        return call is null || token is null ? null : AuthScheme.Nothing with { Token = new TokenStep(call, token, denied) };
    }

    private static AuthScheme? ReadHook(Node node, TemplateRules rules)
    {
        if (node.Need("hook", "name the hook")?.Text() is not { } name) return null;
        if (RequestSigners.Find(name) is not { } signer)
        {
            node.Find("hook")!.Problem("is a hook that this version does not have", $"use one of {string.Join(", ", RequestSigners.All.Select(known => known.Name))}");
            return null;
        }

        if (node.Need("values", $"give {string.Join(", ", signer.Values)}") is not { } values || !values.IsObjectOf([.. signer.Values])) return null;

        var given = new Dictionary<string, Template>(StringComparer.Ordinal);
        foreach (var value in signer.Values)
            if (values.Need(value, "the hook takes it") is { } place && Template.Read(place, rules) is { } template) given[value] = template;
        return given.Count == signer.Values.Count ? AuthScheme.Nothing with { Signed = new SignedBy(signer, given) } : null;
    }
}
