using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CredRotation.Sandbox.Inbox;

/// <summary>Draws the part of adaptive cards that CredRotation sends as HTML, every text encoded; what it cannot draw is named, never left out.</summary>
public static class CardDrawing
{
    private const int DepthMax = 8;

    /// <summary>Draws each card of a webhook's message.</summary>
    public static string Draw(string message)
    {
        var html = new StringBuilder();
        if (Cards(message) is not { Count: > 0 } cards) return Undrawn("a message without a card");
        foreach (var card in cards)
        {
            html.Append("<div class=\"card\">");
            Elements(html, card["body"], 0);
            Actions(html, card["actions"]);
            html.Append("</div>");
        }

        return html.ToString();
    }

    private static List<JsonObject> Cards(string message)
    {
        try
        {
            return [.. (JsonNode.Parse(message)?["attachments"] as JsonArray ?? []).Select(attachment => (attachment as JsonObject)?["content"]).OfType<JsonObject>()];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    private static void Elements(StringBuilder html, JsonNode? elements, int depth)
    {
        foreach (var element in (elements as JsonArray ?? []).OfType<JsonObject>())
        {
            switch (Text(element, "type"))
            {
                case "TextBlock": TextBlock(html, element); break;
                case "FactSet": Facts(html, element); break;
                case "Container" when depth < DepthMax: Elements(html, element["items"], depth + 1); break;
                case "ActionSet": Actions(html, element["actions"]); break;
                case var other: html.Append(Undrawn(other)); break;
            }
        }
    }

    private static void TextBlock(StringBuilder html, JsonObject element)
    {
        // The title is what a reader of headings looks for.
        var tag = Text(element, "size").ToUpperInvariant() is "LARGE" or "EXTRALARGE" ? "h2" : "p";
        List<string> classes = [Tone(Text(element, "color"))];
        if (Text(element, "weight").Equals("bolder", StringComparison.OrdinalIgnoreCase)) classes.Add("strong");
        if (element["isSubtle"] is JsonValue subtle && subtle.TryGetValue<bool>(out var isSubtle) && isSubtle) classes.Add("soft");
        html.Append('<').Append(tag).Append(" class=\"").AppendJoin(' ', classes).Append("\">").Append(Encoded(Text(element, "text"))).Append("</").Append(tag).Append('>');
    }

    private static void Facts(StringBuilder html, JsonObject element)
    {
        html.Append("<dl>");
        foreach (var fact in (element["facts"] as JsonArray ?? []).OfType<JsonObject>())
            html.Append("<div><dt>").Append(Encoded(Text(fact, "title"))).Append("</dt><dd>").Append(Encoded(Text(fact, "value"))).Append("</dd></div>");
        html.Append("</dl>");
    }

    private static void Actions(StringBuilder html, JsonNode? actions)
    {
        foreach (var action in (actions as JsonArray ?? []).OfType<JsonObject>())
        {
            // As in Teams: from a webhook only links work, and only to the web.
            if (Text(action, "type") == "Action.OpenUrl" && Uri.TryCreate(Text(action, "url"), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
                html.Append("<p><a class=\"button\" rel=\"noreferrer\" href=\"").Append(HtmlEncoder.Default.Encode(uri.AbsoluteUri)).Append("\">").Append(Encoded(Text(action, "title"))).Append("</a></p>");
            else html.Append(Undrawn(Text(action, "type")));
        }
    }

    private static string Tone(string color) => color.ToUpperInvariant() switch
    {
        "GOOD" => "good",
        "WARNING" => "warn",
        "ATTENTION" => "bad",
        "ACCENT" => "accent",
        _ => "plain",
    };

    private static string Text(JsonObject element, string member) => element[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    // A card's text is Markdown: what was escaped stands for itself.
    private static string Encoded(string markdown)
    {
        var plain = new StringBuilder();
        for (var index = 0; index < markdown.Length; index++)
        {
            if (markdown[index] == '\\' && index + 1 < markdown.Length && char.IsAscii(markdown[index + 1]) && (char.IsPunctuation(markdown[index + 1]) || char.IsSymbol(markdown[index + 1]))) index++;
            plain.Append(markdown[index]);
        }

        return HtmlEncoder.Default.Encode(plain.ToString());
    }

    private static string Undrawn(string what) => $"<p class=\"bad\">Not drawn here: {HtmlEncoder.Default.Encode(what.Length == 0 ? "something without a type" : what)}.</p>";
}
