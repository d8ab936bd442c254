using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredRotation.Engine;

namespace CredRotation.Pages.Cards;

/// <summary>Renders a notice as a Teams message: one adaptive card, texts made harmless, one button that opens our page, never more than 20 KB.</summary>
internal sealed class TeamsCards : INoticeRenderer
{
    public const int BytesMax = 20_000;

    private const int TitleMax = 200;
    private const int TextMax = 500;
    private const int FactsMax = 30;
    private const int FactMax = 300;
    private const int ChoicesMax = 8;
    private const int ChoiceMax = 140;

    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string RenderTeamsMessage(Notice notice, Uri baseUri)
    {
        ArgumentNullException.ThrowIfNull(notice);
        ArgumentNullException.ThrowIfNull(baseUri);

        // Facts give way first: what happened and what to do must arrive.
        for (var facts = Math.Min(notice.Facts.Count, FactsMax); ; facts--)
        {
            var message = Message(notice, baseUri, facts).ToJsonString(s_json);
            if (facts == 0 || Encoding.UTF8.GetByteCount(message) <= BytesMax) return message;
        }
    }

    private static JsonObject Message(Notice notice, Uri baseUri, int facts)
    {
        var card = new Card(CardText.Plain(notice.Title, TitleMax), Tone(notice.Kind)).Saying(CardText.Plain(notice.WhatHappened, TextMax));
        card.Fact("What still works", CardText.Plain(notice.WhatStillWorks, TextMax));
        card.Fact("What to do", CardText.Plain(notice.WhatToDo, TextMax));
        foreach (var fact in notice.Facts.Take(facts)) card.Fact(CardText.Plain(fact.Title, 60), CardText.Plain(fact.Value, FactMax));
        if (notice.Facts.Count - facts + notice.More is > 0 and var more) card.Fact("More", PageLink.More(notice.Kind, more));
        if (notice.Choices.Count > 0) card.Saying($"Choices on the page: {string.Join(" · ", notice.Choices.Take(ChoicesMax).Select(choice => CardText.Plain(choice, ChoiceMax)))}");

        return card.Link(PageLink.Words(notice.Kind), PageLink.Of(notice.Page, baseUri)).Build();
    }

    private static string Tone(NoticeKind kind) => kind switch
    {
        NoticeKind.Done => "good",
        NoticeKind.Hold or NoticeKind.NearExpiry or NoticeKind.Reminder => "warning",
        NoticeKind.FindingDigest or NoticeKind.Setup => "accent",
        _ => "attention",
    };
}
