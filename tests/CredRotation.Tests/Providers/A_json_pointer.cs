using System.Text.Json;
using CredRotation.Providers.Http.Answers;

namespace CredRotation.Tests.Providers;

public sealed class A_json_pointer
{
    private const string Document = """{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8,"~1":9}""";

    // The examples of RFC 6901, section 5, and what they leave open.
    [Theory]
    [InlineData("", Document)]
    [InlineData("/foo", """["bar","baz"]""")]
    [InlineData("/foo/0", "\"bar\"")]
    [InlineData("/foo/1", "\"baz\"")]
    [InlineData("/", "0")]
    [InlineData("/a~1b", "1")]
    [InlineData("/c%d", "2")]
    [InlineData("/e^f", "3")]
    [InlineData("/g|h", "4")]
    [InlineData("/i\\j", "5")]
    [InlineData("/k\"l", "6")]
    [InlineData("/ ", "7")]
    [InlineData("/m~0n", "8")]
    [InlineData("/~01", "9")]
    [InlineData("/foo/2", null)]
    [InlineData("/foo/-", null)]
    [InlineData("/foo/01", null)]
    [InlineData("/foo/+1", null)]
    [InlineData("/foo/99999999999", null)]
    [InlineData("/foo/0/x", null)]
    [InlineData("/nothing", null)]
    public void Finds_what_the_standard_says(string text, string? found)
    {
        using var document = JsonDocument.Parse(Document);

        Assert.Equal(found, JsonPointer.Parse(text)!.Find(document.RootElement)?.GetRawText());
    }

    [Theory]
    [InlineData("foo")]
    [InlineData("/~")]
    [InlineData("/~2")]
    [InlineData("/a~1~")]
    [InlineData("#/foo")]
    public void Is_none_when_the_standard_says_so(string text) => Assert.Null(JsonPointer.Parse(text));
}
