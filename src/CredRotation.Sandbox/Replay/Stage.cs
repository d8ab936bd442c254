using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using CredRotation.Adapters.Storage;
using CredRotation.EmbeddedHost;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.World;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Replay;

/// <summary>
/// Where a day is replayed: sandbox, shop and app on one clock that runs at real speed while work is in flight and jumps to the next wake when
/// nothing is. People act through the app's own calls.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    /// <summary>How long a quiet moment lasts before the clock may jump over what follows.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(250);

    /// <summary>A consumer in another process reloads at real speed: the clock waits for its proof before it runs ahead.</summary>
    private static readonly TimeSpan s_reloadPatience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(25);

    private readonly HttpClient _http;
    private readonly ConcurrentQueue<string> _logs;
    private readonly ConcurrentQueue<string> _answers = new();
    private readonly TimeSpan _pace;

    private Stage(SandboxClock clock, SandboxWorld world, EmbeddedApp app, ConcurrentQueue<string> logs, TextWriter output, TimeSpan pace)
    {
        (Clock, World, App, _logs, _pace) = (clock, world, app, logs, pace);
        _http = Loopback.Client(app.BaseUri);
        Timeline = new Timeline(Registry, world, Credential, output);
    }

    public SandboxClock Clock { get; }

    public SandboxWorld World { get; }

    public EmbeddedApp App { get; }

    public Timeline Timeline { get; }

    public ICredentialRegistry Registry => App.Services.GetRequiredService<ICredentialRegistry>();

    public CredentialId Credential => CredentialId.Of(World.PaymentSecret);

    public Uri PageFor(string person)
        => new(App.BaseUri, $".auth/sandbox?token={Uri.EscapeDataString(World.TokenFor(person))}&to=/api/pages/overview");

    /// <param name="pace">The least real time between two jumps, so that a person can watch.</param>
    public static async Task<Stage> SetAsync(SandboxOptions options, TimeSpan pace, TextWriter output, CancellationToken cancellationToken)
    {
        var clock = new SandboxClock();
        var world = await SandboxWorld.StartAsync(options, clock, cancellationToken);
        try
        {
            await world.Checkout.StartAsync(cancellationToken);
            var logs = new ConcurrentQueue<string>();
            var app = await EmbeddedApp.StartAsync(world.HostSettings(), services =>
            {
                services.AddSingleton<TimeProvider>(clock);
                services.AddLogging(logging => logging.AddProvider(new KeptLog(logs)));
            }, cancellationToken);
            return new Stage(clock, world, app, logs, output, pace);
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Goes on until the n-th rotation is closed. Whenever nothing happens any more, <paramref name="act"/> may let a person act; else the clock jumps.</summary>
    public async Task<Rotation> RunToCloseAsync(int ordinal, Func<Rotation, Task<bool>> act, CancellationToken cancellationToken)
    {
        var quietSince = TimeProvider.System.GetTimestamp();
        while (true)
        {
            await Timeline.TellAsync(cancellationToken);
            var rotation = await Registry.FindRotationAsync(Credential, ordinal, cancellationToken);
            var row = await Registry.FindAsync(Credential, cancellationToken);
            if (rotation is { IsClosed: true } && row is { Claim: null }) return rotation;

            if (!IsQuiet() || row?.Claim is not null) quietSince = TimeProvider.System.GetTimestamp();
            var quiet = TimeProvider.System.GetElapsedTime(quietSince);
            if (quiet > (rotation?.State is RotationState.Promoted ? s_reloadPatience : s_quiet) && quiet > _pace)
            {
                if (rotation is null || !await act(rotation)) await JumpAsync(await NextAsync(row, cancellationToken), cancellationToken);
                quietSince = TimeProvider.System.GetTimestamp();
            }

            await WaitAsync(cancellationToken);
        }
    }

    /// <summary>A moment of real time.</summary>
    public static Task WaitAsync(CancellationToken cancellationToken) => Task.Delay(s_poll, TimeProvider.System, cancellationToken);

    public async Task JumpAsync(DateTimeOffset moment, CancellationToken cancellationToken)
    {
        if (moment - Clock.GetUtcNow() is var span && span > TimeSpan.FromMinutes(5)) await Timeline.SayAsync($"... {Words(span)} pass ...");
        Clock.JumpTo(moment + TimeSpan.FromMilliseconds(1));
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>A call as a signed-in person makes it. Throws when it is not accepted.</summary>
    public async Task PostAsync(string person, string path, object body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", World.TokenFor(person));
        using var response = await _http.SendAsync(request, cancellationToken);
        var answer = await response.Content.ReadAsStringAsync(cancellationToken);
        _answers.Enqueue(answer);
        if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"{path} as {person} was answered {(int)response.StatusCode}: {answer}");
    }

    /// <summary>An Event Grid delivery, as the platform makes it.</summary>
    public async Task DeliverAsync(string function, string body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"runtime/webhooks/eventgrid?functionName={function}") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("aeg-event-type", "Notification");
        using var response = await _http.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"The delivery was answered {(int)response.StatusCode}.");
    }

    /// <summary>Looks for every key in everything that was written or shown.</summary>
    public async Task<CanarySearch> SearchAsync(IReadOnlyList<Rotation> rotations, CancellationToken cancellationToken)
    {
        var canary = new CanarySearch();
        foreach (var key in World.Gateway.Keys) canary.Add(key.Label, key.Value);

        string[] paths =
        [
            "api/credentials", $"api/credentials/{Credential}", "api/pages/credentials", "api/pages/overview", "api/pages/tasks", "api/pages/owners", $"api/pages/credential/{Credential}", "api/rotations/nonsense", "api/pages/nonsense",
            .. rotations.Select(rotation => $"api/rotations/{rotation.Id}"), .. rotations.Select(rotation => $"api/pages/rotation/{rotation.Id}"),
        ];
        foreach (var path in paths)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", World.TokenFor("operator"));
            using var response = await _http.SendAsync(request, cancellationToken);
            canary.Search(path, $"{response.Headers}{await response.Content.ReadAsStringAsync(cancellationToken)}");
        }

        foreach (var message in World.Inbox.Messages) canary.Search("card", message.Body);
        foreach (var mail in World.Inbox.Mails) canary.Search("mail", $"{mail.Subject} {mail.Html}");
        foreach (var published in World.Topic.Events) canary.Search("event", published.Body.ToJsonString());
        foreach (var answer in _answers) canary.Search("answer", answer);
        foreach (var line in _logs) canary.Search("log", line);
        foreach (var line in World.Checkout.Output) canary.Search("checkout log", line);
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(World.SqlitePath)!)) canary.Search(Path.GetFileName(file), await ReadSharedAsync(file, cancellationToken));
        return canary;
    }

    public async Task<int> LedgerWritesAsync(Rotation rotation, CancellationToken cancellationToken)
    {
        var writes = 0;
        await foreach (var (entry, _) in Registry.ReadLedgerAsync(Credential, cancellationToken))
        {
            if (entry.Rotation == rotation.Id) writes++;
        }

        return writes;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await App.DisposeAsync();
        await World.DisposeAsync();
    }

    public bool IsQuiet() => App.InFlight == 0 && Clock.IsIdle;

    /// <summary>The next moment at which something is due: a wake, or a message that becomes visible.</summary>
    public async Task<DateTimeOffset> NextAsync(CredentialRow? row, CancellationToken cancellationToken)
    {
        var queued = await App.Services.GetRequiredService<SqliteWorkQueue>().NextVisibleOnAsync(cancellationToken);
        var now = Clock.GetUtcNow();
        var next = new[] { row?.WakeOn, queued }.Where(moment => moment > now).Min();
        // Nothing is due: let the timers tick.
        return next ?? now + TimeSpan.FromMinutes(1);
    }

    /// <summary>The database is open in this very process.</summary>
    private static async Task<byte[]> ReadSharedAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }

    private static string Words(TimeSpan span)
        => span.TotalDays >= 2 ? $"{span.TotalDays.ToString("0", CultureInfo.InvariantCulture)} days"
            : span.TotalHours >= 2 ? $"{span.TotalHours.ToString("0", CultureInfo.InvariantCulture)} hours"
            : $"{span.TotalMinutes.ToString("0", CultureInfo.InvariantCulture)} minutes";
}
