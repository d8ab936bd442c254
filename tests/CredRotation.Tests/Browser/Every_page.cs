using System.Collections.Concurrent;
using CredRotation.Tests.Servers;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace CredRotation.Tests.Browser;

[Collection(WholeMachine.Name)]
public sealed class Every_page(Chromium chromium, OpenedPages pages)
{
    private static readonly AxeRunOptions s_rules = new() { RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] } };

    /// <summary>Both colours and both widths; a page has the same colours at either width.</summary>
    public static MatrixTheoryData<string, Look> Looks { get; } = new([.. OpenedPages.Names.Select(name => (string)name)], [Look.Light, Look.PhoneDark]);

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task Is_open_to_whoever_cannot_see_or_point(string name, Look look)
    {
        await using var context = await chromium.OpenAsync(look);
        var page = await OpenAsync(context, name);

        var found = await page.RunAxe(s_rules);

        Assert.NotEmpty(found.Passes);
        Assert.Equal("", string.Join("\n", found.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{violation.Id}: {node.Html} ({node.Target})"))));
    }

    [Theory]
    [MemberData(nameof(OpenedPages.OfTheApp), MemberType = typeof(OpenedPages))]
    public async Task Asks_nobody_else_and_breaks_no_rule_of_its_own(string name)
    {
        await using var context = await chromium.OpenAsync();
        var (asked, said) = (new ConcurrentQueue<Uri>(), new ConcurrentQueue<string>());
        context.Request += (_, request) => asked.Enqueue(new Uri(request.Url));
        // A page that is refused is an error to the browser, and meant.
        context.Console += (_, message) => { if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource: the server responded with a status of 40", StringComparison.Ordinal)) said.Enqueue(message.Text); };
        context.WebError += (_, error) => said.Enqueue(error.Error);

        var page = await OpenAsync(context, name);

        Assert.True(asked.Count >= 2, "Not even its style was asked for.");
        Assert.Equal([new Uri(page.Url).Authority], asked.Select(uri => uri.Authority).Distinct());
        Assert.Empty(said);
    }

    [Theory]
    [MemberData(nameof(OpenedPages.Names), MemberType = typeof(OpenedPages))]
    public async Task Does_not_scroll_sideways_on_a_phone(string name)
    {
        await using var context = await chromium.OpenAsync(Look.Phone);
        var page = await OpenAsync(context, name);

        Assert.Equal(390, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    [Theory]
    [MemberData(nameof(OpenedPages.OfTheApp), MemberType = typeof(OpenedPages))]
    public async Task Shows_where_the_keyboard_is(string name)
    {
        await using var context = await chromium.OpenAsync();
        var page = await OpenAsync(context, name);
        var shown = new List<string>();

        for (var presses = 0; presses < 40; presses++)
        {
            await page.Keyboard.PressAsync("Tab");
            var focus = await page.EvaluateAsync<string[]>("""
                (() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
                  return [e.outerHTML.slice(0, 120), e === document.body ? "end" : "", parseFloat(s.outlineWidth) > 0 && s.outlineStyle !== "none" && b.width > 0 && b.bottom > 0 && b.top < innerHeight ? "seen" : "unseen"]; })()
                """);
            if (focus[1] == "end") break;
            Assert.True(focus[2] == "seen", $"The keyboard is where nobody sees it: {focus[0]}");
            shown.Add(focus[0]);
        }

        Assert.Contains("Skip to content", shown[0], StringComparison.Ordinal);
        Assert.True(shown.Count > 1);
    }

    [Theory]
    [MemberData(nameof(OpenedPages.OfTheApp), MemberType = typeof(OpenedPages))]
    public async Task Says_the_same_without_a_script(string name)
    {
        await using var with = await chromium.OpenAsync();
        await using var without = await chromium.OpenAsync(withScripts: false);

        var texts = new List<string>();
        foreach (var context in new[] { with, without })
        {
            var page = await OpenAsync(context, name);
            texts.Add(await page.Locator("h1").InnerTextAsync());
            texts.Add(string.Join("|", await page.Locator("main h2, main button, main dt").AllInnerTextsAsync()));
        }

        Assert.Equal(texts[..2], texts[2..]);
    }

    private async Task<IPage> OpenAsync(IBrowserContext context, string name)
    {
        var (signIn, address) = await pages.FindAsync(name);
        var page = await context.NewPageAsync();
        if (address.Authority == signIn.Authority) await context.APIRequest.GetAsync(signIn.AbsoluteUri, new APIRequestContextOptions { MaxRedirects = 0 });
        var answer = await page.GotoAsync(address.AbsoluteUri);
        Assert.Equal((name, name switch { "a refusal" => 403, "nothing there" => 404, _ => 200 }), (name, answer!.Status));
        return page;
    }
}
