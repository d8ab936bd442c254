using System.Net;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using CredRotation.Client;
using CredRotation.Sandbox.Systems;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Client;

/// <summary>A reloading credential between a vault and a rotator that are only handlers, on a clock the test moves.</summary>
internal sealed class ClientFixture : IAsyncDisposable
{
    public const string Rotation = "abcdefghijklmnopqrst";
    public const string Secret = "payment-gateway-api-key";
    private readonly HttpClient _vaultHttp;
    private readonly HttpClient _rotatorHttp;

    public ClientFixture(TimeSpan pollInterval = default)
    {
        VaultHandler = new FakeVault(Clock);
        RotatorHandler = new FakeRotator();
        _vaultHttp = new HttpClient(VaultHandler);
        _rotatorHttp = new HttpClient(RotatorHandler);
        var options = new SecretClientOptions { Transport = new HttpClientTransport(_vaultHttp) };
        options.Retry.MaxRetries = 0;
        Credential = new ReloadingCredential(
            new ReloadingCredentialOptions { Secret = Secret, Rotator = new Uri("https://rotator.example/"), RotatorScope = "api://cred-rotation/.default", Instance = "checkout-1", AttemptsMax = 3, Timeout = TimeSpan.FromDays(1), PollInterval = pollInterval, Heartbeat = false },
            new SecretClient(new Uri("https://payments.vault.azure.net/"), new SandboxTokenCredential("vault-token"), options),
            _rotatorHttp,
            Identity,
            Clock,
            NullLogger<ReloadingCredential>.Instance);
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

    public FakeVault VaultHandler { get; }

    public FakeRotator RotatorHandler { get; }

    public UnsteadyIdentity Identity { get; } = new();

    public ReloadingCredential Credential { get; }

    public static async Task<ClientFixture> StartedAsync(TimeSpan pollInterval = default)
    {
        var fixture = new ClientFixture(pollInterval);
        fixture.VaultHandler.Add("v1", "one");
        await fixture.Credential.StartAsync(TestContext.Current.CancellationToken);
        return fixture;
    }

    public Task<ReloadAnswer> SignalAsync(string version, bool rehearsal = false)
        => Credential.HandleSignalAsync(new ReloadSignal(Rotation, "https://payments.vault.azure.net/", Secret, version, rehearsal), TestContext.Current.CancellationToken);

    public void UseOnce()
    {
        using var lease = Credential.Acquire();
        lease.Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        await Credential.DisposeAsync();
        _vaultHttp.Dispose();
        _rotatorHttp.Dispose();
    }

    /// <summary>Answers values by version; the newest for none.</summary>
    internal sealed class FakeVault(TimeProvider clock) : HttpMessageHandler
    {
        private readonly List<(string Version, string Value, long Created)> _versions = [];
        private readonly HashSet<string> _disabled = [];
        private readonly SemaphoreSlim _listed = new(0);
        private int _refusals;

        /// <summary>Values that were read.</summary>
        public List<string> Reads { get; } = [];

        /// <summary>Lists of versions that were asked for.</summary>
        public int Lists => Volatile.Read(ref _lists);

        private int _lists;

        /// <summary>Refuses the next calls.</summary>
        public void RefuseNext(int times) => Volatile.Write(ref _refusals, times);

        public void Disable(string version) => _disabled.Add(version);

        public Task ListedAsync() => _listed.WaitAsync(TestContext.Current.CancellationToken);

        public void Add(string version, string value) => _versions.Add((version, value, clock.GetUtcNow().ToUnixTimeSeconds()));

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(Answer(request));

        private HttpResponseMessage Answer(HttpRequestMessage request)
        {
            if (request.Headers.Authorization is null)
            {
                var challenge = new HttpResponseMessage(HttpStatusCode.Unauthorized);
                challenge.Headers.TryAddWithoutValidation("WWW-Authenticate", "Bearer authorization=\"https://login.microsoftonline.com/tenant\", resource=\"https://vault.azure.net\"");
                return challenge;
            }

            var parts = request.RequestUri!.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
            if (Interlocked.Decrement(ref _refusals) >= 0) return Json(HttpStatusCode.Forbidden, new { error = new { code = "Forbidden", message = "no" } });
            if (parts is [_, _, "versions"]) return List();
            var asked = parts.Length > 2 ? parts[2] : null;
            Reads.Add(asked ?? "newest");
            var found = asked is null ? _versions[^1] : _versions.FirstOrDefault(version => version.Version == asked);
            return found.Value is null
                ? Json(HttpStatusCode.NotFound, new { error = new { code = "SecretNotFound", message = "none" } })
                : Json(HttpStatusCode.OK, new { value = found.Value, id = $"https://payments.vault.azure.net/secrets/{Secret}/{found.Version}", attributes = new { enabled = true, created = found.Created } });
        }

        // In no order of age, as the real one.
        private HttpResponseMessage List()
        {
            var items = _versions.OrderByDescending(version => version.Version).Select(version => new { id = $"https://payments.vault.azure.net/secrets/{Secret}/{version.Version}", attributes = new { enabled = !_disabled.Contains(version.Version), created = version.Created } });
            var answer = Json(HttpStatusCode.OK, new { value = items.ToArray() });
            Interlocked.Increment(ref _lists);
            _listed.Release();
            return answer;
        }

        private static HttpResponseMessage Json(HttpStatusCode status, object body) => new(status) { Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json") };
    }

    /// <summary>Takes acknowledgements, or refuses the next ones as told.</summary>
    internal sealed class FakeRotator : HttpMessageHandler
    {
        private readonly SemaphoreSlim _arrived = new(0);
        private readonly Queue<HttpStatusCode?> _refusals = new();
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public (string? Token, Uri? Uri, JsonElement Body) Last { get; private set; }

        /// <summary>Null drops the connection.</summary>
        public void RefuseNext(HttpStatusCode? status) => _refusals.Enqueue(status);

        public Task ArrivedAsync() => _arrived.WaitAsync(TestContext.Current.CancellationToken);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Last = (request.Headers.Authorization?.Parameter, request.RequestUri, JsonDocument.Parse(await request.Content!.ReadAsStringAsync(cancellationToken)).RootElement);
            Interlocked.Increment(ref _count);
            var refusal = _refusals.TryDequeue(out var status) ? status : HttpStatusCode.Accepted;
            _arrived.Release();
            return refusal is { } answer ? new HttpResponseMessage(answer) : throw new HttpRequestException("The connection ended.");
        }
    }

    /// <summary>The app's principal; its token source fails as often as told.</summary>
    internal sealed class UnsteadyIdentity : TokenCredential
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _failures;

        public void FailNext(int times) => Volatile.Write(ref _failures, times);

        public Task AskedAsync() => _asked.Task.WaitAsync(TestContext.Current.CancellationToken);

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            return Interlocked.Decrement(ref _failures) >= 0
                ? throw new InvalidOperationException("No token now.")
                : new AccessToken($"token for {requestContext.Scopes[0]}", DateTimeOffset.MaxValue);
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
            => ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
