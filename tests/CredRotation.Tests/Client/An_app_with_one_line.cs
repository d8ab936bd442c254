using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using CredRotation.Client;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredRotation.Tests.Client;

/// <summary>An ASP.NET Core app that adds a credential by one line, on real HTTP, with an authority that signs real tokens.</summary>
public sealed class An_app_with_one_line : IAsyncLifetime
{
    private const string Rotator = "b0000000-0000-0000-0000-000000000001", EventGrid = "b0000000-0000-0000-0000-000000000002", Audience = "api://checkout";
    private readonly FakeTimeProvider _vaultClock = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ClientFixture.FakeVault _vault;
    private readonly HttpClient _vaultHttp;
    private readonly RSA _key = RSA.Create(2048);
    private readonly ConcurrentQueue<(string Path, string Body)> _told = new();
    private readonly ConcurrentQueue<(string? Key, string Body)> _paid = new();
    private readonly HashSet<string> _accepted = ["one"];
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private LoopbackServer? _authority, _payments, _rotator;
    private WebApplication? _app;

    public An_app_with_one_line()
    {
        _vault = new ClientFixture.FakeVault(_vaultClock);
        _vaultHttp = new HttpClient(_vault);
        _vault.Add("v1", "one");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Uri App => new(_app!.Urls.Single());

    public async ValueTask InitializeAsync()
    {
        _authority = await LoopbackServer.StartAsync(null, [0], AuthorizeAsync, Cancel);
        _payments = await LoopbackServer.StartAsync(null, [0], PayAsync, Cancel);
        _rotator = await LoopbackServer.StartAsync(null, [0], HearAsync, Cancel);
        _app = await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        foreach (var server in new[] { _authority, _payments, _rotator }) if (server is not null) await server.DisposeAsync();
        _vaultHttp.Dispose();
        _http.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task Sends_the_current_value_and_proves_it_by_a_2xx()
    {
        Assert.Equal(HttpStatusCode.OK, await BuyAsync());
        await SignalAsync("v2", "two");
        lock (_accepted) _accepted.Add("two");

        Assert.Equal(HttpStatusCode.OK, await BuyAsync());

        Assert.Equal(["one", "two"], _paid.Select(payment => payment.Key));
        await ToldAsync("/api/acknowledgements", "v2");
    }

    [Fact]
    public async Task Tries_a_401_once_more_with_the_version_before_and_reports_the_new_one()
    {
        await BuyAsync();
        await SignalAsync("v2", "two");

        Assert.Equal(HttpStatusCode.OK, await BuyAsync());

        Assert.Equal(["one", "two", "one"], _paid.Select(payment => payment.Key));
        Assert.Single(_paid.Select(payment => payment.Body).Distinct());
        await ToldAsync("/api/failures", "v2");
    }

    [Fact]
    public async Task Shows_the_value_in_configuration_and_options_change_with_it()
    {
        var options = _app!.Services.GetRequiredService<IOptionsMonitor<ShopOptions>>();
        Assert.Equal("one", options.CurrentValue.Key);

        await SignalAsync("v2", "two");

        Assert.Equal(("two", "two"), (options.CurrentValue.Key, _app.Configuration["Shop:Key"]));
    }

    [Fact]
    public async Task Is_there_by_its_name_and_without_one_as_long_as_it_lives()
    {
        Assert.Same(_app!.Services.GetRequiredService<IRotatingCredential>(), _app.Services.GetRequiredKeyedService<IRotatingCredential>("Payments"));
        await ToldAsync("/api/leases", "v1");

        await _app.StopAsync(Cancel);

        await ToldAsync("/api/leases", "leaving");
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("another principal")]
    [InlineData("another audience")]
    [InlineData("another key")]
    [InlineData("no signature")]
    [InlineData("past its end")]
    public async Task Takes_no_signal_of(string whom)
    {
        _vault.Add("v2", "two");
        using var other = RSA.Create(2048);
        var token = whom switch
        {
            "nobody" => null,
            "another principal" => Token(EventGrid),
            "another audience" => Token(Rotator, audience: "api://another"),
            "another key" => Token(Rotator, key: other),
            "past its end" => Token(Rotator, ends: TimeProvider.System.GetUtcNow().AddHours(-1)),
            _ => $"{Token(Rotator)[..Token(Rotator).LastIndexOf('.')]}.",
        };

        using var answer = await PostAsync("/hooks/credential-reload", Signal("v2").ToJsonString(), token);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("v1", _app!.Services.GetRequiredService<IRotatingCredential>().Version);
    }

    [Fact]
    public async Task Takes_signals_that_Event_Grid_delivers_in_both_schemas()
    {
        foreach (var (version, wrap) in new[] { ("v2", "type"), ("v3", "eventType") })
        {
            _vaultClock.Advance(TimeSpan.FromSeconds(1));
            _vault.Add(version, version);
            var one = new JsonObject { [wrap] = "CredRotation.ReloadRequested", ["id"] = version, ["data"] = Signal(version) };
            using var answer = await PostAsync("/hooks/credential-events", wrap == "type" ? one.ToJsonString() : new JsonArray(new JsonObject { ["eventType"] = "Something.Else", ["data"] = 4 }, one).ToJsonString(), Token(EventGrid));

            Assert.Equal((HttpStatusCode.OK, version), (answer.StatusCode, _app!.Services.GetRequiredService<IRotatingCredential>().Version));
        }
    }

    [Fact]
    public async Task Answers_both_handshakes_of_Event_Grid()
    {
        using var options = new HttpRequestMessage(HttpMethod.Options, new Uri(App, "/hooks/credential-events")) { Headers = { { "WebHook-Request-Origin", "eventgrid.azure.net" } } };
        using var allowed = await _http.SendAsync(options, Cancel);
        using var validated = await PostAsync("/hooks/credential-events", """[{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"A1"}}]""", Token(EventGrid));

        Assert.Equal("eventgrid.azure.net", Assert.Single(allowed.Headers.GetValues("WebHook-Allowed-Origin")));
        Assert.Equal("""{"validationResponse":"A1"}""", await validated.Content.ReadAsStringAsync(Cancel));
    }

    [Theory]
    [InlineData("hostile")]
    [InlineData("4")]
    [InlineData("")]
    public async Task Refuses_a_delivery_that_is_none(string body)
    {
        using var answer = await PostAsync("/hooks/credential-events", body, Token(EventGrid));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("""{"type":"CredRotation.ReloadRequested","data":"hostile"}""")]
    [InlineData("""{"type":"CredRotation.ReloadRequested","data":{"rotation":5}}""")]
    [InlineData("""{"type":"CredRotation.ReloadRequested","data":{"rotation":"abcdefghijklmnopqrst","vault":"https://other.vault.azure.net/","secret":"x","version":"v2","rehearsal":false}}""")]
    [InlineData("""{"type":"hostile"}""")]
    public async Task Takes_and_leaves_a_delivery_that_is_not_for_it(string body)
    {
        using var answer = await PostAsync("/hooks/credential-events", body, Token(EventGrid));

        Assert.Equal((HttpStatusCode.OK, "v1"), (answer.StatusCode, _app!.Services.GetRequiredService<IRotatingCredential>().Version));
    }

    [Fact]
    public void Is_refused_with_every_setting_that_is_missing()
    {
        var builder = WebApplication.CreateSlimBuilder();

        var refused = Assert.Throws<OptionsValidationException>(() => builder.AddRotatingCredential("Payments", settings => (settings.Audience, settings.PollInterval) = ("api://x", TimeSpan.FromSeconds(1))));

        foreach (var name in new[] { "Vault", "Secret", "Rotator", "RotatorScope", "Authority, Audience and RotatorPrincipal", "PollInterval" }) Assert.Contains(refused.Failures, failure => failure.Contains(name, StringComparison.Ordinal));
    }

    private async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["CredRotation:Rotator"] = _rotator!.Addresses[0].AbsoluteUri,
            ["CredRotation:RotatorScope"] = "api://cred-rotation/.default",
            ["CredRotation:Authority"] = _authority!.Addresses[0].AbsoluteUri,
            ["CredRotation:Audience"] = Audience,
            ["CredRotation:RotatorPrincipal"] = Rotator,
            ["CredRotation:EventGridPrincipal"] = EventGrid,
            ["CredRotation:Payments:Vault"] = "https://payments.vault.azure.net/",
            ["CredRotation:Payments:Secret"] = ClientFixture.Secret,
            ["CredRotation:Payments:ConfigurationKey"] = "Shop:Key",
        });
        builder.Services.AddSingleton<Azure.Core.TokenCredential>(new SandboxTokenCredential("app"));
        builder.Services.AddSingleton<Action<SecretClientOptions>>(options => options.Transport = new HttpClientTransport(_vaultHttp));
        builder.AddRotatingCredential("Payments");
        builder.Services.Configure<ShopOptions>(builder.Configuration.GetSection("Shop"));
        builder.Services.AddHttpClient("payments", http => http.BaseAddress = _payments!.Addresses[0]).AddRotatingCredential("Payments", "X-API-Key");
        var app = builder.Build();
        app.MapPost("/buy", async (IHttpClientFactory clients) =>
        {
            using var client = clients.CreateClient("payments");
            using var answer = await client.PostAsJsonAsync("/pay", new { amount = 12 });
            return Results.StatusCode((int)answer.StatusCode);
        });
        await app.StartAsync(Cancel);
        return app;
    }

    private async Task<HttpStatusCode> BuyAsync()
    {
        using var answer = await _http.PostAsync(new Uri(App, "/buy"), null, Cancel);
        return answer.StatusCode;
    }

    private async Task SignalAsync(string version, string value)
    {
        _vaultClock.Advance(TimeSpan.FromSeconds(1));
        _vault.Add(version, value);
        using var answer = await PostAsync("/hooks/credential-reload", Signal(version).ToJsonString(), Token(Rotator));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(App, path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _http.SendAsync(request, Cancel);
    }

    private async Task ToldAsync(string path, string says)
    {
        for (var tries = 0; !_told.Any(told => told.Path == path && told.Body.Contains(says, StringComparison.Ordinal)); tries++)
        {
            Assert.True(tries < 2000, $"Nobody was told {says} at {path}.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }

    private static JsonObject Signal(string version) => new() { ["rotation"] = ClientFixture.Rotation, ["vault"] = "https://payments.vault.azure.net/", ["secret"] = ClientFixture.Secret, ["version"] = version, ["rehearsal"] = false };

    private string Token(string principal, string audience = Audience, RSA? key = null, DateTimeOffset? ends = null)
    {
        var end = (ends ?? TimeProvider.System.GetUtcNow().AddHours(1)).UtcDateTime;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = "https://issuer.example/",
            Audience = audience,
            NotBefore = end.AddHours(-2),
            IssuedAt = end.AddHours(-2),
            Expires = end,
            Subject = new ClaimsIdentity([new Claim("oid", principal)]),
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(key ?? _key) { KeyId = "k1" }, SecurityAlgorithms.RsaSha256),
        });
    }

    private Task AuthorizeAsync(HttpContext context)
    {
        var parameters = _key.ExportParameters(false);
        return context.Response.WriteAsync(context.Request.Path.Value!.EndsWith("openid-configuration", StringComparison.Ordinal)
            ? JsonSerializer.Serialize(new { issuer = "https://issuer.example/", jwks_uri = new Uri(_authority!.Addresses[0], "keys") })
            : JsonSerializer.Serialize(new { keys = new[] { new { kty = "RSA", use = "sig", kid = "k1", n = Base64UrlEncoder.Encode(parameters.Modulus), e = Base64UrlEncoder.Encode(parameters.Exponent) } } }));
    }

    private async Task PayAsync(HttpContext context)
    {
        var key = context.Request.Headers["X-API-Key"].ToString();
        using var reader = new StreamReader(context.Request.Body);
        _paid.Enqueue((key, await reader.ReadToEndAsync()));
        lock (_accepted) context.Response.StatusCode = _accepted.Contains(key) ? 200 : 401;
    }

    private async Task HearAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        _told.Enqueue((context.Request.Path.Value!, await reader.ReadToEndAsync()));
        if (context.Request.Path == "/api/leases") await context.Response.WriteAsync("""{"renewAfterSeconds":60,"expiresInSeconds":300,"signal":null}""");
        else context.Response.StatusCode = 202;
    }

    /// <summary>What the app binds.</summary>
    public sealed class ShopOptions
    {
        public string Key { get; set; } = "";
    }
}
