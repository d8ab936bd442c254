using System.Net;
using CredRotation.Adapters.Storage;
using CredRotation.EmbeddedHost;
using CredRotation.Engine;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Registry;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.World;
using CredRotation.Testing;
using CredRotation.Tests.Functions;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Sandbox;

/// <summary>The whole sandbox and, once started, the whole app on one clock that jumps; no sweep ever runs, so that only events tell of anything.</summary>
internal sealed class EventsWorld : IAsyncDisposable
{
    private EmbeddedApp? _app;

    private EventsWorld(SandboxClock clock, SandboxWorld sandbox) => (Clock, Sandbox) = (clock, sandbox);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public SandboxClock Clock { get; }

    public SandboxWorld Sandbox { get; }

    public EventPoster Events => Sandbox.Events!;

    public SqliteWorkQueue Queue => _app!.Services.GetRequiredService<SqliteWorkQueue>().Named(CredRotation.Functions.HearEvent.Queue);

    private ICredentialRegistry Registry => _app!.Services.GetRequiredService<ICredentialRegistry>();

    public static async Task<EventsWorld> StartAsync(SandboxOptions options)
    {
        var clock = new SandboxClock();
        var sandbox = await SandboxWorld.StartAsync(options with { Settings = new Dictionary<string, string> { ["SweepSchedule"] = "0 0 0 29 2 *" } }, clock, Stop);
        await sandbox.Checkout.StartAsync(Stop);
        return new EventsWorld(clock, sandbox);
    }

    public async Task StartAppAsync()
        => _app = await EmbeddedApp.StartAsync(Sandbox.HostSettings(), services => services.AddSingleton<TimeProvider>(Clock), Stop);

    /// <summary>The payment key's current version says this now, in Event Grid's own schema.</summary>
    public string Say(string type)
        => new VaultEvent(type, Sandbox.Vault.Get(Sandbox.PaymentSecret.VaultHost, Sandbox.PaymentSecret.Name, null, new VaultCaller("sandbox", "")).Value!, Clock.GetUtcNow()).ToEventGrid().ToJsonString();

    public async Task<string> GetAsync(string person, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_app!.BaseUri, path)) { Headers = { { "Authorization", $"Bearer {Sandbox.TokenFor(person)}" } } };
        using var http = HeadsWorld.NewClient(_app);
        using var answer = await http.SendAsync(request, Stop);
        return await answer.Content.ReadAsStringAsync(Stop);
    }

    public async Task<HttpStatusCode> PostAsync(string path, HttpContent content)
    {
        using var http = HeadsWorld.NewClient(_app!);
        using var answer = await http.PostAsync(new Uri(_app!.BaseUri, path), content, Stop);
        return answer.StatusCode;
    }

    public Task SweepAsync() => _app!.Services.GetRequiredService<CredentialSweep>().RunAsync(Stop);

    public Task<CredentialRow?> RowAsync() => Registry.FindAsync(CredentialId.Of(Sandbox.PaymentSecret), Stop);

    public Task<Rotation?> RotationAsync() => Registry.FindRotationAsync(CredentialId.Of(Sandbox.PaymentSecret), 1, Stop);

    public async Task<IReadOnlyList<ObjectFinding>> FindingsAsync() => await Registry.ListFindingsAsync(Stop).ToListAsync(Stop);

    /// <summary>Goes on in steps, and never past work in flight, until something has come true.</summary>
    public async Task UntilAsync(TimeSpan step, Func<Task<bool>> isTrue)
    {
        var steps = 0;
        for (; steps < 4_000 && !await isTrue(); steps++)
        {
            if (Clock.IsIdle && _app is null or { InFlight: 0 }) Clock.JumpTo(Clock.GetUtcNow() + step);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Stop);
        }

        Assert.True(steps < 4_000, "It never came true.");
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        await Sandbox.DisposeAsync();
    }
}
