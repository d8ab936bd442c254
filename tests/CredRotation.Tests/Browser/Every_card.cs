using System.Text.Json.Nodes;
using CredRotation.Sandbox.Shots;
using CredRotation.Sandbox.Shots.Renderer;
using CredRotation.Tests.Servers;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using NJsonSchema;

namespace CredRotation.Tests.Browser;

[Collection(WholeMachine.Name)]
public sealed class Every_card(Chromium chromium)
{
    private const int Kinds = 8, Reasons = 21;

    [Fact]
    public async Task Is_valid_by_the_schema_of_what_we_send()
    {
        var schema = await SchemaAsync();

        Assert.Equal(Kinds + Reasons, SampleCards.All.Count);
        Assert.All(SampleCards.All, card => Assert.Equal((card.Key, ""), (card.Key, string.Join("; ", schema.Validate(card.Value)))));
    }

    [Theory]
    [InlineData("$.attachments[0].content.body[0].type", "TextBlok")]
    [InlineData("$.attachments[0].content.body[0].size", "huge")]
    [InlineData("$.attachments[0].content.actions[0].url", "javascript:alert(1)")]
    [InlineData("$.attachments[0].content.actions[0].type", "Action.Submit")]
    public async Task That_is_broken_is_invalid(string path, string value)
        => Assert.NotEmpty((await SchemaAsync()).Validate(Broken(path, value)));

    [Theory]
    [InlineData(Look.Light)]
    [InlineData(Look.Dark)]
    [InlineData(Look.PhoneDark)]
    public async Task Is_drawn_by_the_official_renderer_without_a_complaint_and_open_to_everybody(Look look)
    {
        await using var context = await chromium.OpenAsync(look);
        var page = await DrawAsync(context, [.. SampleCards.All.Values]);

        Assert.Empty(await page.EvaluateAsync<string[]>("window.complaints"));
        Assert.Equal(SampleCards.All.Count, await page.Locator("article > .ac-adaptiveCard").CountAsync());
        if (look is Look.PhoneDark) Assert.Equal(390, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        var found = await page.RunAxe(new AxeRunOptions { RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] } });
        Assert.Equal("", string.Join("\n", found.Violations.SelectMany(violation => violation.Nodes.Take(3).Select(node => $"{violation.Id}: {node.Html}"))));
    }

    [Theory]
    [InlineData("$.attachments[0].content.body[0].type", "TextBlok", "parse")]
    [InlineData("$.attachments[0].content.body[0].size", "huge", "parse")]
    [InlineData("$.attachments[0].content.actions[0].url", null, "validation")]
    public async Task That_is_broken_is_complained_of(string path, string? value, string by)
    {
        await using var context = await chromium.OpenAsync();
        var page = await DrawAsync(context, Broken(path, value));

        Assert.Contains(await page.EvaluateAsync<string[]>("window.complaints"), complaint => complaint.StartsWith(by, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[Sign in](https://evil.example/)")]
    [InlineData("![x](https://evil.example/x.png)")]
    [InlineData("<https://evil.example/>")]
    [InlineData("<img src=x onerror=window.pwned=1>")]
    [InlineData("</script><script>window.pwned=1</script>")]
    [InlineData("<at>Everybody</at> {{DATE(2026-01-01T00:00:00Z)}}")]
    [InlineData("1. One")]
    [InlineData("20) Twenty")]
    [InlineData("# Title\n\n1. One\n\n| a | b |\n\n***bold*** `code` ~~gone~~ &lt;b&gt;")]
    public async Task Draws_hostile_texts_as_text(string hostile)
    {
        await using var context = await chromium.OpenAsync();
        var asked = new List<string>();
        context.Request += (_, request) => asked.Add(request.Url);
        var page = await DrawAsync(context, SampleCards.Saying(hostile), SampleCards.Saying(string.Concat(Enumerable.Repeat(hostile, 10_000 / hostile.Length))));

        Assert.Equal(2, await page.Locator("article > .ac-adaptiveCard").CountAsync());
        Assert.Empty(await page.Locator("#cards").Locator("a:not(.ac-pushButton), img, h2, h3, li, table:not(.ac-factset), strong, em, code, del, iframe, script, at").EvaluateAllAsync<string[]>("all => all.map(one => one.outerHTML.slice(0, 200))"));
        // The one way on that each card has; where it leads is the schema's to say.
        Assert.Equal(2, await page.Locator(".ac-pushButton").CountAsync());
        Assert.True(await page.EvaluateAsync<bool>("window.pwned === undefined"));
        Assert.Empty(asked);
    }

    private static async Task<JsonSchema> SchemaAsync()
    {
        await using var stream = typeof(Every_card).Assembly.GetManifestResourceStream("cards-we-send.schema.json")!;
        return await JsonSchema.FromJsonAsync(stream, TestContext.Current.CancellationToken);
    }

    /// <summary>A good card with one member changed, or gone.</summary>
    private static string Broken(string path, string? value)
    {
        var message = JsonNode.Parse(SampleCards.All.Values.First())!;
        var content = message["attachments"]![0]!["content"]!;
        var (element, member) = (path.Contains("body", StringComparison.Ordinal) ? content["body"]![0]! : content["actions"]![0]!, path[(path.LastIndexOf('.') + 1)..]);
        if (value is null) element.AsObject().Remove(member);
        else element[member] = value;
        return message.ToJsonString();
    }

    /// <summary>Skips the test with the reason where the renderer cannot be had, unless everything is required.</summary>
    private static async Task<IPage> DrawAsync(IBrowserContext context, params string[] messages)
    {
        var (scripts, why) = await OfficialRenderer.LoadAsync(TestContext.Current.CancellationToken);
        if (scripts is null && Environment.GetEnvironmentVariable("CREDROTATION_REQUIRE_ALL") != "1") Assert.Skip(why);
        Assert.True(scripts is not null, why);
        var page = await context.NewPageAsync();
        await page.SetContentAsync(await OfficialRenderer.PageAsync(scripts, messages, TestContext.Current.CancellationToken));
        return page;
    }
}
