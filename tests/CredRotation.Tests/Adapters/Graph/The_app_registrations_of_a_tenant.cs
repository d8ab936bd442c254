using System.Globalization;
using CredRotation.Adapters.Graph;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Graph;
using Microsoft.Kiota.Authentication.Azure;

namespace CredRotation.Tests.Adapters.Graph;

public sealed class The_app_registrations_of_a_tenant
{
    private const string One = "0a9f7c52-6f1e-4a0e-9d2b-5c3e8f7a1b20", Two = "0a9f7c52-6f1e-4a0e-9d2b-5c3e8f7a1b21";
    private const string Next = "https://graph.microsoft.com/v1.0/applications?$skiptoken=next";

    private static readonly DateTimeOffset s_end = new(2027, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public async Task Are_read_to_the_last_page_with_ids_names_and_ends_and_no_value()
    {
        var wire = new Wire(sent => sent.PathAndQuery.Contains("skiptoken", StringComparison.Ordinal) ? Page(null, App(Two, "Two")) : Page(Next, App(One, "One")));

        var seen = await ReadAsync(wire);

        Assert.Equal([(One, "One"), (Two, "Two")], seen.Select(app => (app.AppId, app.Name)));
        Assert.All(seen, app => Assert.Equal(
            [new AppCredentialSeen(VaultObjectKind.Secret, "11111111-0000-4000-8000-000000000001", s_end), new AppCredentialSeen(VaultObjectKind.Certificate, "11111111-0000-4000-8000-000000000002", null)], app.Credentials));
        Assert.Contains("$select=id,appId,displayName,passwordCredentials,keyCredentials", wire.Requests[0].PathAndQuery, StringComparison.Ordinal);
        Assert.All(wire.Requests, sent => Assert.Equal(("GET", "Bearer token-for-https://graph.microsoft.com/.default"), (sent.Method, sent.Authorization)));
    }

    [Fact]
    public async Task Without_end_are_read_up_to_a_limit_and_that_is_told()
    {
        var wire = new Wire(_ => Page(Next, App(One, "One")));

        var trouble = await Assert.ThrowsAsync<RemoteTroubleException>(() => ReadAsync(wire));

        Assert.Equal(GraphAppRegistrations.PagesMax, wire.Requests.Count);
        Assert.Contains("Only the first", trouble.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whose_next_page_is_elsewhere_are_not_asked_for_there()
    {
        var wire = new Wire(_ => Page("https://evil.example/v1.0/applications?$skiptoken=x", App(One, "One")));

        await Assert.ThrowsAsync<RemoteTroubleException>(() => ReadAsync(wire));

        Assert.DoesNotContain(wire.Requests, sent => sent.Uri.Host == "evil.example");
    }

    [Theory]
    [InlineData(403, """{"error":{"code":"Authorization_RequestDenied","message":"no"}}""", RemoteTrouble.Denied)]
    [InlineData(429, """{"error":{"code":"TooManyRequests","message":"no"}}""", RemoteTrouble.Throttled)]
    [InlineData(500, "", RemoteTrouble.Unknown)]
    [InlineData(200, "<html>proxy</html>", RemoteTrouble.Unknown)]
    public async Task That_are_not_shown_are_told_as_what_it_is(int status, string body, RemoteTrouble trouble)
        => Assert.Equal(trouble, (await Assert.ThrowsAsync<RemoteTroubleException>(() => ReadAsync(new Wire(_ => Wire.Json(status, body))))).Trouble);

    [Fact]
    public async Task With_hostile_ids_and_names_are_left_out_or_made_harmless()
    {
        var seen = await ReadAsync(new Wire(_ => Page(null, App("../me", "traversal"), App(One, $"line\\nbreak{new string('x', 500)}"), $$"""{"appId":"{{Two}}"}""")));

        Assert.Equal([One, Two], seen.Select(app => app.AppId));
        Assert.StartsWith("line_breakxxx", seen[0].Name, StringComparison.Ordinal);
        Assert.InRange(seen[0].Name.Length, 1, 200);
        Assert.Equal("without a name", seen[1].Name);
    }

    private static async Task<IReadOnlyList<AppRegistrationSeen>> ReadAsync(Wire wire)
    {
        // Without the retry handler: a test must not wait for it.
        var handlers = GraphClientFactory.CreateDefaultHandlers().Where(handler => !handler.GetType().Name.Contains("Retry", StringComparison.Ordinal)).ToList();
        using var client = new GraphServiceClient(
            GraphClientFactory.Create(handlers, finalHandler: wire),
            new AzureIdentityAuthenticationProvider(new NamedCredential(), scopes: ["https://graph.microsoft.com/.default"]));
        return await new GraphAppRegistrations(client, Options.Create(new RotationOptions()), new FakeTimeProvider()).ListAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
    }

    private static HttpResponseMessage Page(string? next, params string[] apps)
        => Wire.Json(200, $$"""{{{(next is null ? "" : $"\"@odata.nextLink\":\"{next}\",")}}"value":[{{string.Join(",", apps)}}]}""");

    private static string App(string id, string name)
        => string.Create(CultureInfo.InvariantCulture, $$"""{"appId":"{{id}}","displayName":"{{name}}","passwordCredentials":[{"keyId":"11111111-0000-4000-8000-000000000001","endDateTime":"{{s_end:O}}","hint":"abc"}],"keyCredentials":[{"keyId":"11111111-0000-4000-8000-000000000002"}]}""");
}
