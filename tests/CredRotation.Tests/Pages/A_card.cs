using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Pages;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Pages;

public sealed class A_card
{
    private static readonly Uri s_pages = new("https://rotation.example/");

    private readonly INoticeRenderer _cards = new ServiceCollection().AddLogging().AddPages().BuildServiceProvider().GetRequiredService<INoticeRenderer>();

    [Fact]
    public void For_a_hold_says_what_happened_what_works_and_what_to_do()
    {
        var notice = new Notice(NoticeKind.Hold, "group", "payment-gateway-api-key waits for you", "The policy asks one owner.", "Everything: nothing was issued.", "Open the page and choose.", [new("Vault", "payments.vault.azure.net")], ["approve: Let this plan run.", "reject: Do not rotate."], "/api/pages/rotation/abc");

        AssertCard(
            """
            {
              "type": "message",
              "attachments": [
                {
                  "contentType": "application/vnd.microsoft.card.adaptive",
                  "contentUrl": null,
                  "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "msteams": { "width": "Full" },
                    "body": [
                      { "type": "TextBlock", "text": "payment-gateway-api-key waits for you", "wrap": true, "weight": "bolder", "size": "large", "color": "warning" },
                      { "type": "TextBlock", "text": "The policy asks one owner.", "wrap": true },
                      {
                        "type": "FactSet",
                        "facts": [
                          { "title": "What still works", "value": "Everything: nothing was issued." },
                          { "title": "What to do", "value": "Open the page and choose." },
                          { "title": "Vault", "value": "payments.vault.azure.net" }
                        ]
                      },
                      { "type": "TextBlock", "text": "Choices on the page: approve: Let this plan run. · reject: Do not rotate.", "wrap": true }
                    ],
                    "actions": [ { "type": "Action.OpenUrl", "title": "Open the page", "url": "https://rotation.example/api/pages/rotation/abc" } ]
                  }
                }
              ]
            }
            """,
            _cards.RenderTeamsMessage(notice, s_pages));
    }

    [Fact]
    public void For_leadership_says_who_does_not_answer()
    {
        var notice = new Notice(NoticeKind.Escalation, "leaders", "payment-gateway-api-key: its owners do not answer", "It waits.", "Everything: nothing was issued.", "Reach the owners.", [new("Owner group", "1111")], [], "/api/pages/rotation/abc");

        AssertCard(
            """
            {
              "type": "message",
              "attachments": [
                {
                  "contentType": "application/vnd.microsoft.card.adaptive",
                  "contentUrl": null,
                  "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "msteams": { "width": "Full" },
                    "body": [
                      { "type": "TextBlock", "text": "payment-gateway-api-key: its owners do not answer", "wrap": true, "weight": "bolder", "size": "large", "color": "attention" },
                      { "type": "TextBlock", "text": "It waits.", "wrap": true },
                      {
                        "type": "FactSet",
                        "facts": [
                          { "title": "What still works", "value": "Everything: nothing was issued." },
                          { "title": "What to do", "value": "Reach the owners." },
                          { "title": "Owner group", "value": "1111" }
                        ]
                      }
                    ],
                    "actions": [ { "type": "Action.OpenUrl", "title": "Open the page", "url": "https://rotation.example/api/pages/rotation/abc" } ]
                  }
                }
              ]
            }
            """,
            _cards.RenderTeamsMessage(notice, s_pages));
    }

    [Fact]
    public void For_a_done_rotation_says_that_nothing_is_left_to_do()
    {
        var notice = new Notice(NoticeKind.Done, null, "payment-gateway-api-key was rotated", "Every consumer runs the new credential.", "Consumers run the new credential.", "Nothing.", [], [], "/api/pages/rotation/abc");

        AssertCard(
            """
            {
              "type": "message",
              "attachments": [
                {
                  "contentType": "application/vnd.microsoft.card.adaptive",
                  "contentUrl": null,
                  "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "msteams": { "width": "Full" },
                    "body": [
                      { "type": "TextBlock", "text": "payment-gateway-api-key was rotated", "wrap": true, "weight": "bolder", "size": "large", "color": "good" },
                      { "type": "TextBlock", "text": "Every consumer runs the new credential.", "wrap": true },
                      {
                        "type": "FactSet",
                        "facts": [
                          { "title": "What still works", "value": "Consumers run the new credential." },
                          { "title": "What to do", "value": "Nothing." }
                        ]
                      }
                    ],
                    "actions": [ { "type": "Action.OpenUrl", "title": "See what happened", "url": "https://rotation.example/api/pages/rotation/abc" } ]
                  }
                }
              ]
            }
            """,
            _cards.RenderTeamsMessage(notice, s_pages));
    }

