using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using CredRotation.Benchmarks.PgLoad;
using CredRotation.Client;
using CredRotation.Engine;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CredRotation.Benchmarks.UnderFire;

/// <summary>What was counted so far.</summary>
internal sealed record UnderFireTally(int Acknowledged, int OldRefused, long RefusedPayments, int FailureReports);

/// <summary>
/// Instances of a client app with the package, a payments server that asks the vendor's model about each key, and the engine that rotates it.
/// Requests, payments and signals go by real HTTP; the vault, people and the engine's clock are simulated.
/// </summary>
internal sealed class UnderFireWorld : IAsyncDisposable
{
    private const string Hook = "/hooks/credential-reload";
    private const int Instances = 2;

    // A machine under load is slow, and a queue of calls is no failure.
    private static readonly TimeSpan s_acknowledgedMax = TimeSpan.FromSeconds(20);

    private readonly RotationWorld _world = new(vendor: VendorClasses.Find("overlap-list"));
    private readonly List<WebApplication> _shops = [];
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly HashSet<string> _proved = [];
    private readonly Lock _gate = new();
    private LoopbackServer? _payments;
    private TaskCompletionSource? _all;
    private long _refusedPayments;
    private int _acknowledged, _failureReports, _oldRefused, _rotations;

    public IReadOnlyList<Uri> Shops => [.. _shops.Select(shop => new Uri(shop.Urls.Single()))];

    public UnderFireTally Tally => new(Volatile.Read(ref _acknowledged), _oldRefused, Interlocked.Read(ref _refusedPayments), Volatile.Read(ref _failureReports));

    public static async Task<UnderFireWorld> StartAsync(CancellationToken cancellationToken)
    {
        var world = new UnderFireWorld();
        world._world.Clock.Advance(TimeSpan.FromMinutes(1));
        world._payments = await LoopbackServer.StartAsync(null, [0], world.PayAsync, cancellationToken);
        for (var one = 1; one <= Instances; one++) world._shops.Add(await world.OpenShopAsync($"checkout-{one}", cancellationToken));
        world._world.Consumers.Answers("checkout", [.. Enumerable.Range(1, Instances).Select(one => $"checkout-{one}")]);
        world._world.Consumers.Signalled = (_, signal, _) => world.SignalAsync(signal);
        return world;
    }

    /// <summary>One rotation from detect to retired. False: it did not come to its end within its time.</summary>
    public async Task<bool> RotateAsync(CancellationToken cancellationToken)
    {
        var old = _world.CurrentValue()!;
        var ordinal = ++_rotations;
        for (var days = 0; days < 90; days++)
        {
            await _world.SweepAsync(cancellationToken);
            if ((await _world.RowAsync(cancellationToken)).Ordinal == ordinal) break;
            await _world.PassAsync(TimeSpan.FromDays(1), cancellationToken);
        }

        for (var minutes = 0; minutes < 600; minutes++)
        {
            var rotation = await _world.RotationAsync(cancellationToken, ordinal);
            if (rotation is { State: RotationState.Retired, IsClosed: true })
            {
                if (!_world.Vendor!.Accepts(old) && _world.Vendor.Accepts(_world.CurrentValue()!)) _oldRefused++;
                // The new one lives 90 days, of which 30 are left when the next rotation begins.
                await _world.PassAsync(TimeSpan.FromDays(60), cancellationToken);
                return true;
            }

            if (rotation.Hold?.Reason is HoldReason.ApprovalNeeded) await _world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
            else await _world.PassAsync(TimeSpan.FromMinutes(1), cancellationToken);
        }

        return false;
    }

    /// <summary>Where the last rotation stands, for people.</summary>
    public async Task<string> DescribeAsync(CancellationToken cancellationToken)
    {
        var rotation = await _world.RotationAsync(cancellationToken);
        return $"{rotation.State}{(rotation.Hold is { } hold ? $", held: {hold.Detail}" : "")}";
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var shop in _shops)
        {
            await shop.StopAsync();
            await shop.DisposeAsync();
        }

