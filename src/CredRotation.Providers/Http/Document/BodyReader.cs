using System.Text.Json;
using System.Text.RegularExpressions;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>Reads what a request carries.</summary>
internal static partial class BodyReader
{
    public static BodyTemplate? Read(Node node, TemplateRules rules)
    {
        if (!node.IsObjectOf("kind", "value", "contentType")) return null;

        var kind = node.Need("kind", "use none, json or form")?.Choice(("none", 0), ("json", 1), ("form", 2));
        switch (kind)
        {
            case null:
                return null;
            case 0:
                node.Find("value")?.Problem("is given, but the body is none", "remove it or change kind");
                return new BodyTemplate.Nothing();
        }

        if (node.Need("value", "say what the body holds") is not { } value) return null;
        if (kind == 1) return ReadJson(value, rules with { IsJson = true }) is { } json ? new BodyTemplate.Json(json, ReadContentType(node)) : null;
        node.Find("contentType")?.Problem("is given, but a form has its own", "remove it");
        if (!value.IsObject()) return null;

        var fields = value.Members().Select(member => (member.Name, Value: Template.Read(member.Value, rules))).ToList();
        return fields.Exists(field => field.Value is null) ? null : new BodyTemplate.Form([.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value!))]);
    }

    private static string? ReadContentType(Node node)
    {
        if (node.Find("contentType") is not { } said || said.Text() is not { } type) return null;
        if (JsonType().IsMatch(type)) return type;

        said.Problem("is no media type of JSON", "write application/json or a type that ends in json, such as application/vnd.atlas.2024-08-05+json");
        return null;
    }

    public static JsonTemplate? ReadJson(Node node, TemplateRules rules)
    {
        switch (node.Kind)
        {
            case JsonValueKind.String:
                return Template.Read(node, rules) is { } text ? new JsonTemplate.Text(text) : null;
            case JsonValueKind.Array:
                var items = node.Items().Select(item => ReadJson(item, rules)).ToList();
                return items.Contains(null) ? null : new JsonTemplate.Items([.. items.OfType<JsonTemplate>()]);
            case JsonValueKind.Object:
                var members = node.Members().Select(member => (member.Name, Value: ReadJson(member.Value, rules))).ToList();
                return members.Exists(member => member.Value is null)
                    ? null
                    : new JsonTemplate.Members([.. members.Select(member => KeyValuePair.Create(member.Name, member.Value!))]);
            default:
                return new JsonTemplate.Constant(node.Element);
        }
    }

    [GeneratedRegex(@"\Aapplication/(?:[a-z0-9.+-]{1,80}\+)?json\z", RegexOptions.CultureInvariant)]
    private static partial Regex JsonType();
}
