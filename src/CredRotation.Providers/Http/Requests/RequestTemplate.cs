using System.Text.Json;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Requests;

/// <summary>A header with its value to fill.</summary>
internal sealed record HeaderTemplate(string Name, Template Value);

/// <summary>How a request shows who asks: headers, or a user and password for Basic.</summary>
internal sealed record AuthScheme(IReadOnlyList<HeaderTemplate> Headers, Template? User, Template? Password)
{
    public IEnumerable<Template> Templates
        => Headers.Select(header => header.Value).Append(User).Append(Password).OfType<Template>();
}

/// <summary>What a request carries.</summary>
internal abstract record BodyTemplate
{
    public sealed record Nothing : BodyTemplate;

    public sealed record Form(IReadOnlyList<KeyValuePair<string, Template>> Fields) : BodyTemplate;

    public sealed record Json(JsonTemplate Value) : BodyTemplate;
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