        if (_payments is not null) await _payments.DisposeAsync();
        await _world.DisposeAsync();
        _http.Dispose();
    }

    /// <summary>The app as its developers would write it; only the vault's and CredRotation's wires are the world's.</summary>
    private async Task<WebApplication> OpenShopAsync(string instance, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<Azure.Core.TokenCredential>(new SandboxTokenCredential(instance));
        builder.Services.AddSingleton<Action<SecretClientOptions>>(options => options.Transport = new HttpClientTransport(new HttpClient(new WorldVault(_world.Vaults))));
        builder.Services.AddHttpClient(RotatingCredentialRegistration.ClientName).ConfigurePrimaryHttpMessageHandler(() => new Rotator(HearAsync));
        builder.AddRotatingCredential("Payments", settings =>
        {
            settings.Vault = new Uri($"https://{RotationWorld.PaymentsHost}/");
            settings.Secret = RotationWorld.SecretNameText;
            settings.Rotator = new Uri("https://rotator.example/");
            settings.RotatorScope = "api://cred-rotation/.default";
            settings.Instance = instance;
            settings.PollInterval = TimeSpan.Zero;
        });
        builder.Services.AddHttpClient("payments", http => http.BaseAddress = _payments!.Addresses[0])
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseProxy = false }).AddRotatingCredential("Payments", "X-API-Key").RemoveAllLoggers();
        var app = builder.Build();
        app.MapPost("/buy", async (IHttpClientFactory clients, CancellationToken stop) =>
        {
            using var client = clients.CreateClient("payments");
            using var answer = await client.PostAsJsonAsync("/pay", new { amount = 12 }, stop);
            return Results.StatusCode((int)answer.StatusCode);
        });
        app.MapCredentialReload(Hook, app.Services.GetRequiredService<ReloadingCredential>(), _ => ValueTask.FromResult(true));
        await app.StartAsync(cancellationToken);
        return app;
    }

    private Task PayAsync(HttpContext context)
    {
        var isAccepted = _world.Vendor!.Accepts(new SecretText(context.Request.Headers["X-API-Key"].ToString()));
        if (!isAccepted) Interlocked.Increment(ref _refusedPayments);
        context.Response.StatusCode = isAccepted ? 200 : 401;
        return Task.CompletedTask;
    }

    /// <summary>Tells every instance at its hook, and stays until each has proven the version or is too slow: the engine's clock stands still meanwhile.</summary>
    private async Task SignalAsync(Engine.Reload.ReloadSignal signal)
    {
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _proved.Clear();
            _all = all;
        }

        foreach (var shop in Shops)
        {
            using var answer = await _http.PostAsJsonAsync(new Uri(shop, Hook), new { rotation = signal.Rotation.Value, vault = $"https://{signal.Secret.VaultHost}/", secret = signal.Secret.Name, version = signal.Version, rehearsal = signal.Rehearsal });
            answer.EnsureSuccessStatusCode();
        }

        await all.Task.WaitAsync(s_acknowledgedMax).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>What CredRotation's own calls do with what instances say.</summary>
    private async Task<JsonNode?> HearAsync(string path, JsonObject said)
    {
        var (version, instance) = (said["version"]!.GetValue<string>(), said["instance"]!.GetValue<string>());
        switch (path)
        {
            case "/api/acknowledgements":
                if (!RotationId.TryParse(said["rotation"]!.GetValue<string>(), out var rotation)) throw new InvalidOperationException("An acknowledgement names no rotation.");
                await _world.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, rotation, version, instance);
                Interlocked.Increment(ref _acknowledged);
                lock (_gate)
                {
                    if (_proved.Add(instance) && _proved.Count == Instances) _all?.TrySetResult();
                }

                return null;
            case "/api/failures":
                Interlocked.Increment(ref _failureReports);
                return null;
            default:
                return new JsonObject { ["renewAfterSeconds"] = 60, ["signal"] = null };
        }
    }

    private sealed class Rotator(Func<string, JsonObject, Task<JsonNode?>> hear) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var said = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!.AsObject();
            var answer = await hear(request.RequestUri!.AbsolutePath, said);
            return new HttpResponseMessage(answer is null ? HttpStatusCode.Accepted : HttpStatusCode.OK) { Content = answer is null ? null : JsonContent.Create(answer) };
        }
    }
}
