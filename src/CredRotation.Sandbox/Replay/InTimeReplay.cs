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
/// The day as it should have gone: a payment key three weeks from its end is rotated while the shop sells, twice in a row. Sandbox and app
/// share one clock that runs at real speed while work is in flight and jumps to the next wake when nothing is.
/// </summary>
internal sealed class InTimeReplay : IAsyncDisposable
{
    /// <summary>Payments that make the day worth watching.</summary>
    private const int PaymentsMin = 1001;

    /// <summary>How long a quiet moment lasts before the clock may jump over what follows.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(250);

    /// <summary>A consumer in another process reloads at real speed: the clock waits for its proof before it runs ahead.</summary>
    private static readonly TimeSpan s_reloadPatience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(25);

    private readonly SandboxClock _clock;
    private readonly SandboxWorld _world;
    private readonly EmbeddedApp _app;
    private readonly HttpClient _http;
    private readonly Timeline _timeline;
    private readonly TextWriter _output;
    private readonly ConcurrentQueue<string> _logs;
    private readonly ConcurrentQueue<string> _answers = new();
    private readonly TimeSpan _pace;

    private InTimeReplay(SandboxClock clock, SandboxWorld world, EmbeddedApp app, ConcurrentQueue<string> logs, TextWriter output, TimeSpan pace)
    {
        (_clock, _world, _app, _logs, _output, _pace) = (clock, world, app, logs, output, pace);
        _http = Loopback.Client(app.BaseUri);
        _timeline = new Timeline(Registry, world, Credential, output);
    }

    public Uri PageFor(string person)
        => new(_app.BaseUri, $".auth/sandbox?token={Uri.EscapeDataString(_world.TokenFor(person))}&to=/api/pages/credentials");

    private ICredentialRegistry Registry => _app.Services.GetRequiredService<ICredentialRegistry>();

    private CredentialId Credential => CredentialId.Of(_world.PaymentSecret);

