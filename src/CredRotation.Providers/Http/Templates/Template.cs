using CredRotation.Providers.Http.Document;

namespace CredRotation.Providers.Http.Templates;

/// <summary>Text with places to fill, parsed and checked once when the file is loaded: <c>{{name}}</c> or <c>{{name|filter}}</c>.</summary>
internal sealed class Template
{
    private const string Opening = "{{";
    private const string Closing = "}}";

    private Template(string text, IReadOnlyList<TemplatePart> parts) => (Text, Parts) = (text, parts);

    /// <summary>Words without any place to fill.</summary>
    public static Template Fixed(string words) => new(words, [new TemplatePart(words, null)]);

    public string Text { get; }

    public IReadOnlyList<TemplatePart> Parts { get; }

    public IEnumerable<Placeholder> Placeholders => Parts.Select(part => part.Placeholder).OfType<Placeholder>();

    /// <summary>The template is one placeholder and nothing else.</summary>
    public Placeholder? Only => Parts.Count == 1 ? Parts[0].Placeholder : null;

    /// <summary>Reads a text of the file; null when it told a problem.</summary>
    public static Template? Read(Node node, TemplateRules rules)
    {
        if (node.Text() is not { } text) return null;

        var parts = new List<TemplatePart>();
        var rest = text.AsSpan();
        while (rest.IndexOf(Opening, StringComparison.Ordinal) is >= 0 and var start)
        {
            var length = rest[start..].IndexOf(Closing, StringComparison.Ordinal);
            if (length < 0)
            {
                node.Problem("has a placeholder that never ends", "close it with }}");
                return null;
            }

            if (start > 0) parts.Add(new TemplatePart(rest[..start].ToString(), null));
            var inner = rest.Slice(start + Opening.Length, length - Opening.Length).ToString();
            if (PlaceholderReader.Read(node, inner, rules) is not { } placeholder) return null;
            parts.Add(new TemplatePart("", placeholder));
            rest = rest[(start + length + Closing.Length)..];
        }

        if (rest.Length > 0) parts.Add(new TemplatePart(rest.ToString(), null));
        if (parts.Count > 1 && parts.Find(part => part.Placeholder is { IsWhole: true }).Placeholder is { } whole)
        {
            node.Problem($"puts {(whole.Filter is Filter.List ? "a list" : "JSON")} into the middle of a text", $"write {{{{p.name|{(whole.Filter is Filter.List ? "list" : "json")}}}}} as a whole value of a JSON body");
            return null;
        }

        return new Template(text, parts);
    }

    /// <summary>The same template behind fixed words.</summary>
    public Template After(string words) => new(words + Text, [new TemplatePart(words, null), .. Parts]);

    /// <summary>This one, and then another.</summary>
    public Template And(Template next) => new(Text + next.Text, [.. Parts, .. next.Parts]);

    /// <summary>Fills every place; the result may hold a secret and belongs on the wire.</summary>
    public string Expand(TemplateValues values) => Expand(values, (_, value) => value);

    public string Expand(TemplateValues values, Func<Placeholder, string, string> encode)
        => string.Concat(Parts.Select(part => part.Placeholder is { } placeholder ? encode(placeholder, values.Write(placeholder)) : part.Literal));

    public override string ToString() => Text;
}

/// <summary>Either words that stand as they are, or a place to fill.</summary>
internal readonly record struct TemplatePart(string Literal, Placeholder? Placeholder);
