using System.Net;
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
    public async Task Repeats_its_keys_for_a_seed_and_dates_by_its_clock()
    {
        using var response = await _http.GetAsync(new Uri(_server!.ManagementUri, "v3/me"), Stop);

        Assert.Equal(_clock.GetUtcNow(), response.Headers.Date);
        Assert.True(_first.Value.RevealToRemote().Length >= 40);
        Assert.Equal(_management.Value.RevealToRemote(), new GatewayModel(_clock, 7, new GatewayOptions()).Add(new GatewayCredential("x", "x", "x", true, [])).Value.RevealToRemote());
        Assert.NotEqual(_management.Value.RevealToRemote(), new GatewayModel(_clock, 8, new GatewayOptions()).Add(new GatewayCredential("x", "x", "x", true, [])).Value.RevealToRemote());
    }

    private async Task<HttpStatusCode> PayAsync(string key) => (await SendAsync(HttpMethod.Post, "payments", key)).Status;

    private async Task<(HttpStatusCode Status, JsonObject? Body)> SendAsync(HttpMethod method, string path, string key)
    {
        using var request = new HttpRequestMessage(method, new Uri(_server!.PaymentsUri, $"/{path}")) { Headers = { { "X-API-Key", key } } };
        using var response = await _http.SendAsync(request, Stop);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(Stop)) as JsonObject);
    }
}
