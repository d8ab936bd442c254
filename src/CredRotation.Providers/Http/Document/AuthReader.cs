using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>Reads the two ways to show who asks: the management credential, and the candidate that is tried.</summary>
internal static class AuthReader
{
    private static readonly string[] Forbidden = ["Host", "Connection", "Cookie", "Content-Length", "Content-Type", "Transfer-Encoding", "Upgrade", "Expect", "TE", "Trailer"];

    public static IReadOnlyDictionary<string, AuthScheme> Read(Node root, IReadOnlyDictionary<string, ParameterDeclaration> parameters, bool needsManagement)
    {
        var schemes = new Dictionary<string, AuthScheme>(StringComparer.Ordinal);
        if (root.Need("auth", "describe management and candidate") is not { } auth || !auth.IsObjectOf("management", "candidate")) return schemes;

        if (needsManagement || auth.Find("management") is not null) Add("management", Known.Nothing);
        Add("candidate", Known.New);
        return schemes;

        void Add(string name, Known known)
        {
            if (auth.Need(name, "say how such a request shows who asks") is { } node
                && ReadScheme(node, new TemplateRules(parameters, known, HasSecrets: true)) is { } scheme)
                schemes[name] = scheme;
        }
    }

    public static IReadOnlyList<HeaderTemplate> ReadHeaders(Node node, TemplateRules rules)
    {
        if (!node.IsObject()) return [];

        var headers = new List<HeaderTemplate>();
        foreach (var (name, value) in node.Members())
        {
            if (name.Length is 0 or > 100 || !name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_'))
                value.Problem("is not a header name", "use letters, digits, - and _");
            else if (Forbidden.Contains(name, StringComparer.OrdinalIgnoreCase))
                value.Problem("is a header that the connection sets by itself", "remove it; body kinds set the content type");
            else if (Template.Read(value, rules) is { } template)
                headers.Add(new HeaderTemplate(name, template));
        }

        return headers;
    }

    private static AuthScheme? ReadScheme(Node node, TemplateRules rules)
    {
        if (!node.IsObject()) return null;

        switch (node.Need("kind", "use headers, bearer or basic")?.Text())
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
                return node.IsObjectOf("kind", "user", "password")
                    && node.Need("user", "name the user") is { } user && Template.Read(user, rules) is { } name
                    && node.Need("password", "name the password") is { } password && Template.Read(password, rules) is { } word
                    ? new AuthScheme([], name, word)
                    : null;
            case "oauth2-client-credentials" or "azure-identity" or "self":
                node.Find("kind")!.Problem("is a kind of auth that comes in a later version", "use headers, bearer or basic");
                return null;
            default:
                node.Find("kind")!.Problem("is an unknown kind of auth", "use headers, bearer or basic");
                return null;
        }
    }
}
