using System.Globalization;
using CredRotation.Adapters.Graph;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Graph;
using Microsoft.Kiota.Authentication.Azure;

namespace CredRotation.Tests.Adapters.Graph;

public sealed class An_owner_group
{
    private const string Group = "11111111-2222-3333-4444-555555555555";
    private const string NotThere = """{"error":{"code":"Request_ResourceNotFound","message":"no"}}""";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_two_enabled_members_is_healthy()
    {
        var wire = new Wire(sent => IsMembers(sent)
            ? Members(User("ana"), User("ben", mail: null), User("gus", type: "Guest"), User("eve", enabled: "false"))
            : Found());

        var reading = await ReadAsync(wire);

        Assert.Equal((OwnerState.Healthy, "Payments", "1 of 2 enabled people have no mail address, so mail does not reach them.", _clock.GetUtcNow()), (reading.State, reading.GroupName, reading.Detail, reading.ReadOn));
        Assert.Equal([new OwnerPerson("ana", "Name of ana", "ana@contoso.com"), new OwnerPerson("ben", "Name of ben", null)], reading.People);
        var members = Assert.Single(wire.Requests, IsMembers);
        Assert.Equal("eventual", members.Headers["ConsistencyLevel"]);
        Assert.Contains("$count=true", members.PathAndQuery, StringComparison.Ordinal);
        Assert.Contains("accountEnabled", members.PathAndQuery, StringComparison.Ordinal);
        Assert.Equal("Bearer token-for-https://graph.microsoft.com/.default", members.Authorization);
    }

    [Fact]
    public async Task With_one_enabled_member_has_too_few()
        => Assert.Equal(OwnerState.TooFew, (await ReadAsync(new Wire(sent => IsMembers(sent) ? Members(User("ana"), User("eve", enabled: "false")) : Found()))).State);

    [Fact]
    public async Task Is_read_to_its_last_page_with_the_same_consistency()
    {
        var wire = new Wire(sent => !IsMembers(sent) ? Found()
            : sent.PathAndQuery.Contains("skip", StringComparison.Ordinal) ? Members(User("ben"))
            : Page("https://graph.microsoft.com/v1.0/groups/g/transitiveMembers/graph.user?$skiptoken=skip", User("ana")));

        var reading = await ReadAsync(wire);

        Assert.Equal(OwnerState.Healthy, reading.State);
        Assert.Equal(["eventual", "eventual"], wire.Requests.Where(IsMembers).Select(sent => sent.Headers["ConsistencyLevel"]));
    }

