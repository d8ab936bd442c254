using CredRotation.Adapters.EventGrid;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Functions;
using CredRotation.Testing;
using CredRotation.Tests.Engine;
using Microsoft.Extensions.Logging;

namespace CredRotation.Tests.Functions;

public sealed class An_event_that_is_heard : EngineTest
{
    private readonly EventHearing _hearing;
    private readonly HearedLog _log = new();

    public An_event_that_is_heard() => _hearing = new EventHearing(World.Host.Hints, World.Host.Registry, World.Host.Heard, World.Clock, _log);

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

    [Fact]
    public async Task That_was_cut_off_after_it_adopted_wakes_when_it_comes_again()
    {
        World.Rows.Fault = (operation, key) => operation == "Insert" && key.Row.StartsWith("in-", StringComparison.Ordinal) ? FaultDecision.BeforeChange : FaultDecision.None;
        await Assert.ThrowsAnyAsync<Exception>(() => HearAsync(Say(VaultEvent.NewVersion)));
        World.Rows.Fault = null;
        // Adopted, and not woken before it can know why.
        Assert.Equal(0, (await World.RowAsync(Cancel)).Ordinal);
        Assert.Null(World.Queue.NextVisibleOn);

        await HearAsync(Say(VaultEvent.NewVersion));
        await World.DrainAsync(Cancel);

        Assert.Equal("event Microsoft.KeyVault.SecretNewVersionCreated", (await World.RotationAsync(Cancel)).Plan.SignalledBy);
    }

    [Fact]
    public async Task With_news_lists_the_versions_once()
    {
        await HearAsync(Say(VaultEvent.NearExpiry));
        Assert.Equal(1, Lists());
        World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("x"), World.Clock.GetUtcNow().AddDays(300), RotationWorld.Tags());

        await HearAsync(Say(VaultEvent.NewVersion));

        Assert.Equal(2, Lists());
        await World.DrainAsync(Cancel);
        Assert.Equal(Current().Id, (await World.RowAsync(Cancel)).Seen.Version);

        int Lists() => World.Vaults.Requests.Count(request => request is { Operation: "SecretListVersions", ClientRequestId: "rot-sweep" });
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