    /// <param name="pace">The least real time between two jumps, so that a person can watch.</param>
    public static async Task<InTimeReplay> StartAsync(int seed, TimeSpan pace, TextWriter output, CancellationToken cancellationToken)
    {
        var clock = new SandboxClock();
        var world = await SandboxWorld.StartAsync(new SandboxOptions { Seed = seed }, clock, cancellationToken);
        try
        {
            await world.Checkout.StartAsync(cancellationToken);
            var logs = new ConcurrentQueue<string>();
            var app = await EmbeddedApp.StartAsync(world.HostSettings(), services =>
            {
                services.AddSingleton<TimeProvider>(clock);
                services.AddLogging(logging => logging.AddProvider(new KeptLog(logs)));
            }, cancellationToken);
            return new InTimeReplay(clock, world, app, logs, output, pace);
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Two rotations in a row; the report speaks of the first, the payments of both.</summary>
    public async Task<ReplayReport> RunAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        await _app.Services.GetRequiredService<Engine.Detect.CredentialSweep>().RunAsync(cancellationToken);
        var first = await RunToCloseAsync(1, cancellationToken);
        var requests = _world.Vault.Requests.Count(request => request.ClientRequestId.StartsWith($"rot-{first.Id.Value}-", StringComparison.Ordinal));
        var asked = _world.Gateway.Requests.Count;
        var told = _world.Inbox.Messages.Count;
        var ownerChecks = _world.Faults.Operations.Count(operation => operation.StartsWith("directory.", StringComparison.Ordinal));

        await _timeline.SayAsync($"The next rotation is due {first.Plan.Policy.Lead.TotalDays:0} days before {EngineTime.Text(first.NewExpiresOn!.Value)}.");
        await JumpAsync(first.NewExpiresOn.Value - first.Plan.Policy.Lead, cancellationToken);
        var second = await RunToCloseAsync(2, cancellationToken);
        while (_world.Gateway.AttemptedPayments < PaymentsMin) await Task.Delay(s_poll, TimeProvider.System, cancellationToken);

        var canary = await SearchAsync(first, second, cancellationToken);
        var remote = Count(first.Calls);
        List<string> missed =
        [
            .. CallPlan.Differences(first.Calls),
            .. Differs("vault calls", remote.Vault, requests),
            .. Differs("provider calls", remote.Provider, asked),
            .. Differs("notifications", remote.Notifications, told),
            .. first.State is RotationState.Retired ? Array.Empty<string>() : [$"The first rotation ended {first.State}."],
            .. second.State is RotationState.Retired ? Array.Empty<string>() : [$"The second rotation ended {second.State}."],
            .. _world.Gateway.RefusedPayments == 0 ? Array.Empty<string>() : [$"{_world.Gateway.RefusedPayments} payments failed."],
            .. _world.Gateway.LiveKeys(SandboxNames.PaymentsCredential).Count == 1 ? Array.Empty<string>() : ["More than one payment key lives at the end."],
            .. first.Incident is null && second.Incident is null ? Array.Empty<string>() : ["An incident was opened."],
            .. canary.Hits.Select(hit => $"A key was written or shown: {hit}."),
        ];
        return new ReplayReport(
            "in-time",
            _world.Options.Seed,
            new PaymentsReport(_world.Gateway.AttemptedPayments, _world.Gateway.RefusedPayments),
            _world.Checkout.Starts - 1,
            new KeysReport(canary.Hits.Count, canary.KeysSearched, canary.BytesSearched),
            new RotationReport(first.Id.Value, first.State.ToString(), [.. first.Calls.Select(call => new CallReport(call.At, call.Kind, call.Operation, call.Rule))], remote, ownerChecks, await LedgerWritesAsync(first, cancellationToken)),
            second.State.ToString(),
            Incident: null,
            new Dictionary<string, double>
            {
                ["realSeconds"] = Math.Round(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 1),
                ["replayedDays"] = Math.Round((_clock.GetUtcNow() - first.Plan.OpenedOn).TotalDays, 1),
            },
            missed);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await _world.DisposeAsync();
    }

    /// <summary>Goes on until the n-th rotation is closed; the owner approves when asked.</summary>
    private async Task<Rotation> RunToCloseAsync(int ordinal, CancellationToken cancellationToken)
    {
        var quietSince = TimeProvider.System.GetTimestamp();
        var isApproved = false;
        while (true)
        {
            await _timeline.TellAsync(cancellationToken);
            var rotation = await Registry.FindRotationAsync(Credential, ordinal, cancellationToken);
            var row = await Registry.FindAsync(Credential, cancellationToken);
            if (rotation is { IsClosed: true } && row is { Claim: null }) return rotation;

            if (!IsQuiet() || row?.Claim is not null) quietSince = TimeProvider.System.GetTimestamp();
            var quiet = TimeProvider.System.GetElapsedTime(quietSince);
            if (quiet > (rotation?.State is RotationState.Promoted ? s_reloadPatience : s_quiet) && quiet > _pace)
            {
                if (rotation is { Hold: { Reason: HoldReason.ApprovalNeeded, IsAnnounced: true } } && !isApproved)
                {
                    isApproved = true;
                    await JumpAsync(_clock.GetUtcNow() + TimeSpan.FromMinutes(9), cancellationToken);
                    await ApproveAsync(rotation, cancellationToken);
                }
                else
                {
                    await JumpAsync(await NextAsync(row, cancellationToken), cancellationToken);
                }

                quietSince = TimeProvider.System.GetTimestamp();
            }

            await Task.Delay(s_poll, TimeProvider.System, cancellationToken);
        }
    }

    private bool IsQuiet() => _app.InFlight == 0 && _clock.IsIdle;

    /// <summary>The next moment at which something is due: a wake, or a message that becomes visible.</summary>
    private async Task<DateTimeOffset> NextAsync(CredentialRow? row, CancellationToken cancellationToken)
    {
        var queued = await _app.Services.GetRequiredService<SqliteWorkQueue>().NextVisibleOnAsync(cancellationToken);
        var now = _clock.GetUtcNow();
        var next = new[] { row?.WakeOn, queued }.Where(moment => moment > now).Min();
        // Nothing is due: let the timers tick.
        return next ?? now + TimeSpan.FromMinutes(1);
    }

    private async Task JumpAsync(DateTimeOffset moment, CancellationToken cancellationToken)
    {
        if (moment - _clock.GetUtcNow() is var span && span > TimeSpan.FromMinutes(5)) await _timeline.SayAsync($"... {Words(span)} pass ...");
        _clock.JumpTo(moment + TimeSpan.FromMilliseconds(1));
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>As a person would, signed in, through the app's own call.</summary>
    private async Task ApproveAsync(Rotation rotation, CancellationToken cancellationToken)
    {
        const string owner = "owner-1";
        await _timeline.SayAsync($"{owner} opens the card's page and approves the plan.");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"api/rotations/{rotation.Id}/approve")
        {
            Content = JsonContent.Create(new { planHash = rotation.PlanHash, expectedState = rotation.State.ToString() }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _world.TokenFor(owner));
        using var response = await _http.SendAsync(request, cancellationToken);
        var answer = await response.Content.ReadAsStringAsync(cancellationToken);
        _answers.Enqueue(answer);
        if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"The approval was answered {(int)response.StatusCode}: {answer}");
    }

    private async Task<CanarySearch> SearchAsync(Rotation first, Rotation second, CancellationToken cancellationToken)
    {
        var canary = new CanarySearch();
        foreach (var key in _world.Gateway.Keys) canary.Add(key.Label, key.Value);

        string[] paths =
        [
            "api/credentials", $"api/credentials/{Credential}", $"api/rotations/{first.Id}", $"api/rotations/{second.Id}",
            "api/pages/credentials", $"api/pages/rotation/{first.Id}", $"api/pages/rotation/{second.Id}", "api/rotations/nonsense", "api/pages/nonsense",
        ];
        foreach (var path in paths)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _world.TokenFor("owner-1"));
            using var response = await _http.SendAsync(request, cancellationToken);
            canary.Search(path, $"{response.Headers}{await response.Content.ReadAsStringAsync(cancellationToken)}");
        }

