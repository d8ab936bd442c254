using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using CredRotation.Client;
using CredRotation.Sandbox.Systems;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Client;

/// <summary>Heartbeats, what an instance hears by them, and what it reports.</summary>
public sealed class An_instance_that_says_it_is_there : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ClientFixture.FakeVault _vault;
    private readonly Rotator _rotator = new();
    private readonly KeptLines _log = new();
    private readonly HttpClient _vaultHttp, _rotatorHttp;
    private readonly ReloadingCredential _credential;

    public An_instance_that_says_it_is_there()
    {
        _vault = new ClientFixture.FakeVault(_clock);
        (_vaultHttp, _rotatorHttp) = (new HttpClient(_vault), new HttpClient(_rotator));
        var options = new SecretClientOptions { Transport = new HttpClientTransport(_vaultHttp), Retry = { MaxRetries = 0 } };
        _credential = new ReloadingCredential(
            new ReloadingCredentialOptions { Secret = ClientFixture.Secret, Rotator = new Uri("https://rotator.example/"), RotatorScope = "api://cred-rotation/.default", Instance = "checkout-1", PollInterval = TimeSpan.Zero, Timeout = TimeSpan.FromDays(1) },
            new SecretClient(new Uri("https://payments.vault.azure.net/"), new SandboxTokenCredential("vault-token"), options), _rotatorHttp, new SandboxTokenCredential("app-token"), _clock, _log);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Says_what_it_runs_as_soon_as_it_has_read_it_and_again_when_it_is_asked_to()
    {
        await StartAsync();
        Assert.Equal("""{"vault":"https://payments.vault.azure.net/","secret":"payment-gateway-api-key","version":"v1","instance":"checkout-1"}""", await _rotator.NextAsync("/api/leases"));

        // Sixty seconds, give or take a fifth.
        _clock.Advance(TimeSpan.FromSeconds(47));
        Assert.Equal(0, _rotator.Waiting("/api/leases"));
        await MoveUntilAsync(TimeSpan.FromSeconds(5), () => _rotator.Waiting("/api/leases") > 0);
    }

    [Fact]
    public async Task Takes_what_the_answer_says_is_to_be_run_and_says_so_at_once()
    {
        await StartAsync();
        await _rotator.NextAsync("/api/leases");
        _clock.Advance(TimeSpan.FromSeconds(1));
        _vault.Add("v2", "two");
        _rotator.Signal = "v2";

        await MoveUntilAsync(TimeSpan.FromSeconds(5), () => _credential.Version == "v2");

        _rotator.Signal = null;
        string said;
        do said = await _rotator.NextAsync("/api/leases");
        while (!said.Contains("\"v2\"", StringComparison.Ordinal));
        using (var lease = _credential.Acquire()) lease.Succeeded();
        Assert.Contains(ClientFixture.Rotation, await _rotator.NextAsync("/api/acknowledgements"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_that_it_leaves_when_it_stops()
    {
        await StartAsync();
        await _rotator.NextAsync("/api/leases");

        await _credential.DisposeAsync();

        Assert.Contains("\"leaving\":\"true\"", await _rotator.NextAsync("/api/leases"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(0)]
    public async Task Goes_on_as_it_is_when_nobody_hears_it_and_says_so_once(int status)
    {
        _rotator.Refusal = status;
        await StartAsync();
        await _rotator.NextAsync("/api/leases");
        await MoveUntilAsync(TimeSpan.FromMinutes(6), () => _rotator.Waiting("/api/leases") > 2);

        Assert.Equal("v1", _credential.Version);
        Assert.Single(_log.Lines, line => line.Contains("heartbeats", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reports_once_that_a_version_is_refused_while_the_one_before_works()
    {
        await StartAsync();
        using (var first = _credential.Acquire()) first.Succeeded();
        await ReloadAsync("v2");

        for (var times = 0; times < 3; times++)
        {
            using var lease = _credential.Acquire();
            using var other = lease.Refused();
            Assert.Equal("v1", other?.Version);
            other!.Succeeded();
        }

        Assert.Equal("""{"vault":"https://payments.vault.azure.net/","secret":"payment-gateway-api-key","version":"v2","instance":"checkout-1","what":"refused"}""", await _rotator.NextAsync("/api/failures"));
        Assert.Equal(0, _rotator.Waiting("/api/failures"));
    }

    [Fact]
    public async Task Reports_a_version_that_is_refused_when_there_is_no_other()
    {
        await StartAsync();

        using var lease = _credential.Acquire();

        Assert.Null(lease.Refused());
        Assert.Contains("\"v1\"", await _rotator.NextAsync("/api/failures"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_nothing_of_an_old_version_that_ended()
    {
        await StartAsync();
        using var inFlight = _credential.Acquire();
        await ReloadAsync("v2");

        using var other = inFlight.Refused();
        other!.Succeeded();

        Assert.Equal("v2", other.Version);
        Assert.Equal(0, _rotator.Waiting("/api/failures"));
    }

    [Fact]
    public async Task Reports_a_version_that_the_vault_does_not_hand_out()
    {
        await StartAsync();

        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => ReloadAsync("v9", exists: false));

        Assert.Contains("\"unreadable\"", await _rotator.NextAsync("/api/failures"), StringComparison.Ordinal);
        Assert.Equal("v1", _credential.Version);
    }

    [Fact]
    public async Task Hands_both_versions_out_until_the_new_one_has_worked_and_tells_whoever_watches()
    {
        await StartAsync();
        var changed = 0;
        using var watching = Microsoft.Extensions.Primitives.ChangeToken.OnChange(_credential.GetReloadToken, () => changed++);
        Assert.Null(_credential.AcquirePrevious());

        await ReloadAsync("v2");

        using (var previous = _credential.AcquirePrevious()) Assert.Equal(("v1", "v1"), (previous?.Version, _credential.PreviousVersion));
        using (var lease = _credential.Acquire()) lease.Succeeded();
        Assert.Null(_credential.PreviousVersion);
        Assert.Equal(1, changed);
    }

    [Fact]
    public async Task Writes_no_value_into_any_line()
    {
        await StartAsync();
        await ReloadAsync("v2");
        using (var lease = _credential.Acquire())
        {
            Assert.DoesNotContain("value-of", lease.ToString(), StringComparison.Ordinal);
            lease.Refused()?.Refused();
        }

        await _rotator.NextAsync("/api/failures");
        await _credential.DisposeAsync();

        Assert.NotEmpty(_log.Lines);
        Assert.DoesNotContain(_log.Lines.Concat(_rotator.Everything), line => line.Contains("value-of", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _credential.DisposeAsync();
        _vaultHttp.Dispose();
        _rotatorHttp.Dispose();
    }

    private Task StartAsync()
    {
        _vault.Add("v1", "value-of-one");
        return _credential.StartAsync(Cancel);
    }

    private Task<ReloadAnswer> ReloadAsync(string version, bool exists = true)
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        if (exists) _vault.Add(version, $"value-of-{version}");
        return _credential.HandleSignalAsync(new ReloadSignal(ClientFixture.Rotation, "https://payments.vault.azure.net/", ClientFixture.Secret, version, false), Cancel);
    }

    // What the clock wakes goes on elsewhere, so it gets a moment before the clock moves again.
    private async Task MoveUntilAsync(TimeSpan step, Func<bool> isSo)
    {
        for (var tries = 0; !isSo(); tries++)
        {
            Assert.True(tries < 2000, "It never came true.");
            _clock.Advance(step);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel);
        }
    }

    private sealed class Rotator : HttpMessageHandler
    {
        private readonly ConcurrentDictionary<string, System.Threading.Channels.Channel<string>> _said = new();
        private readonly ConcurrentQueue<string> _everything = new();

        /// <summary>What the next heartbeats are told to run.</summary>
        public string? Signal { get; set; }

        /// <summary>Null: none; 0 drops the connection.</summary>
        public int? Refusal { get; set; }

        public IEnumerable<string> Everything => _everything;

        public int Waiting(string path) => Of(path).Reader.Count;

        public async Task<string> NextAsync(string path) => await Of(path).Reader.ReadAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var (path, body) = (request.RequestUri!.AbsolutePath, await request.Content!.ReadAsStringAsync(cancellationToken));
            _everything.Enqueue(body);
            Of(path).Writer.TryWrite(body);
            if (Refusal is { } refusal) return refusal == 0 ? throw new HttpRequestException("The connection ended.") : new HttpResponseMessage((HttpStatusCode)refusal);
            if (path != "/api/leases") return new HttpResponseMessage(HttpStatusCode.Accepted);
            var signal = Signal is { } version ? new JsonObject { ["rotation"] = ClientFixture.Rotation, ["vault"] = "https://payments.vault.azure.net/", ["secret"] = ClientFixture.Secret, ["version"] = version, ["rehearsal"] = false } : null;
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create(new JsonObject { ["renewAfterSeconds"] = 60, ["expiresInSeconds"] = 300, ["signal"] = signal }) };
        }

        private System.Threading.Channels.Channel<string> Of(string path) => _said.GetOrAdd(path, _ => System.Threading.Channels.Channel.CreateUnbounded<string>());
    }

    private sealed class KeptLines : ILogger<ReloadingCredential>
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyList<string> Lines => [.. _lines];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _lines.Enqueue($"{formatter(state, exception)} {exception}");
    }
}