    [Theory]
    [InlineData("garbage", "event-unreadable", FindingSeverity.Warning)]
    [InlineData("", "event-unreadable", FindingSeverity.Warning)]
    [InlineData("""[{"type":7}]""", "event-unreadable", FindingSeverity.Warning)]
    [InlineData("""{"type":"Microsoft.KeyVault.SecretExpired","data":{"Id":"https://x.vault.azure.net/keys/<script>"}}""", "event-unreadable", FindingSeverity.Warning)]
    [InlineData("""{"type":"Microsoft.Storage.BlobCreated","data":{}}""", "event-unknown-type", FindingSeverity.Notice)]
    [InlineData("""{"type":"Microsoft.KeyVault.SecretNearExpiry","data":{"Id":"https://elsewhere.vault.azure.net/secrets/x/1"}}""", "event-foreign-vault", FindingSeverity.Warning)]
    public async Task And_is_of_no_use_is_a_finding_of_its_way_in(string delivery, string code, FindingSeverity severity)
    {
        await HearAsync(delivery);

        var found = Assert.Single(await FindingsAsync());
        Assert.Equal((code, severity, WatchedName.OfWayIn(nameof(HearEvent)), 1), (found.Finding.Code, found.Finding.Severity, found.About, found.Times));
        Assert.DoesNotContain("script", found.Finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task And_is_too_large_is_a_finding_of_its_own()
    {
        await HearAsync(new string('7', KeyVaultEvents.TextMax + 1));

        Assert.Equal("event-too-large", Assert.Single(await FindingsAsync()).Finding.Code);
    }

    [Fact]
    public async Task From_a_stranger_is_counted_and_takes_no_more_room_however_much_there_is()
    {
        var since = World.Clock.GetUtcNow();
        for (var day = 0; day < 40; day++)
        {
            await HearAsync($"[7,8,{Foreign(day * 2)},{Foreign((day * 2) + 1)}]");
            await new OnSecretNearExpiry(_hearing).RunAsync(Foreign(day), Cancel);
            World.Clock.Advance(TimeSpan.FromDays(1));
        }

        var found = (await FindingsAsync()).ToDictionary(found => (found.About.Name, found.Finding.Code));
        Assert.Equal(3, found.Count);
        Assert.Equal((80, 80, 40), (found[(nameof(HearEvent), "event-unreadable")].Times, found[(nameof(HearEvent), "event-foreign-vault")].Times, found[(nameof(OnSecretNearExpiry), "event-foreign-vault")].Times));
        var counted = found[(nameof(HearEvent), "event-foreign-vault")];
        Assert.InRange(counted.Finding.Since, since, since.AddMinutes(1));
        Assert.InRange(counted.LastSeenOn, since.AddDays(39), since.AddDays(40));
        Assert.Contains("stranger-79.vault.azure.net", counted.Finding.Detail, StringComparison.Ordinal);

        static string Foreign(int number) => $$"""{"type":"Microsoft.KeyVault.SecretNearExpiry","data":{"Id":"https://stranger-{{number}}.vault.azure.net/secrets/x/1"} }""";
    }

    [Fact]
    public async Task In_a_great_batch_of_no_use_costs_one_write()
    {
        var writes = 0;
        World.Rows.Fault = (operation, _) =>
        {
            if (operation != "Find") writes++;
            return FaultDecision.None;
        };

        var heard = await _hearing.HearAsync(nameof(HearEvent), KeyVaultEvents.Parse($"[{string.Join(",", Enumerable.Repeat("{}", 1_000))}]"), Cancel);

        Assert.Equal(new Heard(0, 0, 1_000), heard);
        Assert.Equal(1, writes);
    }

    [Fact]
    public async Task And_told_nothing_new_is_ignored_and_counted()
    {
        var old = Current();
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        string[] said =
        [
            new VaultEvent(VaultEvent.NewVersion, Current(), World.Clock.GetUtcNow()).ToCloudEvent().ToJsonString(),
            new VaultEvent(VaultEvent.Expired, old, World.Clock.GetUtcNow()).ToCloudEvent().ToJsonString(),
            """{"type":"Microsoft.KeyVault.KeyNearExpiry","data":{"Id":"https://payments.vault.azure.net/keys/k/1"}}""",
            """{"type":"Microsoft.KeyVault.SecretExpired","data":{"Id":"https://payments.vault.azure.net/secrets/deleted-long-ago/1"}}""",
        ];

        var heard = await _hearing.HearAsync(nameof(HearEvent), KeyVaultEvents.Parse($"[{string.Join(",", said)}]"), Cancel);

        Assert.Equal(new Heard(0, said.Length, 0), heard);
        Assert.Contains("A delivery by HearEvent: 0 woke their credential, 4 were ignored, 0 are counted in findings, 0 failed.", _log.Lines);
        Assert.DoesNotContain(await FindingsAsync(), found => found.About.IsWayIn);
    }

    [Fact]
    public async Task About_a_secret_nobody_rotates_is_noted_in_the_words_of_a_sweep_and_told_once()
    {
        var id = World.ByHand(RotationWorld.OtherHost, "lonely", new SecretText("x"), World.Clock.GetUtcNow().AddDays(5), new Dictionary<string, string>());

        await HearAsync($$"""{"type":"Microsoft.KeyVault.SecretNearExpiry","data":{"Id":"https://{{RotationWorld.OtherHost}}/secrets/lonely/{{id}}"} }""");

        var heard = await FindingsAsync();
        Assert.Equal(["near-expiry", "no-owner", "unmanaged"], heard.Select(found => found.Finding.Code).Order(StringComparer.Ordinal));
        await World.SweepAsync(Cancel);
        Assert.Equal(heard.Select(found => found.Finding), (await FindingsAsync()).Where(found => found.About.Name == "lonely").Select(found => found.Finding));
    }

    [Fact]
    public async Task Of_a_managed_secret_whose_tags_are_wrong_now_is_noted_at_once()
    {
        await HearAsync(Say(VaultEvent.NewVersion));
        World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("x"), World.Clock.GetUtcNow().AddDays(300), new Dictionary<string, string>(RotationWorld.Tags()) { ["rotate-account"] = "nobody-configured" });

        await HearAsync(Say(VaultEvent.NewVersion));

        Assert.Equal(["tag-account-unknown"], (await FindingsAsync()).Select(found => found.Finding.Code));
    }

    [Fact]
    public async Task While_its_finding_cannot_be_noted_throws_so_that_it_comes_again()
    {
        World.Rows.Fault = (_, _) => FaultDecision.BeforeChange;

        await Assert.ThrowsAnyAsync<Exception>(() => HearAsync("garbage"));
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

    private async Task<IReadOnlyList<ObjectFinding>> FindingsAsync() => await World.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel);

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
