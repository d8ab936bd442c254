using System.Net;
using System.Text;
using System.Text.Json;
using CredRotation.Tests.Functions;

namespace CredRotation.Tests.Hosts;

public sealed class The_embedded_host(HeadsWorld world) : IClassFixture<HeadsWorld>
{
    private const string Webhook = "runtime/webhooks/eventgrid?functionName=OnSecretNearExpiry";

    [Fact]
    public async Task Answers_the_event_grid_handshake_with_its_code()
    {
        using var answer = await DeliverAsync("""[{"id":"1","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"512d38b6"}}]""", "SubscriptionValidation");

        var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("512d38b6", body.GetProperty("validationResponse").GetString());
    }

    [Fact]
    public async Task Answers_the_cloud_events_handshake()
    {
        using var answer = await world.SendAsync(null, HttpMethod.Options, Webhook, change: request => request.Headers.Add("WebHook-Request-Origin", "eventgrid.azure.net"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("eventgrid.azure.net", Assert.Single(answer.Headers.GetValues("WebHook-Allowed-Origin")));
    }

    [Theory]
    [InlineData("""{"specversion":"1.0","type":"Microsoft.Something.Else","id":"1","source":"/x"}""", 202)]
    [InlineData("""[{"id":"1"},{"eventType":"Microsoft.KeyVault.KeyNearExpiry","data":{"ObjectType":"Key"}}]""", 202)]
    [InlineData("{", 400)]
    public async Task Takes_an_event_it_cannot_use_once(string body, int status)
    {
        using var answer = await DeliverAsync(body, "Notification");

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Asks_for_the_delivery_again_when_the_function_throws()
    {
        // The vault is a closed port, so the hint cannot be looked at now.
        const string near = """[{"id":"1","eventType":"Microsoft.KeyVault.SecretNearExpiry","subject":"a","eventTime":"2026-11-01T10:00:00Z","dataVersion":"1","data":{"Id":"https://127.0.0.1:2/secrets/a/0123456789abcdef0123456789abcdef","VaultName":"v","ObjectType":"Secret","ObjectName":"a","Version":"0123456789abcdef0123456789abcdef","EXP":1800000000}}]""";
        await using var app = await world.StartAsync(new byte[32], new Dictionary<string, string> { ["Rotation__Vaults__0"] = "https://127.0.0.1:2/", ["Rotation__StagingVault"] = "https://127.0.0.1:3/" }, TestContext.Current.CancellationToken);
        using var http = HeadsWorld.NewClient(app);
        using var request = new HttpRequestMessage(HttpMethod.Post, Webhook) { Content = new StringContent(near, Encoding.UTF8, "application/json"), Headers = { { "aeg-event-type", "Notification" } } };

        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
    }

    [Fact]
    public async Task Knows_no_other_function_there()
    {
        using var answer = await world.SendAsync(null, HttpMethod.Post, "runtime/webhooks/eventgrid?functionName=AdvanceRotation", new StringContent("{}"));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("AdvanceRotation", true, 202)]
    [InlineData("WakeSleepers", true, 202)]
    [InlineData("WakeSleepers", false, 401)]
    [InlineData("ListCredentials", true, 404)]
    [InlineData("Nothing", true, 404)]
    public async Task Runs_a_function_by_hand_for_the_holder_of_the_key(string function, bool hasKey, int status)
    {
        using var answer = await world.SendAsync(null, HttpMethod.Post, $"admin/functions/{function}", HeadsWorld.Json(new { input = "garbage, not an id" }), request =>
        {
            if (hasKey) request.Headers.Add("x-functions-key", world.App.AdminKey);
        });

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Answers_to_no_name_but_its_own()
    {
        using var answer = await world.SendAsync(null, HttpMethod.Get, "api/credentials", change: request => request.Headers.Host = "rebound.example");

        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Turns_a_token_into_a_cookie_and_leads_only_to_its_own_pages()
    {
        var token = world.Token(HeadsWorld.Owner);

        using var own = await world.SendAsync(null, HttpMethod.Get, $".auth/sandbox?token={token}&to=/api/pages/rotation/abc");
        using var foreign = await world.SendAsync(null, HttpMethod.Get, $".auth/sandbox?token={token}&to=//evil.example/");
        using var forged = await world.SendAsync(null, HttpMethod.Get, $".auth/sandbox?token={token}x&to=/api/pages/credentials");

        Assert.Equal(("/api/pages/rotation/abc", "/api/pages/credentials", HttpStatusCode.Unauthorized), (own.Headers.Location?.OriginalString, foreign.Headers.Location?.OriginalString, forged.StatusCode));
        var cookie = Assert.Single(own.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("Teams__DefaultWebhook", "https://hooks.example.com/x?sig=hush", "Teams:DefaultWebhook")]
    [InlineData("Rotation__Vaults__0", "https://payments.vault.azure.net/", "Rotation:Vaults:0")]
    [InlineData("Rotation__Consumers__checkout__Hook", "http://127.0.0.1.example.com/", "Rotation:Consumers:checkout:Hook")]
    [InlineData("Rotation__Accounts__a__Parameters__baseUrl", "https://management-test.adyen.com/v3", "Rotation:Accounts:a:Parameters:baseUrl")]
    [InlineData("Graph__BaseUrl", "", "Graph:BaseUrl")]
    [InlineData("Sandbox__TokenKey", "short", "Sandbox:TokenKey")]
    [InlineData("Sandbox__CertificateThumbprint", "any", "Sandbox:CertificateThumbprint")]
    public async Task Trusts_no_sandbox_beyond_this_machine(string setting, string value, string named)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => world.StartAsync(new byte[32], new Dictionary<string, string> { [setting] = value }, TestContext.Current.CancellationToken));

        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stops_at_the_start_over_a_schedule_it_cannot_read()
    {
        await using var app = await world.StartAsync(new byte[32], new Dictionary<string, string> { ["WakeSchedule"] = "0 */5 * * * *" }, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<CredRotation.Functions.Settings.SettingsRefusedException>(() => world.StartAsync(new byte[32], new Dictionary<string, string> { ["WakeSchedule"] = "now and then" }, TestContext.Current.CancellationToken));
    }

    private Task<HttpResponseMessage> DeliverAsync(string body, string kind)
        => world.SendAsync(null, HttpMethod.Post, Webhook, new StringContent(body, Encoding.UTF8, "application/json"), request => request.Headers.Add("aeg-event-type", kind));
}
