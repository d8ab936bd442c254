using System.Net;
using System.Text.Json;
using CredRotation.EmbeddedHost;
using CredRotation.Engine.Detect;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.World;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Sandbox;

/// <summary>The whole app in its default mode against the whole sandbox over HTTPS.</summary>
public sealed class An_app_that_observes : IAsyncLifetime
{
    private SandboxWorld? _sandbox;
    private EmbeddedApp? _app;
    private HttpClient? _http;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private SandboxWorld Sandbox => _sandbox!;

    public async ValueTask InitializeAsync()
    {
        // Sweeps run when a test says so.
        var settings = new Dictionary<string, string> { ["Rotation__Mode"] = "Observe", ["SweepSchedule"] = "0 0 0 29 2 *" };
        _sandbox = await SandboxWorld.StartAsync(new SandboxOptions { Settings = settings }, TimeProvider.System, Stop);
        await _sandbox.Checkout.StartAsync(Stop);
        _app = await EmbeddedApp.StartAsync(_sandbox.HostSettings(), null, Stop);
        _http = _app.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        if (_sandbox is not null) await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task Lists_and_announces_everything_and_touches_no_value()
    {
        var result = await _app!.Services.GetRequiredService<CredentialSweep>().RunAsync(Stop);

        Assert.Empty(result.UnreadVaults);
        // The vaults' own log, without what the shop and the people do.
        var ours = Sandbox.Vault.Requests.Where(request => request.Caller == SandboxSignIn.RotatorApp).ToList();
        Assert.Equal(["CertificateList", "KeyList", "SecretList", "SecretListVersions"], ours.Select(request => request.Operation).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(2, ours.Count(request => request.Operation == "CertificateList"));
        var told = string.Concat(Sandbox.Inbox.Messages.Select(message => message.Body));
        Assert.All(new[] { "report-sftp-password", "checkout-tls", "search-signing", "card-data-wrapping", "webhook-hmac", SandboxNames.PaymentSecret }, name => Assert.Contains(name, told, StringComparison.Ordinal));
        Assert.DoesNotContain("sandbox-expires-soon", told, StringComparison.Ordinal);
        Assert.Empty(Sandbox.Gateway.Requests);
    }

    [Fact]
    public async Task Tells_anybody_that_it_is_well_and_nobody_what_it_watches()
    {
        await _app!.Services.GetRequiredService<CredentialSweep>().RunAsync(Stop);
        await _app.Services.GetRequiredService<Sleepers>().WakeAsync(Stop);

        using var answer = await _http!.GetAsync(new Uri(_app.BaseUri, "api/health"), Stop);
        var text = await answer.Content.ReadAsStringAsync(Stop);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(JsonDocument.Parse(text).RootElement.GetProperty("isOk").GetBoolean());
        Assert.All(new[] { SandboxNames.PaymentSecret, Sandbox.PaymentSecret.VaultHost, "report-sftp" }, name => Assert.DoesNotContain(name, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Shows_findings_first_and_then_what_is_only_watched()
    {
        await _app!.Services.GetRequiredService<CredentialSweep>().RunAsync(Stop);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_app.BaseUri, "api/pages/credentials")) { Headers = { { "Authorization", $"Bearer {Sandbox.TokenFor("operator")}" } } };

        using var answer = await _http!.SendAsync(request, Stop);
        var page = await answer.Content.ReadAsStringAsync(Stop);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Matches("(?s)id=\"findings-title\".*search-signing.*id=\"managed-title\".*id=\"unmanaged-title\".*card-data-wrapping", page);
    }
}
