using CredRotation.Engine;
using CredRotation.Functions;
using CredRotation.Testing;
using CredRotation.Tests.Engine;
using Microsoft.Extensions.Logging;

namespace CredRotation.Tests.Functions;

public sealed class An_event_that_is_heard : EngineTest
{
    private readonly EventHearing _hearing;
    private readonly HearedLog _log = new();

    public An_event_that_is_heard() => _hearing = new EventHearing(World.Host.Hints, _log);

    [Fact]
    public async Task Adopts_and_wakes_without_a_sweep()
    {
        await HearAsync(Say(VaultEvent.NearExpiry));
        await World.DrainAsync(Cancel);

        var rotation = await World.RotationAsync(Cancel);
        Assert.Equal("event Microsoft.KeyVault.SecretNearExpiry", rotation.Plan.SignalledBy);
    }

    [Fact]
    public async Task Again_and_again_opens_one_rotation()
    {
        for (var times = 0; times < 4; times++)
        {
            await HearAsync(Say(VaultEvent.NearExpiry));
            await HearAsync(Say(VaultEvent.Expired));
            await World.DrainAsync(Cancel);
        }

        Assert.Equal(1, (await World.RowAsync(Cancel)).Ordinal);
    }

    [Fact]
    public async Task About_a_version_we_promoted_or_replaced_costs_no_call_and_no_visit()
    {
        var old = Current();
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var chain = (await World.RowAsync(Cancel)).Chain;
        var calls = World.Vaults.Requests.Count;
        World.Queue.LoseAll();

        await HearAsync(new VaultEvent(VaultEvent.NewVersion, Current(), World.Clock.GetUtcNow()).ToCloudEvent().ToJsonString());
        await HearAsync(new VaultEvent(VaultEvent.Expired, old, World.Clock.GetUtcNow()).ToCloudEvent().ToJsonString());

        Assert.Equal(calls, World.Vaults.Requests.Count - 1);
        Assert.Null(World.Queue.NextVisibleOn);
        Assert.Equal(chain, (await World.RowAsync(Cancel)).Chain);
    }

    [Theory]
    [InlineData("""{"type":"Microsoft.KeyVault.SecretNearExpiry","data":{"Id":"https://elsewhere.vault.azure.net/secrets/payment-gateway-api-key/1"}}""")]
    [InlineData("""{"type":"Microsoft.KeyVault.SecretNearExpiry","data":{"Id":"https://rot-staging.vault.azure.net/secrets/payment-gateway-api-key/1"}}""")]
    [InlineData("""{"type":"Microsoft.KeyVault.KeyNearExpiry","data":{"Id":"https://payments.vault.azure.net/keys/k/1"}}""")]
    [InlineData("""{"type":"Microsoft.KeyVault.CertificateExpired","data":{"Id":"https://payments.vault.azure.net/certificates/c/1"}}""")]
    [InlineData("""{"type":"Microsoft.KeyVault.VaultAccessPolicyChanged","data":{"Id":"https://payments.vault.azure.net/"}}""")]
    [InlineData("garbage")]
    public async Task Of_no_use_is_logged_with_its_reason_and_asks_no_vault(string delivery)
    {
        var calls = World.Vaults.Requests.Count;

        await HearAsync(delivery);

        Assert.Equal(calls, World.Vaults.Requests.Count);
        Assert.Null(World.Queue.NextVisibleOn);
        Assert.NotEmpty(_log.Lines);
    }

    [Fact]
    public async Task About_a_secret_that_is_gone_is_not_asked_for_again()
    {
        await HearAsync("""{"type":"Microsoft.KeyVault.SecretExpired","data":{"Id":"https://payments.vault.azure.net/secrets/deleted-long-ago/1"}}""");

        Assert.Contains(_log.Lines, line => line.Contains("Gone", StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_the_store_is_down_throws_and_is_heard_the_next_time()
    {
        World.Rows.Fault = (_, _) => FaultDecision.BeforeChange;
        await Assert.ThrowsAsync<RemoteTroubleException>(() => HearAsync(Say(VaultEvent.NearExpiry)));
        World.Rows.Fault = null;

        await HearAsync(Say(VaultEvent.NearExpiry));
        await World.DrainAsync(Cancel);

        Assert.Equal(1, (await World.RowAsync(Cancel)).Ordinal);
    }

    [Fact]
    public async Task Beside_one_that_fails_is_heard_all_the_same()
    {
        World.Faults.Add("vault.versions", new Fault.DropBefore());
        const string first = """{"type":"Microsoft.KeyVault.SecretExpired","data":{"Id":"https://payments.vault.azure.net/secrets/another/1"}}""";

        await Assert.ThrowsAsync<RemoteTroubleException>(() => HearAsync($"[{first},{Say(VaultEvent.NearExpiry)}]"));
        await World.DrainAsync(Cancel);

        Assert.Equal(1, (await World.RowAsync(Cancel)).Ordinal);
    }

    [Fact]
    public async Task With_a_hostile_payload_is_shown_in_one_short_line_without_a_value()
    {
        var canary = World.CurrentValue()!;
        var json = System.Text.Json.JsonSerializer.Serialize(canary.RevealToRemote());
        await HearAsync($$"""{"type":"Microsoft.KeyVault.SecretExpired","value":{{json}},"data":{"Id":"https://payments.vault.azure.net/secrets/x%0A{{json[1..5]}}","value":{{json}} } }""");
        await HearAsync($$"""{"type":"Microsoft.KeyVault.KeyExpired","data":{"ObjectName":"a\r\nb\u2028c{{new string('x', 500)}}"} }""");
        await HearAsync(json);

        var search = new CanarySearch();
        search.Add("current", canary);
        foreach (var line in _log.Lines.Concat(World.Logs)) search.Search("log", line);
        foreach (var row in World.Rows.Snapshot()) search.Search("row", row.Body);
        Assert.Empty(search.Hits);
        Assert.All(_log.Lines, line => Assert.True(line.Length < 500 && !line.Any(c => char.IsControl(c) || c == '\u2028')));
    }

    private Task HearAsync(string text) => new HearEvent(_hearing).RunAsync(text, Cancel);

    private string Say(string type) => new VaultEvent(type, Current(), World.Clock.GetUtcNow()).ToCloudEvent().ToJsonString();

    private VaultVersion Current() => World.Vaults.Get(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, null, new VaultCaller("test", "")).Value!;

    private sealed class HearedLog : ILogger<EventHearing>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Add(formatter(state, exception));
    }
}