        foreach (var message in _world.Inbox.Messages) canary.Search("card", message.Body);
        foreach (var answer in _answers) canary.Search("answer", answer);
        foreach (var line in _logs) canary.Search("log", line);
        foreach (var line in _world.Checkout.Output) canary.Search("checkout log", line);
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(_world.SqlitePath)!)) canary.Search(Path.GetFileName(file), await ReadSharedAsync(file, cancellationToken));
        return canary;
    }

    /// <summary>The database is open in this very process.</summary>
    private static async Task<byte[]> ReadSharedAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }

    private async Task<int> LedgerWritesAsync(Rotation rotation, CancellationToken cancellationToken)
    {
        var writes = 0;
        await foreach (var (entry, _) in Registry.ReadLedgerAsync(Credential, cancellationToken))
        {
            if (entry.Rotation == rotation.Id) writes++;
        }

        return writes;
    }

    private static RemoteCallsReport Count(IReadOnlyList<RemoteCall> calls)
    {
        int Of(string kind) => calls.Count(call => call.Kind == kind);
        return new RemoteCallsReport(Of("provider"), Of("vault"), Of("consumer"), Of("notification"), calls.Count);
    }

    private static IEnumerable<string> Differs(string what, int noted, int seen)
    {
        if (noted != seen) yield return $"{what}: the rotation noted {noted}, the sandbox saw {seen}.";
    }

    private static string Words(TimeSpan span)
        => span.TotalDays >= 2 ? $"{span.TotalDays.ToString("0", CultureInfo.InvariantCulture)} days"
            : span.TotalHours >= 2 ? $"{span.TotalHours.ToString("0", CultureInfo.InvariantCulture)} hours"
            : $"{span.TotalMinutes.ToString("0", CultureInfo.InvariantCulture)} minutes";
}
