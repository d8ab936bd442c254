using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using CredRotation.EmbeddedHost;
using CredRotation.Engine;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Ladder;
using CredRotation.Engine.Registry;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Sandbox.World;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Runbooks;

/// <summary>The whole app against the whole sandbox, and an Automation account beside it whose identity is the sandbox's operator.</summary>
public sealed class RunbookWorld : IAsyncLifetime
{
    public const string Audience = "api://cred-rotation";
    public const string WebhookSecret = "watchdog-webhook";
    private const string IdentityHeader = "header-canary-5f1c";
    private const string Person = "operator";

    private readonly ConcurrentQueue<string> _tokens = new();
    private Uri? _address;
    private SandboxWorld? _sandbox;
    private EmbeddedApp? _app;
    private LoopbackServer? _identity;
    private HttpClient? _http;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public SandboxWorld Sandbox => _sandbox!;

    /// <summary>The app's address, whether it runs or not.</summary>
    public Uri App => _address!;

    /// <summary>Settings of the app beside the sandbox's own.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public HttpClient Http => _http!;

    /// <summary>Every call that a runbook made, as method and path.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>What the identity endpoint answers instead of a token.</summary>
    public int? IdentityRefusal { get; set; }

    public ICredentialRegistry Registry => _app!.Services.GetRequiredService<ICredentialRegistry>();

    public string WebhookSecretId => $"{Sandbox.VaultUri(SandboxNames.OtherVault).AbsoluteUri}secrets/{WebhookSecret}";

    public async ValueTask InitializeAsync()
    {
        // Sweeps run when a test says so.
        var settings = new Dictionary<string, string> { ["SweepSchedule"] = "0 0 0 29 2 *", ["WakeSchedule"] = "0 0 0 29 2 *", ["RemindSchedule"] = "0 0 0 29 2 *", ["Health__WakeLateAfter"] = "01:00:00" };
        foreach (var (name, value) in Settings) settings[name] = value;
        _sandbox = await SandboxWorld.StartAsync(new SandboxOptions { Settings = settings, SecretLife = TimeSpan.FromDays(80) }, TimeProvider.System, Stop);
        await _sandbox.Checkout.StartAsync(Stop);
        _app = await EmbeddedApp.StartAsync(_sandbox.HostSettings(), null, Stop);
        _address = _app.BaseUri;
        _identity = await LoopbackServer.StartAsync(null, [0], GiveTokenAsync, Stop);
#pragma warning disable RS0030 // A test's own client to its own servers; there is no factory to ask.
        _http = new HttpClient(new Recorder(PinnedTransport.Handler(_sandbox.Thumbprint), Calls));
#pragma warning restore RS0030
        _sandbox.Put(SandboxNames.OtherVault, WebhookSecret, new SecretText(_sandbox.WebhookUri.AbsoluteUri), null);
        _sandbox.Vault.Restrict(SecretName.HostOf(_sandbox.VaultUri(SandboxNames.OtherVault)), SandboxSignIn.RotatorApp, Person, "sandbox");
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_identity is not null) await _identity.DisposeAsync();
        if (_app is not null) await _app.DisposeAsync();
        if (_sandbox is not null) await _sandbox.DisposeAsync();
    }

    public async Task SweepAsync()
    {
        await _app!.Services.GetRequiredService<CredentialSweep>().RunAsync(Stop);
        await _app.Services.GetRequiredService<Sleepers>().WakeAsync(Stop);
        await _app.Services.GetRequiredService<LadderClimber>().RunAsync(Stop);
    }

    /// <summary>Ends the app's process, as far as anybody outside can tell.</summary>
    public async Task StopAppAsync()
    {
        await _app!.DisposeAsync();
        _app = null;
    }

    public Task<RunbookJob> RunAsync(string name, params (string Name, object Value)[] parameters) => RunAsync(name, isInAccount: true, parameters);

    /// <summary>Runs a runbook with the parameters that every one takes, and proves each time that no token was told.</summary>
    public async Task<RunbookJob> RunAsync(string name, bool isInAccount, params (string Name, object Value)[] parameters)
    {
        var all = new Dictionary<string, object> { ["BaseUri"] = App };
        if (name != "Watch-CredRotation") all["Audience"] = Audience;
        foreach (var (parameter, value) in parameters) all[parameter] = value;
        var environment = isInAccount ? new Dictionary<string, string> { ["IDENTITY_ENDPOINT"] = $"{_identity!.Addresses[0]}metadata/identity/oauth2/token", ["IDENTITY_HEADER"] = IdentityHeader } : [];

        var job = await RunbookJob.RunAsync(name, all, environment, Http, Stop);

        Assert.All(_tokens.Append(IdentityHeader).Append("sig=sandbox"), secret => Assert.DoesNotContain(secret, job.Everything, StringComparison.Ordinal));
        return job;
    }

    public async Task<CredentialRow> RowAsync() => (await Registry.FindAsync(CredentialId.Of(Sandbox.PaymentSecret), Stop))!;

    /// <summary>Waits until what was left in the inbox was folded in.</summary>
    public async Task<CredentialRow> UntilAsync(Func<CredentialRow, bool> isSo)
    {
        for (var look = 0; look < 600; look++)
        {
            if (await RowAsync() is { } row && isSo(row)) return row;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Stop);
        }

        throw new TimeoutException("What was asked for did not come about.");
    }

    public async Task<HttpResponseMessage> SendAsync(string person, HttpMethod method, string path, HttpContent? body = null, bool isFromOurPage = false)
    {
        using var request = new HttpRequestMessage(method, new Uri(App, path)) { Content = body };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Sandbox.TokenFor(person)}");
        if (isFromOurPage) request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "same-origin");
        return await Http.SendAsync(request, Stop);
    }

    private sealed class Recorder(HttpMessageHandler inner, ConcurrentQueue<string> calls) : DelegatingHandler(inner)
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            calls.Enqueue($"{request.Method} {request.RequestUri!.AbsolutePath}");
            return base.Send(request, cancellationToken);
        }
    }

    private async Task GiveTokenAsync(HttpContext context)
    {
        var isOurs = context.Request.Headers["X-IDENTITY-HEADER"] == IdentityHeader && context.Request.Headers["Metadata"] == "true" && context.Request.Method == "GET";
        if (IdentityRefusal is not null || !isOurs)
        {
            context.Response.StatusCode = IdentityRefusal ?? 400;
            return;
        }

        var token = Sandbox.SignIn.TokenFor(Person, context.Request.Query["resource"].ToString());
        _tokens.Enqueue(token);
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.WriteAsync(new JsonObject { ["access_token"] = token, ["expires_on"] = "1890000000", ["resource"] = context.Request.Query["resource"].ToString(), ["token_type"] = "Bearer" }.ToJsonString());
    }
}
