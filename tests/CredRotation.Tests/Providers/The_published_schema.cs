using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CredRotation.Providers;
using NJsonSchema;

namespace CredRotation.Tests.Providers;

/// <summary>What editors are told of a vendor file, beside what the app itself checks.</summary>
public sealed partial class The_published_schema
{
    public static TheoryData<string> Kinds => [.. EmbeddedVendors.Read().Select(file => Path.GetFileNameWithoutExtension(file.Name))];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Takes_every_file_that_ships(string kind)
    {
        using var world = new ProviderWorld();
        var schema = await ReadAsync();

        Assert.Empty(schema.Validate(world.Catalog.Find(kind)!.Configuration));
    }

    [Theory]
    [InlineData("/operations/issue/request/retries", "3")]
    [InlineData("/capabilities/topology", "\"ring\"")]
    [InlineData("/auth/management/kind", "\"magic\"")]
    [InlineData("/errors/0/class", "\"fine\"")]
    [InlineData("/schemaVersion", "2")]
    [InlineData("/redact/0", "\"apiKey\"")]
    [InlineData("/secretKey", "\"x\"")]
    public async Task Refuses_what_the_app_refuses(string place, string value)
    {
        using var world = new ProviderWorld();
        var file = JsonNode.Parse(world.Adyen.Configuration)!;
        var names = place.Split('/')[1..];
        var parent = names[..^1].Aggregate(file, (node, name) => node is JsonArray list ? list[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)]! : node[name]!);
        if (parent is JsonArray items) items[0] = JsonNode.Parse(value);
        else parent[names[^1]] = JsonNode.Parse(value);
        var schema = await ReadAsync();

        Assert.NotEmpty(schema.Validate(file.ToJsonString()));
    }

    [Fact]
    public async Task Holds_every_word_that_the_page_explains_and_no_other()
    {
        var page = await TextAsync("provider-files.md");
        var reference = page[..page.IndexOf("## What no file can change", StringComparison.Ordinal)];
        var (keys, words) = Words(JsonNode.Parse(await TextAsync("provider-file.schema.json"))!);

        // Behind a dot, too: issue.extract is extract of issue.
        var explained = Code().Matches(reference).SelectMany(match => match.Groups[1].Value.Split('.')).ToHashSet(StringComparer.Ordinal);
        var plain = Plain().Matches(reference).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        var filters = new[] { "iso8601", "date", "unixSeconds", "seconds", "minutes", "hours", "days", "esDuration", "number", "raw", "list", "json", "base64" };

        Assert.DoesNotContain(explained, word => !keys.Contains(word) && !words.Contains(word) && !filters.Contains(word));
        Assert.DoesNotContain(keys.Concat(words), word => word is not "$schema" && !explained.Contains(word) && !plain.Contains(word));
    }

    private static async Task<JsonSchema> ReadAsync() => await JsonSchema.FromJsonAsync(await TextAsync("provider-file.schema.json"), TestContext.Current.CancellationToken);

    private static async Task<string> TextAsync(string name)
    {
        using var reader = new StreamReader(typeof(The_published_schema).Assembly.GetManifestResourceStream(name)!);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Every member that a file may have, and every word that a member may be.</summary>
    private static (HashSet<string> Keys, HashSet<string> Words) Words(JsonNode schema)
    {
        var (keys, words) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        Walk(schema);
        return (keys, words);

        void Walk(JsonNode? node)
        {
            if (node is JsonArray items)
            {
                foreach (var item in items) Walk(item);
                return;
            }

            if (node is not JsonObject members) return;

            if (members["properties"] is JsonObject properties) keys.UnionWith(properties.Select(property => property.Key));
            if (members["enum"] is JsonArray choices) words.UnionWith(choices.OfType<JsonValue>().Select(choice => choice.ToString()).Where(choice => choice.Length > 1 && choice.Any(char.IsAsciiLetterLower)));
            foreach (var member in members) Walk(member.Value);
        }
    }

    [GeneratedRegex(@"`([a-z][A-Za-z.]+[A-Za-z])`")]
    private static partial Regex Code();

    [GeneratedRegex(@"[A-Za-z][A-Za-z0-9]*(?:-[a-z0-9]+)*")]
    private static partial Regex Plain();
}
