using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>Reads where an answer holds one value.</summary>
internal static class PickReader
{
    private static readonly (string, InstantFormat)[] Formats =
        [("iso8601", InstantFormat.Iso8601), ("rfc2822", InstantFormat.Rfc1123), ("rfc1123", InstantFormat.Rfc1123), ("unixSeconds", InstantFormat.UnixSeconds), ("unixMilliseconds", InstantFormat.UnixMilliseconds), ("date", InstantFormat.Date)];

    public static Pick? Read(Node node, TemplateRules rules) => Read(node, rules, []);

    public static Pick? ReadInstant(Node node, TemplateRules rules) => Read(node, rules, ["format"]);

    /// <param name="more">What else this value may say of itself.</param>
    public static Pick? Read(Node node, TemplateRules rules, IReadOnlyList<string> more)
    {
        if (!node.IsObjectOf([.. more, "pointer", "header", "template", "items", "where", "either"])) return null;

        var format = more.Contains("format") && node.Find("format") is { } written ? written.Choice(Formats) ?? default : default;
        if (node.Find("template") is { } template) return Template.Read(template, rules with { HasSecrets = false }) is { } filled ? new Pick.Filled(filled) : null;
        if (node.Find("either") is { } either) return ReadEither(either, rules);
        if (node.Find("header") is { } header)
        {
            if (header.Text() is not { } name) return null;
            if (AuthReader.IsHeaderName(name)) return new Pick.InHeader(name, format);

            header.Problem("is not a header name", "use letters, digits, - and _");
            return null;
        }

        if (node.Need("pointer", "write a JSON Pointer")?.Pointer() is not { } pointer) return null;
        if (node.Find("items") is not { } items) return new Pick.At(pointer, format);

        var where = node.Need("where", "say what the one entry shows")?.Items().Select(item => PredicateReader.Read(item, rules with { HasSecrets = false })).OfType<Predicate>().ToList() ?? [];
        return items.Pointer() is { } list ? new Pick.Among(list, where, pointer, format) : null;
    }

    // Compared here a secret goes nowhere: only one of two words of the file comes out.
    private static Pick.Either? ReadEither(Node node, TemplateRules rules)
        => node.IsObjectOf("when", "then", "else")
            && node.Need("when", "say what the answer shows")?.AsPredicate(rules with { HasSecrets = true }) is { } when
            && node.Need("then", "write the word for it")?.Text() is { } then
            && node.Need("else", "write the word for the other case")?.Text() is { } otherwise
            ? new Pick.Either(when, then, otherwise)
            : null;
}
