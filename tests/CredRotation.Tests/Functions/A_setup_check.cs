using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using CredRotation.EmbeddedHost;
using CredRotation.Engine;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Setup;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.World;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Functions;

/// <summary>The whole app against the whole sandbox over HTTPS: what it says it still needs.</summary>
public sealed class A_setup_check : IAsyncLifetime
{
    private const string Changed = $"vault.patch@{SandboxNames.PaymentsVault}";

    private static readonly string[] s_met = ["registry and ledger", "queues", "Graph GroupMember.Read.All", "Graph User.Read.All", "Graph Mail.Send", "sign-in", "address of the pages"];

    private SandboxWorld? _sandbox;
    private EmbeddedApp? _app;
    private HttpClient? _http;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private SandboxWorld Sandbox => _sandbox!;

    private SetupCheck Setup => _app!.Services.GetRequiredService<SetupCheck>();

    public async ValueTask InitializeAsync()
    {
        // Sweeps run when a test says so.
        _sandbox = await SandboxWorld.StartAsync(new SandboxOptions { Settings = new Dictionary<string, string> { ["SweepSchedule"] = "0 0 0 29 2 *" } }, TimeProvider.System, Stop);
        await _sandbox.Checkout.StartAsync(Stop);
        _app = await EmbeddedApp.StartAsync(_sandbox.HostSettings(), null, Stop);
        _http = HeadsWorld.NewClient(_app);
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        if (_sandbox is not null) await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task Has_a_line_for_every_need_and_touches_no_value()
    {
        var needs = await NeedsAsync();

        Assert.Equal(NeedState.Met, needs[$"list {Payments}"].State);
        Assert.Equal(NeedState.Met, needs[$"read and write {Payments}"].State);
        Assert.Equal(NeedState.Met, needs[$"staging vault {Staging}"].State);
        Assert.All(s_met, name => Assert.Equal(NeedState.Met, needs[name].State));
        Assert.All(new[] { "messages in Teams", $"events of {Payments}", "dead letters of events" }, name => Assert.Equal(NeedState.Unknown, needs[name].State));
        Assert.All(needs.Values, need => Assert.True(need.Detail.Length > 0 && need.Without.Length > 0));
        Assert.DoesNotContain(Sandbox.Vault.Requests, request => request.Caller == SandboxSignIn.RotatorApp && request.Operation is "SecretSet" or "SecretDelete");
        Assert.DoesNotContain(Sandbox.Vault.Requests, request => request.Caller == SandboxSignIn.RotatorApp && request.Operation == "SecretGet" && request.Status == 200);
    }

    [Fact]
    public async Task Names_a_missing_right_with_its_command_lowers_the_mode_and_opens_nothing()
    {
        Sandbox.Faults.Add(Changed, new Fault.Refuse(403, "Forbidden", "ForbiddenByRbac"), times: 1000);

        var setup = await ReadAsync();

        var need = setup.GetProperty("needs")[0];
        Assert.Equal(($"read and write {Payments}", "Missing"), (need.GetProperty("name").GetString(), need.GetProperty("state").GetString()));
        var command = need.GetProperty("command").GetString();
        Assert.StartsWith("az role assignment create --role \"Key Vault Secrets Officer\" --assignee-object-id ", command, StringComparison.Ordinal);
        Assert.Contains(SandboxSignIn.Known[SandboxSignIn.RotatorApp].ObjectId, command, StringComparison.Ordinal);
        Assert.Contains("Rehearse instead of Rotate", Assert.Single(setup.GetProperty("lowered").EnumerateArray()).GetString(), StringComparison.Ordinal);

        await VisitAsync();
        Assert.False((await RowAsync())!.IsOpen);

        Sandbox.Faults.Clear();
        await ReadAsync();
        await VisitAsync();
        // The app's own queue may be the one that visits.
        for (var tries = 0; tries < 500 && (await RowAsync())!.IsOpen is false; tries++) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
        Assert.True((await RowAsync())!.IsOpen);
    }

    [Fact]
    public async Task Is_a_card_on_the_first_start_and_another_when_something_is_lost()
    {
        await Setup.AnnounceAsync(Stop);
        await Setup.AnnounceAsync(Stop);
        Assert.Contains("CredRotation is set up", Assert.Single(Cards()), StringComparison.Ordinal);

        Sandbox.Faults.Add(Changed, new Fault.Refuse(403, "Forbidden", "ForbiddenByRbac"), times: 1000);
        await Setup.AnnounceAsync(Stop);
        await Setup.AnnounceAsync(Stop);
        Assert.Equal(2, Cards().Count);
        Assert.Contains("lost something it needs", Cards()[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_proved_by_a_code_that_somebody_types_back()
    {
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("api/setup/test-code", new { }));
        var code = Regex.Match(Assert.Single(Cards()), "\"(\\d{6})\"").Groups[1].Value;

        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("api/setup/delivery", new { code = code == "000000" ? "000001" : "000000" }));
        Assert.Equal(HttpStatusCode.OK, await PostAsync("api/setup/delivery", new { code }));
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync("api/setup/delivery", new { code }));

        Assert.Equal(NeedState.Met, (await NeedsAsync())["messages in Teams"].State);
        Assert.DoesNotContain(code, await File.ReadAllTextAsync(Sandbox.SqlitePath, System.Text.Encoding.Latin1, Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_five_tries_of_a_code_and_no_more()
    {
        await PostAsync("api/setup/test-code", new { });

        for (var attempt = 0; attempt < 5; attempt++) Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("api/setup/delivery", new { code = "none" }));

        Assert.Equal(HttpStatusCode.Conflict, await PostAsync("api/setup/delivery", new { code = Regex.Match(Assert.Single(Cards()), "\"(\\d{6})\"").Groups[1].Value }));
    }

    [Fact]
    public async Task Is_a_page_for_operators()
    {
        using var answer = await SendAsync(HttpMethod.Get, "api/pages/setup", null);
        var page = await answer.Content.ReadAsStringAsync(Stop);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Matches("(?s)Nothing is known to be missing.*cannot tell.*Send a test code", page);
        using var owners = await SendAsync(HttpMethod.Get, "api/pages/setup", null, "owner-1");
        Assert.Equal(HttpStatusCode.Forbidden, owners.StatusCode);
    }

    private string Staging => SecretName.HostOf(new Uri(Sandbox.HostSettings()["Rotation__StagingVault"]));

    private string Payments => Sandbox.PaymentSecret.VaultHost;

    private List<string> Cards() => [.. Sandbox.Inbox.Messages.Select(message => message.Body).Where(body => body.Contains("/api/pages/setup", StringComparison.Ordinal))];

    private async Task<Dictionary<string, Need>> NeedsAsync() => (await Setup.RunAsync(Stop)).Needs.ToDictionary(need => need.Name);

    private async Task<JsonElement> ReadAsync()
    {
        using var answer = await SendAsync(HttpMethod.Get, "api/setup", null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
    }

    private async Task VisitAsync()
    {
        await _app!.Services.GetRequiredService<CredentialSweep>().RunAsync(Stop);
        await _app.Services.GetRequiredService<RotationEngine>().AdvanceAsync(CredentialId.Of(Sandbox.PaymentSecret), Stop);
    }

    private Task<CredentialRow?> RowAsync() => _app!.Services.GetRequiredService<ICredentialRegistry>().FindAsync(CredentialId.Of(Sandbox.PaymentSecret), Stop);

    private async Task<HttpStatusCode> PostAsync(string path, object body)
    {
        using var answer = await SendAsync(HttpMethod.Post, path, HeadsWorld.Json(body));
        return answer.StatusCode;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, string person = "operator")
    {
        using var request = new HttpRequestMessage(method, path) { Content = body, Headers = { { "Authorization", $"Bearer {Sandbox.TokenFor(person)}" } } };
        return await _http!.SendAsync(request, Stop);
    }
}
