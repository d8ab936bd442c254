using System.Text.Json.Nodes;

namespace CredRotation.Pages.Cards;

/// <summary>Builds the one shape of adaptive card that we send: title, text, facts, a link.</summary>
internal sealed class Card(string title, string tone)
{
    private readonly List<string> _texts = [];
    private readonly JsonArray _facts = [];
    private JsonObject? _link;

    public Card Saying(string text)
    {
        _texts.Add(text);
        return this;
    }

    public Card Fact(string name, string value)
    {
        _facts.Add(new JsonObject { ["title"] = name, ["value"] = value });
        return this;
    }

    public Card Link(string name, Uri uri)
    {
        _link = new JsonObject { ["type"] = "Action.OpenUrl", ["title"] = name, ["url"] = uri.AbsoluteUri };
        return this;
    }

    public JsonObject Build()
    {
        var body = new JsonArray { new JsonObject { ["type"] = "TextBlock", ["text"] = title, ["wrap"] = true, ["weight"] = "bolder", ["size"] = "large", ["color"] = tone } };
        foreach (var text in _texts.Take(1)) body.Add(Text(text));
        body.Add(new JsonObject { ["type"] = "FactSet", ["facts"] = _facts });
        foreach (var text in _texts.Skip(1)) body.Add(Text(text));

        return new JsonObject
        {
            ["type"] = "message",
            ["attachments"] = new JsonArray
            {
                new JsonObject
                {
                    ["contentType"] = "application/vnd.microsoft.card.adaptive",
                    ["contentUrl"] = null,
                    ["content"] = new JsonObject
                    {
                        ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
                        ["type"] = "AdaptiveCard",
                        ["version"] = "1.4",
                        ["msteams"] = new JsonObject { ["width"] = "Full" },
                        ["body"] = body,
                        ["actions"] = new JsonArray { _link },
                    },
                },
            },
        };
    }

    private static JsonObject Text(string text) => new() { ["type"] = "TextBlock", ["text"] = text, ["wrap"] = true };
}
