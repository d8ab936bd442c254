using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Sandbox;

/// <summary>The life of a key at the gateway server, on a clock the test moves.</summary>
public sealed class A_gateway_of_the_sandbox : IAsyncLifetime
{
    private const string Credential = "S2-payments";
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly HttpClient _http = PinnedTransport.Client("none");
    private readonly GatewayModel _model;
    private readonly FaultInjector _faults;
    private readonly GatewayKey _management;
    private readonly GatewayKey _first;
    private GatewayServer? _server;

    public A_gateway_of_the_sandbox()
    {
        _faults = new FaultInjector(_clock);
        _model = new GatewayModel(_clock, seed: 7, new GatewayOptions { ActivationDelay = TimeSpan.FromMinutes(3) });
        _management = _model.Add(new GatewayCredential("S2-management", "ws_manage", "Shop", true, [GatewayCredential.ManagementRole]));
        _first = _model.Add(new GatewayCredential(Credential, "ws_pay", "Shop", true, [GatewayCredential.PaymentRole, GatewayCredential.ReadMeRole]));
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string GeneratePath => $"v3/merchants/{_model.Options.Merchant}/apiCredentials/{Credential}/generateApiKey";

    private string CredentialsPath => $"v3/merchants/{_model.Options.Merchant}/apiCredentials";

    private string Managing => _management.Value.RevealToRemote();

    public async ValueTask InitializeAsync() => _server = await GatewayServer.StartAsync(_model, new FaultyWire(_clock, _faults), null, Stop);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_server is not null) await _server.DisposeAsync();
    }

    [Fact]
    public async Task Takes_a_new_key_after_its_activation_and_the_old_one_for_a_day()
    {
        var (_, body) = await SendAsync(HttpMethod.Post, GeneratePath, _management.Value.RevealToRemote());
        var key = body!["apiKey"]!.GetValue<string>();

        Assert.Equal(HttpStatusCode.Unauthorized, await PayAsync(key));
        _clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(HttpStatusCode.OK, await PayAsync(key));
        _clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMinutes(3) - TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, await PayAsync(_first.Value.RevealToRemote()));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await PayAsync(_first.Value.RevealToRemote()));
        Assert.Equal(HttpStatusCode.OK, await PayAsync(key));

        Assert.Equal((5L, 2L), (_model.AttemptedPayments, _model.RefusedPayments));
        Assert.Single(_model.LiveKeys(Credential));
    }

    [Fact]
    public async Task Never_prolongs_a_key_that_already_ends()
    {
        await SendAsync(HttpMethod.Post, GeneratePath, _management.Value.RevealToRemote());
        _clock.Advance(TimeSpan.FromHours(1));
        await SendAsync(HttpMethod.Post, GeneratePath, _management.Value.RevealToRemote());

        var ends = _model.Keys.Where(key => key.CredentialId == Credential).Select(key => key.EndsOn - key.IssuedOn).ToList();

        Assert.Equal([TimeSpan.FromHours(24), TimeSpan.FromHours(25), null], ends);
    }

    [Fact]
    public async Task Says_who_a_key_is_and_refuses_a_key_without_the_role()
    {
        var (me, identity) = await SendAsync(HttpMethod.Get, "v3/me", _first.Value.RevealToRemote());
        var (generate, error) = await SendAsync(HttpMethod.Post, GeneratePath, _first.Value.RevealToRemote());
        var (read, _) = await SendAsync(HttpMethod.Get, GeneratePath[..^"/generateApiKey".Length], _management.Value.RevealToRemote());

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.OK), (me, generate, read));
        Assert.Equal(Credential, identity!["id"]!.GetValue<string>());
        Assert.Equal(["type", "errorCode", "title", "detail", "status", "requestId"], error!.Select(member => member.Key));
        Assert.Equal(["GET", "POST", "GET"], _model.Requests.Select(request => request.Method));
    }

    [Fact]
    public async Task Issues_a_key_also_when_the_answer_is_lost()
    {
        _faults.Add("gateway.generate", new Fault.DropAfter());

        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(HttpMethod.Post, GeneratePath, _management.Value.RevealToRemote()));

        Assert.Equal(2, _model.LiveKeys(Credential).Count);
    }

    [Fact]
    public async Task Makes_a_credential_that_lives_until_it_is_disabled()
    {
        var (created, made) = await SendAsync(HttpMethod.Post, CredentialsPath, Managing, new { roles = new[] { GatewayCredential.PaymentRole }, description = "rot-a-1" });
        _clock.Advance(TimeSpan.FromMinutes(3));
        var (id, key) = (made!["id"]!.GetValue<string>(), made["apiKey"]!.GetValue<string>());

        Assert.Equal(HttpStatusCode.OK, created);
        Assert.All(["id", "username", "apiKey", "password", "clientKey"], member => Assert.NotEmpty(made[member]!.GetValue<string>()));
        Assert.Equal(("rot-a-1", true), (made["description"]!.GetValue<string>(), made["active"]!.GetValue<bool>()));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await PayAsync(key), await PayAsync(_first.Value.RevealToRemote())));

        var (disabled, shown) = await SendAsync(HttpMethod.Patch, $"{CredentialsPath}/{Credential}", Managing, new { active = false });

        Assert.Equal((HttpStatusCode.OK, false), (disabled, shown!["active"]!.GetValue<bool>()));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (await PayAsync(key), await PayAsync(_first.Value.RevealToRemote())));
        Assert.Equal([id], _model.LiveKeys(credential => credential.Roles.Contains(GatewayCredential.PaymentRole)).Select(live => live.CredentialId));
        await SendAsync(HttpMethod.Patch, $"{CredentialsPath}/{Credential}", Managing, new { active = true });
        Assert.Equal(HttpStatusCode.OK, await PayAsync(_first.Value.RevealToRemote()));
    }

    [Fact]
    public async Task Lists_credentials_page_by_page_and_never_a_key()
    {
        foreach (var number in Enumerable.Range(1, 10)) await SendAsync(HttpMethod.Post, CredentialsPath, Managing, new { roles = new[] { GatewayCredential.PaymentRole }, description = $"rot-{number}" });
        await SendAsync(HttpMethod.Patch, $"{CredentialsPath}/{Credential}", Managing, new { active = false });

        var (_, first) = await SendAsync(HttpMethod.Get, CredentialsPath, Managing);
        var (_, second) = await SendAsync(HttpMethod.Get, $"{CredentialsPath}?pageNumber=2", Managing);
        var (_, all) = await SendAsync(HttpMethod.Get, $"{CredentialsPath}?pageNumber=1&pageSize=100", Managing);

        Assert.Equal((10, 2, 12, 2), (first!["data"]!.AsArray().Count, second!["data"]!.AsArray().Count, first["itemsTotal"]!.GetValue<int>(), first["pagesTotal"]!.GetValue<int>()));
        Assert.Equal([null, null, .. Enumerable.Range(1, 10).Select(number => $"rot-{number}")], all!["data"]!.AsArray().Select(item => item!["description"]?.GetValue<string>()));
        Assert.Equal([Credential], all["data"]!.AsArray().Where(item => !item!["active"]!.GetValue<bool>()).Select(item => item!["id"]!.GetValue<string>()));
        Assert.DoesNotContain("apiKey", all.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "", """{"roles":[]}""", "roles")]
    [InlineData("POST", "", """{"roles":"Checkout webservice role"}""", "roles")]
    [InlineData("POST", "", """{"roles":["Management API—API credentials read and write"]}""", "roles")]
    [InlineData("POST", "", "nonsense", "roles")]
    [InlineData("GET", "?pageSize=101", null, "pageSize")]
    [InlineData("GET", "?pageNumber=0", null, "pageNumber")]
    [InlineData("GET", "?pageNumber=x", null, "pageNumber")]
    [InlineData("PATCH", "/S2-nobody", """{"active":false}""", null)]
    public async Task Says_which_field_it_cannot_take_and_does_nothing(string method, string path, string? body, string? field)
    {
        var (status, error) = await SendAsync(new HttpMethod(method), CredentialsPath + path, Managing, body);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal(field, error!["invalidFields"]?[0]!["name"]!.GetValue<string>());
        Assert.Equal(2, _model.Credentials.Count);
        Assert.All(_model.Credentials, credential => Assert.True(credential.IsActive));
    }

    [Theory]
    [InlineData("POST", "")]
    [InlineData("GET", "")]
    [InlineData("PATCH", "/S2-payments")]
    public async Task Lets_only_the_management_role_touch_credentials(string method, string path)
    {
        var (status, _) = await SendAsync(new HttpMethod(method), CredentialsPath + path, _first.Value.RevealToRemote(), """{"active":false,"roles":["Checkout webservice role"]}""");

        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Equal(2, _model.LiveKeys(_ => true).Count);
    }

    [Fact]
    public async Task Makes_a_credential_also_when_the_answer_is_lost()
    {
        _faults.Add("gateway.create", new Fault.DropAfter());

        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(HttpMethod.Post, CredentialsPath, Managing, new { roles = new[] { GatewayCredential.PaymentRole }, description = "rot-lost" }));

        Assert.Contains(_model.Credentials, credential => credential.Description == "rot-lost");
    }

    [Fact]
    public async Task Repeats_its_keys_for_a_seed_and_dates_by_its_clock()
    {
        using var response = await _http.GetAsync(new Uri(_server!.ManagementUri, "v3/me"), Stop);

        Assert.Equal(_clock.GetUtcNow(), response.Headers.Date);
        Assert.True(_first.Value.RevealToRemote().Length >= 40);
        Assert.Equal(_management.Value.RevealToRemote(), new GatewayModel(_clock, 7, new GatewayOptions()).Add(new GatewayCredential("x", "x", "x", true, [])).Value.RevealToRemote());
        Assert.NotEqual(_management.Value.RevealToRemote(), new GatewayModel(_clock, 8, new GatewayOptions()).Add(new GatewayCredential("x", "x", "x", true, [])).Value.RevealToRemote());
    }

    private async Task<HttpStatusCode> PayAsync(string key) => (await SendAsync(HttpMethod.Post, "payments", key)).Status;

    private async Task<(HttpStatusCode Status, JsonObject? Body)> SendAsync(HttpMethod method, string path, string key, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(_server!.PaymentsUri, $"/{path}")) { Headers = { { "X-API-Key", key } } };
        if (body is not null) request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request, Stop);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(Stop)) as JsonObject);
    }
}