    [Theory]
    [InlineData(NoticeKind.NearExpiry, "warning")]
    [InlineData(NoticeKind.FindingDigest, "accent")]
    public void For_findings_names_the_worst_and_counts_the_rest(NoticeKind kind, string tone)
    {
        var notice = new Notice(kind, null, "38 objects", "These end: 38 warning.", "Nothing was changed.", "Do what each line says.", [new("<at>all</at> in payments.vault.azure.net", "Expires soon. [Tag it](https://evil.example).")], [], "/api/pages/credentials", More: 37);

        AssertCard(
            $$"""
            {
              "type": "message",
              "attachments": [
                {
                  "contentType": "application/vnd.microsoft.card.adaptive",
                  "contentUrl": null,
                  "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "msteams": { "width": "Full" },
                    "body": [
                      { "type": "TextBlock", "text": "38 objects", "wrap": true, "weight": "bolder", "size": "large", "color": "{{tone}}" },
                      { "type": "TextBlock", "text": "These end: 38 warning.", "wrap": true },
                      {
                        "type": "FactSet",
                        "facts": [
                          { "title": "What still works", "value": "Nothing was changed." },
                          { "title": "What to do", "value": "Do what each line says." },
                          { "title": "‹at›all‹/at› in payments.vault.azure.net", "value": "Expires soon. (Tag it)(https:// evil.example)." },
                          { "title": "More", "value": "and 37 more on the page" }
                        ]
                      }
                    ],
                    "actions": [ { "type": "Action.OpenUrl", "title": "Open the page", "url": "https://rotation.example/api/pages/credentials" } ]
                  }
                }
              ]
            }
            """,
            _cards.RenderTeamsMessage(notice, s_pages));
    }

    [Fact]
    public void That_has_to_leave_findings_out_counts_them_too()
    {
        var notice = new Notice(NoticeKind.FindingDigest, null, "many", "x", "y", "z", [.. Enumerable.Repeat(new NoticeFact(new string('€', 60), new string('€', 300)), 25)], [], "/api/pages/credentials", More: 100);

        var facts = JsonNode.Parse(_cards.RenderTeamsMessage(notice, s_pages))!["attachments"]![0]!["content"]!["body"]![2]!["facts"]!.AsArray();

        Assert.InRange(facts.Count, 4, 27);
        Assert.Equal($"and {125 - (facts.Count - 3)} more on the page", (string?)facts[^1]!["value"]);
    }

    [Theory]
    [InlineData("<at>Everyone</at>", "‹at›Everyone‹/at›")]
    [InlineData("[Sign in](https://evil.example)", "(Sign in)(https:// evil.example)")]
    [InlineData("**bold** _it_ `code`", "\\*\\*bold\\*\\* \\_it\\_ \\`code\\`")]
    [InlineData("- item\r\n# head", "\\- item  \\# head")]
    public void Lets_outside_text_mean_only_itself(string hostile, string shown)
    {
        var message = JsonNode.Parse(_cards.RenderTeamsMessage(Notice(hostile, []), s_pages))!;

        Assert.Equal(shown, (string?)message["attachments"]![0]!["content"]!["body"]![1]!["text"]);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("*")]
    [InlineData("€")]
    [InlineData("\"")]
    [InlineData("\ud83d\ude00")]
    public void Never_exceeds_its_bound(string filler)
    {
        var text = string.Concat(Enumerable.Repeat(filler, 10_000));

        var message = _cards.RenderTeamsMessage(Notice(text, [.. Enumerable.Repeat(new NoticeFact(text, text), 200)]) with { Title = text, WhatStillWorks = text, WhatToDo = text, Choices = [.. Enumerable.Repeat(text, 50)] }, s_pages);

        Assert.InRange(Encoding.UTF8.GetByteCount(message), 1, 20_000);
    }

    [Theory]
    [InlineData("//evil.example/x")]
    [InlineData("https://evil.example/")]
    [InlineData("/\\evil.example")]
    public void Opens_nothing_but_our_own_pages(string page)
    {
        var message = JsonNode.Parse(_cards.RenderTeamsMessage(Notice("x", []) with { Page = page }, s_pages))!;

        Assert.StartsWith(s_pages.AbsoluteUri, (string?)message["attachments"]![0]!["content"]!["actions"]![0]!["url"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(NoticeKind.NearExpiry)]
    [InlineData(NoticeKind.FindingDigest)]
    public void For_findings_never_exceeds_its_bound(NoticeKind kind)
    {
        var text = string.Concat(Enumerable.Repeat("€*", 5_000));

        var message = _cards.RenderTeamsMessage(Notice(text, [.. Enumerable.Repeat(new NoticeFact(text, text), 200)]) with { Kind = kind, Title = text, WhatStillWorks = text, WhatToDo = text, More = int.MaxValue - 500 }, s_pages);

        Assert.InRange(Encoding.UTF8.GetByteCount(message), 1, 20_000);
    }

    private static Notice Notice(string happened, IReadOnlyList<NoticeFact> facts) => new(NoticeKind.Hold, null, "Title", happened, "Works.", "Do.", facts, [], "/api/pages/rotation/abc");

    private static void AssertCard(string expected, string actual)
        => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), $"Not the card that was expected:\n{JsonNode.Parse(actual)}");
}
