using System.Globalization;
using System.Text.Json.Nodes;
using CredRotation.Adapters.Graph;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using Microsoft.Extensions.Options;
using Microsoft.Graph;
using Microsoft.Kiota.Authentication.Azure;

namespace CredRotation.Tests.Adapters.Graph;

/// <summary>Groups that are asked for together: a question each, twenty in a call.</summary>
public sealed class Many_owner_groups
{
    private const string NotThere = """{"error":{"code":"Request_ResourceNotFound","message":"no"}}""";
    private const string Two = """{"value":[{"id":"a","displayName":"A","accountEnabled":true,"userType":"Member"},{"id":"b","displayName":"B","accountEnabled":true,"userType":"Member"}]}""";

    private readonly List<int> _sizes = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_read_twenty_at_a_time()
    {
        var readings = await ReadAsync(45, _ => (200, Two, null));

        Assert.Equal([20, 20, 5], _sizes);
        Assert.Equal(Enumerable.Range(0, 45).Select(Name), readings.Select(reading => reading.Group));
        Assert.All(readings, reading => Assert.Equal((OwnerState.Healthy, 2), (reading.State, reading.People.Count)));
    }

    [Theory]
    [InlineData(200, """{"value":[{"id":"a","accountEnabled":null}]}""", OwnerState.CannotSee)]
    [InlineData(200, "{}", OwnerState.TooFew)]
    [InlineData(403, """{"error":{"code":"Authorization_RequestDenied"}}""", OwnerState.CannotSee)]
    [InlineData(404, NotThere, OwnerState.Gone)]
    [InlineData(404, """{"error":{"code":"UnknownPath"}}""", OwnerState.Unavailable)]
    [InlineData(500, "{}", OwnerState.Unavailable)]
    public async Task Have_a_state_each(int status, string body, OwnerState state)
    {
        var readings = await ReadAsync(3, url => !url.Contains(Name(1), StringComparison.Ordinal) ? (200, Two, null)
            : url.Contains("transitiveMembers", StringComparison.Ordinal) ? (status, body, null)
            : url.Contains("deletedItems", StringComparison.Ordinal) ? (404, NotThere, null)
            : (200, $$"""{"id":"{{Name(1)}}"}""", null));

        Assert.Equal([OwnerState.Healthy, state, OwnerState.Healthy], readings.Select(reading => reading.State));
    }

    [Fact]
    public async Task That_hide_their_members_are_no_empty_groups()
    {
        var readings = await ReadAsync(1, url => url.Contains("transitiveMembers", StringComparison.Ordinal) ? (200, """{"value":[]}""", null) : (200, """{"id":"g","visibility":"HiddenMembership"}""", null));

        Assert.Equal(OwnerState.CannotSee, Assert.Single(readings).State);
    }

    [Fact]
    public async Task Are_asked_again_alone_when_their_own_answer_says_so()
    {
        var refusals = 0;

        var readings = await ReadAsync(30, url => url.Contains(Name(7), StringComparison.Ordinal) && refusals++ == 0 ? (429, "{}", "1") : (200, Two, null));

        Assert.Equal([20, 10, 1], _sizes);
        Assert.All(readings, reading => Assert.Equal(OwnerState.Healthy, reading.State));
    }

    [Fact]
    public async Task Are_unavailable_and_never_gone_while_their_call_fails()
    {
        var readings = await ReadAsync(2, _ => (200, Two, null), outer: 500);

        Assert.All(readings, reading => Assert.Equal(OwnerState.Unavailable, reading.State));
    }

    private async Task<IReadOnlyList<OwnerReading>> ReadAsync(int groups, Func<string, (int Status, string Body, string? RetryAfter)> answer, int outer = 200)
    {
        var wire = new Wire(sent =>
        {
            var questions = JsonNode.Parse(sent.Body)!["requests"]!.AsArray();
            _sizes.Add(questions.Count);
            // In no order, as the real one.
            return Wire.Json(outer, new JsonObject { ["responses"] = new JsonArray([.. questions.Reverse().Select(question => Answer(question!, answer))]) }.ToJsonString());
        });
        var handlers = GraphClientFactory.CreateDefaultHandlers().Where(handler => !handler.GetType().Name.Contains("Retry", StringComparison.Ordinal)).ToList();
        using var client = new GraphServiceClient(
            GraphClientFactory.Create(handlers, finalHandler: wire),
            new AzureIdentityAuthenticationProvider(new NamedCredential(), scopes: ["https://graph.microsoft.com/.default"]));
        return await new GraphOwnerDirectory(client, Options.Create(new RotationOptions()), TimeProvider.System).ReadManyAsync([.. Enumerable.Range(0, groups).Select(Name)], Cancellation);
    }

    private static JsonObject Answer(JsonNode question, Func<string, (int Status, string Body, string? RetryAfter)> answer)
    {
        var (status, body, retryAfter) = answer((string)question["url"]!);
        var headers = new JsonObject { ["Content-Type"] = "application/json" };
        if (retryAfter is not null) headers["Retry-After"] = retryAfter;
        return new JsonObject { ["id"] = (string)question["id"]!, ["status"] = status, ["headers"] = headers, ["body"] = JsonNode.Parse(body) };
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"group-{number:D3}");
}
