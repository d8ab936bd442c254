using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Pages;
using CredRotation.Sandbox.Inbox;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Pages;

/// <summary>Properties of every card and mail, over notices made of hostile and huge texts; a failure names its seed.</summary>
public sealed class Any_card_and_mail
{
    private const int TeamsLimit = 28 * 1024;
    private static readonly Uri s_pages = new("https://rotation.example/");

    private static readonly string[] s_hostile =
    [
        "<at>Everyone</at>", "[Sign in](https://evil.example)", "![x](https://evil.example/p.png)", "<script>alert(1)</script>", "\" onload=\"x", "</h1><a href=https://evil.example>", "&lt;b&gt;",
        "**", "__", "```", "\\", "\r\n# head\r\n- item", "\u202e", "\u200b", "\ud800", "\udc00", "\ud83d\ude00", "\0", "\u2028", "{{mustache}}", "${x}", "€", "'", "\"", "|", "javascript:alert(1)", "https://evil.example/",
    ];

    private readonly ServiceProvider _services = new ServiceCollection().AddLogging().AddPages().BuildServiceProvider();

    [Fact]
    public void Is_bounded_parses_and_opens_only_our_pages()
    {
        var cards = _services.GetRequiredService<INoticeRenderer>();
        for (var seed = 1; seed <= 300; seed++)
        {
            var notice = Notice(new Random(seed));

            var message = cards.RenderTeamsMessage(notice, s_pages);

            var parsed = JsonNode.Parse(message)!;
            Assert.True(Encoding.UTF8.GetByteCount(message) < TeamsLimit, $"seed {seed}: {Encoding.UTF8.GetByteCount(message)} bytes");
            foreach (var text in Texts(parsed["attachments"]![0]!["content"]!["body"]!))
                Assert.False(text.AsSpan().ContainsAny("<>\r\n\0") || text.Contains("](", StringComparison.Ordinal) || text.Contains("://e", StringComparison.Ordinal), $"seed {seed}: {text}");
            foreach (var action in parsed["attachments"]![0]!["content"]!["actions"]!.AsArray())
                Assert.True((string?)action!["type"] == "Action.OpenUrl" && new Uri((string)action["url"]!).Authority == s_pages.Authority, $"seed {seed}: {action}");
        }
    }

    [Fact]
    public void Draws_nothing_but_its_own_tags_and_one_link()
    {
        var (cards, mails) = (_services.GetRequiredService<INoticeRenderer>(), _services.GetRequiredService<IMailRenderer>());
        for (var seed = 1; seed <= 300; seed++)
        {
            var notice = Notice(new Random(seed));

            var mail = mails.RenderMail(notice, s_pages);
            var drawn = CardDrawing.Draw(cards.RenderTeamsMessage(notice, s_pages));

            Assert.False(mail.Subject.AsSpan().ContainsAny("\r\n\0"), $"seed {seed}: {mail.Subject}");
            Assert.True(mail.Html.Length < 100_000, $"seed {seed}: {mail.Html.Length} characters");
            foreach (var html in new[] { mail.Html, drawn })
            {
                Assert.False(html.Contains("<script", StringComparison.OrdinalIgnoreCase) || html.Contains("<at>", StringComparison.Ordinal) || html.Contains("<img", StringComparison.Ordinal), $"seed {seed}: {html}");
                Assert.True(html.Split("<a ").Length == 2 && html.Contains($"href=\"{s_pages}", StringComparison.Ordinal), $"seed {seed}: {html}");
            }
        }
    }

    [Fact]
    public void Is_a_mail_in_the_words_of_its_card()
    {
        var notice = new Notice(NoticeKind.Incident, null, "Incident: key <b>", "It was refused.", "Nothing.", "Open the page now.", [new("Vault", "payments")], ["expedite: Do not wait."], "/api/pages/rotation/abc");

        var mail = _services.GetRequiredService<IMailRenderer>().RenderMail(notice, s_pages);

        Assert.Equal("Incident: key <b>", mail.Subject);
        Assert.Equal(
            """<!DOCTYPE html><html lang="en"><body style="font-family:sans-serif;line-height:1.4"><h1 style="font-size:1.2em">Incident: key &lt;b&gt;</h1><p>It was refused.</p><p><strong>What still works</strong><br>Nothing.</p><p><strong>What to do</strong><br>Open the page now.</p><p><strong>Vault</strong><br>payments</p><p>Choices on the page:</p><ul><li>expedite: Do not wait.</li></ul><p><a href="https://rotation.example/api/pages/rotation/abc">Open the page</a></p><p>Sent by CredRotation. No mail of ours ever holds a secret or asks for one.</p></body></html>""",
            mail.Html);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("""{"attachments":[{"content":{"body":[{"type":"Image","url":"https://evil.example/x"}],"actions":[{"type":"Action.OpenUrl","url":"javascript:alert(1)","title":"x"}]}}]}""")]
    [InlineData("""{"attachments":[{"content":{"body":{"type":5},"actions":"x"}}]}""")]
    public void Is_drawn_as_far_as_it_can_be(string message)
    {
        var drawn = CardDrawing.Draw(message);

        Assert.DoesNotContain("href", drawn, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", drawn, StringComparison.Ordinal);
    }

    private static Notice Notice(Random random)
    {
        var kinds = Enum.GetValues<NoticeKind>();
        return new Notice(
            kinds[random.Next(kinds.Length)], null, Text(random), Text(random), Text(random), Text(random),
            [.. Enumerable.Range(0, random.Next(60)).Select(_ => new NoticeFact(Text(random), Text(random)))],
            [.. Enumerable.Range(0, random.Next(20)).Select(_ => Text(random))],
            random.Next(2) == 0 ? "/api/pages/rotation/abc" : Text(random));
    }

    private static string Text(Random random)
        => string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => string.Concat(Enumerable.Repeat(s_hostile[random.Next(s_hostile.Length)], random.Next(4) == 0 ? 1000 : random.Next(1, 5)))));

    private static IEnumerable<string> Texts(JsonNode node) => node switch
    {
        JsonObject parent => parent.SelectMany(member => member.Value is null ? [] : Texts(member.Value)),
        JsonArray items => items.SelectMany(item => item is null ? [] : Texts(item)),
        JsonValue value when value.TryGetValue<string>(out var text) => [text],
        _ => [],
    };
}
