using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Testing;

/// <summary>A search that finds nothing proves nothing, unless it finds what was planted.</summary>
public sealed class A_search_for_canaries
{
    // As the gateway's keys: with characters that JSON, HTML and URLs escape each in their own way.
    private const string Canary = "AQEabc/def+ghi=-<{&\"'jkl}mnoPQRstu0123456789";
    private const string Before = "what came before ";
    private const string After = " and what came after";

    public static TheoryData<string> Encodings =>
    [
        "plain", "reversed", "hex upper", "hex lower", "url", "html", "javascript", "json", "base64 alone", "base64 after 1", "base64 after 2", "base64 after 3", "base64url after 1",
        "utf-16", "utf-16 at an odd place",
    ];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Finds_what_was_planted(string encoding)
    {
        var canary = Searching();

        canary.Search("a page", Planted(encoding, Canary));

        Assert.Contains("key-1 in a page", canary.Hits);
        Assert.DoesNotContain(canary.Hits, hit => hit.Contains(Canary, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Finds_nothing_where_something_else_stands(string encoding)
    {
        var canary = Searching();

        canary.Search("a page", Planted(encoding, "AQEzyx/wvu+tsr=-<{&\"'qpo}nmlKJIhgf9876543210"));

        Assert.Empty(canary.Hits);
    }

    [Fact]
    public void Says_how_much_it_searched()
    {
        var canary = Searching();
        canary.Add("key-2", new SecretText("another"));

        canary.Search("a log", "twelve bytes");

        Assert.Equal((2, 12L), (canary.KeysSearched, canary.BytesSearched));
    }

    private static CanarySearch Searching()
    {
        var canary = new CanarySearch();
        canary.Add("key-1", new SecretText(Canary));
        return canary;
    }

    private static byte[] Planted(string encoding, string value) => encoding switch
    {
        "plain" => Within(value),
        "reversed" => Within(new string([.. value.Reverse()])),
        "hex upper" => Within(Convert.ToHexString(Encoding.UTF8.GetBytes(value))),
        "hex lower" => Within(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(value))),
        "url" => Within(WebUtility.UrlEncode(value)),
        "html" => Within(HtmlEncoder.Default.Encode(value)),
        "javascript" => Within(JavaScriptEncoder.Default.Encode(value)),
        "json" => Within(JsonSerializer.Serialize(new { value })),
        "base64 alone" => Within(Base64("", value)),
        "base64 after 1" => Within(Base64("x", value)),
        "base64 after 2" => Within(Base64("xy", value)),
        "base64 after 3" => Within(Base64("xyz", value)),
        "base64url after 1" => Within(Base64("x", value).Replace('+', '-').Replace('/', '_')),
        "utf-16" => Encoding.Unicode.GetBytes(Before + value + After),
        "utf-16 at an odd place" => [0x7B, .. Encoding.Unicode.GetBytes(Before + value + After)],
        _ => throw new ArgumentOutOfRangeException(nameof(encoding)),
    };

    private static string Base64(string before, string value) => Convert.ToBase64String(Encoding.UTF8.GetBytes(before + value + After));

    private static byte[] Within(string text) => Encoding.UTF8.GetBytes(Before + text + After);
}
