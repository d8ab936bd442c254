using System.Text.Json;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Hooks;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Requests;

/// <summary>A header with its value to fill.</summary>
internal sealed record HeaderTemplate(string Name, Template Value);

/// <summary>How a request shows who asks: headers, a user and password for Basic, a token that is fetched first, the app's own identity, or a signature.</summary>
internal sealed record AuthScheme(IReadOnlyList<HeaderTemplate> Headers, Template? User, Template? Password)
{
    public static AuthScheme Nothing { get; } = new([], null, null);

    /// <summary>Asked for anew with every call: a token that is kept hides a dead secret.</summary>
    public TokenStep? Token { get; init; }

    /// <summary>For what the app's own identity is asked for a token.</summary>
    public string? IdentityScope { get; init; }

    public SignedBy? Signed { get; init; }

    public IEnumerable<Template> AllTemplates
        => Headers.Select(header => header.Value).Append(User).Append(Password).OfType<Template>().Concat(Token?.Call.Templates ?? []).Concat(Signed?.Values.Values ?? []);
}

/// <summary>A request that gives a token for the one that follows.</summary>
/// <param name="Denied">The answers that refuse the credential, and say nothing else.</param>
internal sealed record TokenStep(Operation Call, Pick Token, IReadOnlyList<AnswerMatch> Denied);

/// <summary>A signer by name, with what it takes.</summary>
internal sealed record SignedBy(IRequestSigner Signer, IReadOnlyDictionary<string, Template> Values);

/// <summary>What a request carries.</summary>
internal abstract record BodyTemplate
{
    public sealed record Nothing : BodyTemplate;

    public sealed record Form(IReadOnlyList<KeyValuePair<string, Template>> Fields) : BodyTemplate;

    /// <param name="ContentType">Null: application/json.</param>
    public sealed record Json(JsonTemplate Value, string? ContentType) : BodyTemplate;
}

/// <summary>A JSON value whose texts are templates; numbers, flags and nulls stay what they are.</summary>
internal abstract record JsonTemplate
{
    public sealed record Text(Template Value) : JsonTemplate;

    public sealed record Constant(JsonElement Value) : JsonTemplate;

    public sealed record Members(IReadOnlyList<KeyValuePair<string, JsonTemplate>> Values) : JsonTemplate;

    public sealed record Items(IReadOnlyList<JsonTemplate> Values) : JsonTemplate;
}

/// <summary>One request of a vendor, parsed and checked.</summary>
internal sealed record RequestTemplate(HttpMethod Method, Template Url, IReadOnlyList<HeaderTemplate> Headers, BodyTemplate Body)
{
    /// <summary>Every template of the request.</summary>
    public IEnumerable<Template> Templates
        => Headers.Select(header => header.Value).Append(Url).Concat(Body switch
        {
            BodyTemplate.Form form => form.Fields.Select(member => member.Value),
            BodyTemplate.Json json => In(json.Value),
            _ => [],
        });

    private static IEnumerable<Template> In(JsonTemplate json) => json switch
    {
        JsonTemplate.Text text => [text.Value],
        JsonTemplate.Members members => members.Values.SelectMany(member => In(member.Value)),
        JsonTemplate.Items items => items.Values.SelectMany(In),
        _ => [],
    };
}