    [Fact]
    public async Task Without_end_is_read_up_to_a_limit_and_says_so()
    {
        var wire = new Wire(sent => IsMembers(sent) ? Page("https://graph.microsoft.com/v1.0/groups/g/transitiveMembers/graph.user?$skiptoken=again", User("ana"), User("ben")) : Found());

        var reading = await ReadAsync(wire);

        Assert.Equal(GraphOwnerDirectory.PagesMax, wire.Requests.Count(IsMembers));
        Assert.Contains("Only the first", reading.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whose_next_page_is_elsewhere_is_not_followed_there()
    {
        var wire = new Wire(sent => IsMembers(sent) ? Page("https://evil.example/transitiveMembers?$skiptoken=x", User("ana"), User("ben")) : Found());

        Assert.Equal(OwnerState.Unavailable, (await ReadAsync(wire)).State);
        Assert.DoesNotContain(wire.Requests, sent => sent.Uri.Host == "evil.example");
    }

    [Fact]
    public async Task Whose_members_show_no_properties_cannot_be_seen()
    {
        var reading = await ReadAsync(new Wire(sent => IsMembers(sent) ? Members("""{"id":"ana"}""", """{"id":"ben","accountEnabled":null}""") : Found()));

        Assert.Equal(OwnerState.CannotSee, reading.State);
        Assert.Contains("User.Read.All", reading.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_hides_its_membership_is_not_taken_for_empty()
    {
        var reading = await ReadAsync(new Wire(sent => IsMembers(sent) ? Members() : Wire.Json(200, $$"""{"id":"{{Group}}","displayName":"Payments","visibility":"HiddenMembership"}""")));

        Assert.Equal(OwnerState.CannotSee, reading.State);
        Assert.Contains("Member.Read.Hidden", reading.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true", "\"owners@contoso.com\"", "owners@contoso.com")]
    [InlineData("false", "\"owners@contoso.com\"", null)]
    [InlineData("true", "null", null)]
    [InlineData("true", "\"a@b.example,c@d.example\"", null)]
    public async Task Has_a_mailbox_only_when_mail_is_enabled(string isEnabled, string mail, string? expected)
    {
        var reading = await ReadAsync(new Wire(sent => IsMembers(sent) ? Members(User("ana"), User("ben")) : Wire.Json(200, $$"""{"id":"{{Group}}","displayName":"Payments","mailEnabled":{{isEnabled}},"mail":{{mail}}}""")));

        Assert.Equal((OwnerState.Healthy, expected), (reading.State, reading.Mail));
    }

    [Theory]
    [InlineData(200, """{"id":"g","deletedDateTime":"2026-11-20T00:00:00Z"}""", "restore")]
    [InlineData(404, NotThere, "no such group")]
    [InlineData(403, """{"error":{"code":"Authorization_RequestDenied"}}""", "not visible")]
    public async Task That_was_deleted_is_gone(int status, string deletedItem, string detail)
    {
        var reading = await ReadAsync(new Wire(sent => sent.PathAndQuery.Contains("deletedItems", StringComparison.Ordinal) ? Wire.Json(status, deletedItem) : Wire.Json(404, NotThere)));

        Assert.Equal(OwnerState.Gone, reading.State);
        Assert.Contains(detail, reading.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "<html>proxy</html>", OwnerState.Unavailable)]
    [InlineData(404, """{"error":{"code":"UnknownPath"}}""", OwnerState.Unavailable)]
    [InlineData(401, """{"error":{"code":"InvalidAuthenticationToken"}}""", OwnerState.Unavailable)]
    [InlineData(403, """{"error":{"code":"Authorization_RequestDenied"}}""", OwnerState.CannotSee)]
    [InlineData(429, """{"error":{"code":"TooManyRequests"}}""", OwnerState.Unavailable)]
    [InlineData(500, "", OwnerState.Unavailable)]
    [InlineData(200, "", OwnerState.Unavailable)]
    [InlineData(200, "<html>", OwnerState.Unavailable)]
    public async Task That_is_not_shown_is_never_taken_for_gone(int status, string body, OwnerState state)
    {
        Assert.Equal(state, (await ReadAsync(new Wire(_ => Wire.Json(status, body)))).State);
        Assert.Equal(state, (await ReadAsync(new Wire(sent => IsMembers(sent) ? Wire.Json(status, body) : Found()))).State);
    }

    [Fact]
    public async Task In_a_silent_directory_is_unavailable()
    {
        var dropped = await ReadAsync(new Wire(_ => throw new HttpRequestException("reset")));
        var silent = await ReadAsync(Wire.Silent, TimeSpan.FromMilliseconds(50));

        Assert.Equal((OwnerState.Unavailable, OwnerState.Unavailable), (dropped.State, silent.State));
        Assert.Contains("in time", silent.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_no_longer_read_when_the_caller_gives_up()
    {
        using var stop = new CancellationTokenSource();
        var call = Directory(Wire.Silent, TimeSpan.FromSeconds(30)).ReadAsync(Group, stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task With_endless_names_is_bounded()
    {
        var reading = await ReadAsync(new Wire(sent => IsMembers(sent) ? Members(User(new string('a', 5000)), User("ben")) : Found()));

        Assert.All(reading.People, person => Assert.InRange(person.Name.Length, 1, 200));
        Assert.All(reading.People, person => Assert.InRange(person.ObjectId.Length, 1, 200));
    }

    private Task<OwnerReading> ReadAsync(HttpMessageHandler wire, TimeSpan? timeout = null)
        => Directory(wire, timeout ?? TimeSpan.FromSeconds(30)).ReadAsync(Group, Cancellation);

    private GraphOwnerDirectory Directory(HttpMessageHandler wire, TimeSpan timeout)
    {
        // Without the retry handler: a test must not wait for it.
        var handlers = GraphClientFactory.CreateDefaultHandlers().Where(handler => !handler.GetType().Name.Contains("Retry", StringComparison.Ordinal)).ToList();
        var client = new GraphServiceClient(
            GraphClientFactory.Create(handlers, finalHandler: wire),
            new AzureIdentityAuthenticationProvider(new NamedCredential(), scopes: ["https://graph.microsoft.com/.default"]));
        return new GraphOwnerDirectory(client, Options.Create(new RotationOptions { EffectTimeout = timeout }), _clock);
    }

    private static bool IsMembers(Sent sent) => sent.PathAndQuery.Contains("transitiveMembers", StringComparison.Ordinal);

    private static HttpResponseMessage Found() => Wire.Json(200, $$"""{"id":"{{Group}}","displayName":"Payments"}""");

    private static HttpResponseMessage Members(params string[] users) => Wire.Json(200, $$"""{"value":[{{string.Join(",", users)}}]}""");

    private static HttpResponseMessage Page(string next, params string[] users) => Wire.Json(200, $$"""{"@odata.nextLink":"{{next}}","value":[{{string.Join(",", users)}}]}""");

    private static string User(string id, string enabled = "true", string type = "Member", string? mail = "contoso.com")
        => string.Create(CultureInfo.InvariantCulture, $$"""{"id":"{{id}}","displayName":"Name of {{id}}","mail":{{(mail is null ? "null" : $"\"{id}@{mail}\"")}},"userPrincipalName":"{{id}}@contoso.com","accountEnabled":{{enabled}},"userType":"{{type}}"}""");
}
