using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CredRotation.Engine;
using CredRotation.Sandbox.Checkout;
using CredRotation.Sandbox.Serve;
using CredRotation.Sandbox.Wire;
using CredRotation.Sandbox.World;
using CredRotation.Testing;

namespace CredRotation.Benchmarks.KilledProcess;

/// <summary>What was counted of a rotation whose process was killed on the way.</summary>
/// <param name="ExitCode">Of the killed process; null when it was never killed.</param>
/// <param name="Rests">How often, after the kill, everything rested and the live keys were looked at.</param>
/// <param name="Unreported">Live keys, seen at rest, that nothing accounts for.</param>
/// <param name="Rotation">The last answer of <c>GET /api/rotations/{id}</c>.</param>
/// <param name="IssueToReloadSeconds">The part of the old key's life that was used, the kill included.</param>
/// <param name="Requests">What the simulated systems saw of the app, in order, from its start to the rotation's close.</param>
internal sealed record KilledOutcome(
    int? ExitCode,
    int Rests,
    IReadOnlyList<string> Unreported,
    JsonElement Rotation,
    long Attempted,
    long Refused,
    long FailedAtTheTill,
    int LiveAtTheEnd,
    int UnreadAtTheEnd,
    double IssueToReloadSeconds,
    double Seconds,
    IReadOnlyList<SeenRequest> Requests)
{
    /// <summary>Whatever must not be after a kill; empty when nobody could have noticed it.</summary>
    public IEnumerable<string> Shortfalls()
    {
        if (Refused + FailedAtTheTill > 0) yield return $"{Refused} payments were refused, {FailedAtTheTill} failed at the till";
        if (Unreported.Count > 0) yield return $"live and unreported: {string.Join("; ", Unreported)}";
        if ((LiveAtTheEnd, UnreadAtTheEnd) != (1, 0)) yield return $"{LiveAtTheEnd} keys live at the end, {UnreadAtTheEnd} of them held by nobody";
        if (Rotation.GetProperty("state").GetString() != nameof(RotationState.Retired)) yield return $"it ended {Rotation.GetProperty("state")}";
        if (Rotation.GetProperty("retireProof").GetString()?.StartsWith("refused probe", StringComparison.Ordinal) is not true) yield return $"the proof is: {Rotation.GetProperty("retireProof")}";
        if (Rotation.GetProperty("incident").ValueKind is not JsonValueKind.Null) yield return "an incident was opened";
        var entries = Rotation.GetProperty("ledger").EnumerateArray().ToList();
        if (entries.Zip(entries.Skip(1)).Any(pair => pair.First.GetProperty("sequence").GetInt64() + 1 != pair.Second.GetProperty("sequence").GetInt64()
            || pair.First.GetProperty("hash").GetString() != pair.Second.GetProperty("previous").GetString()))
            yield return "the ledger is forked";
    }
}

/// <summary>One rotation in a sandbox on the real clock, with the app as a process that is killed once and started again with the same settings.</summary>
internal sealed class KilledRotation : IAsyncDisposable
{
    private const string Owner = "owner-1";

    // Claim, take-over, a start and a reload take about 14 s of it on an idle machine; before its last 9 s an incident opens. The rest is for slow machines.
    private static readonly TimeSpan s_oldLife = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan s_endMax = TimeSpan.FromSeconds(240);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan s_pollWhileWaiting = TimeSpan.FromSeconds(2);

    private readonly SandboxWorld _world;
    private readonly Kill? _kill;
    private readonly ConcurrentQueue<SeenRequest> _requests = new();
    private readonly ConcurrentDictionary<string, int> _occurrences = new();
    private readonly TaskCompletionSource<ChildProcess> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpClient _http = PinnedTransport.Client("none");
    private readonly TaskCompletionSource<int> _killed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _output = [];
    private readonly HashSet<string> _unreported = [];
    private readonly long _started = Stopwatch.GetTimestamp();
    private ChildProcess? _app;
    private int _rests;

    private KilledRotation(SandboxWorld world, Kill? kill)
    {
        (_world, _kill) = (world, kill);
        _http.BaseAddress = world.Rotator;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", world.TokenFor(Owner));
        world.Faults.Hook = StrikeAsync;
    }

    /// <summary>Runs it to its end.</summary>
    /// <param name="kill">Null lets it live.</param>
    /// <param name="busy">How many may start processes at a time; one that only waits leaves its place.</param>
    public static async Task<KilledOutcome> RunAsync(string provider, Kill? kill, int seed, SemaphoreSlim busy, CancellationToken cancellationToken)
    {
        var place = new Place(busy);
        await place.EnterAsync(cancellationToken);
        try
        {
            var options = ServeCommand.ShortPeriods(seed, s_oldLife, provider) with { PaymentPace = TimeSpan.FromMilliseconds(250) };
            await using var world = await SandboxWorld.StartAsync(options, TimeProvider.System, cancellationToken);
            await world.Checkout.StartAsync(cancellationToken);
            await using var rotation = new KilledRotation(world, kill);
            return await rotation.RunAsync(place, cancellationToken);
        }
        finally
        {
            place.Leave();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_app is not null) await _app.DisposeAsync();
    }

    private async Task<KilledOutcome> RunAsync(Place place, CancellationToken cancellationToken)
    {
        _app = await HostProcess.StartAsync(_world.HostSettings(), cancellationToken);
        _first.SetResult(_app);
        var (isApproved, isRestarted, id) = (false, false, (string?)null);
        JsonElement? last = null;
        while (Stopwatch.GetElapsedTime(_started) < s_endMax)
        {
            if (_killed.Task.IsCompleted && !isRestarted)
            {
                (isRestarted, isApproved) = (true, false);
                await place.EnterAsync(cancellationToken);
                _output.AddRange(_app.Output);
                await _app.DisposeAsync();
                _app = await HostProcess.StartAsync(_world.HostSettings(), cancellationToken);
                place.Leave();
            }

            id ??= Text(await CredentialAsync(cancellationToken), "openRotation");
            if (id is not null && await GetAsync($"api/rotations/{id}", cancellationToken) is { } rotation)
            {
                last = rotation;
                if (!isApproved && Text(rotation, "hold", "reason") == nameof(HoldReason.ApprovalNeeded)) isApproved = await ApproveAsync(rotation, cancellationToken);
                if (IsResting(rotation))
                {
                    LookAtKeys(rotation, isRestarted);
                    // Consumers have moved: from here on it only waits, and so may a restart.
                    if (Text(rotation, "state") is nameof(RotationState.Reloaded)) place.Leave();
                }

                if (Text(rotation, "state") is nameof(RotationState.Retired) && await CredentialAsync(cancellationToken) is { } closed && Text(closed, "openRotation") is null) return await OutcomeAsync(rotation, cancellationToken);
            }

            await Task.Delay(last is { } known && IsResting(known) && Text(known, "hold", "reason") is null ? s_pollWhileWaiting : s_poll, TimeProvider.System, cancellationToken);
        }

        throw new TimeoutException($"The rotation is {Text(last, "state")} after {s_endMax.TotalSeconds} s; killed: {_killed.Task.IsCompleted}. {last}\n{string.Join('\n', [.. _output, .. _app.Output])}");
    }

    private async Task<KilledOutcome> OutcomeAsync(JsonElement rotation, CancellationToken cancellationToken)
    {
        LookAtKeys(rotation, isRestarted: false);
        return new KilledOutcome(
            _killed.Task.IsCompletedSuccessfully ? await _killed.Task : null,
            _rests,
            [.. _unreported],
            rotation,
            _world.Gateway.AttemptedPayments,
            _world.Gateway.RefusedPayments,
            (await _world.Checkout.StatsAsync(cancellationToken)).Failed,
            _world.LivePaymentKeys.Count,
            _world.UnreadLiveKeys.Count,
            Math.Round((When(rotation, nameof(RotationState.Reloaded)) - When(rotation, nameof(RotationState.IssueSent))).TotalSeconds, 1),
            Math.Round(Stopwatch.GetElapsedTime(_started).TotalSeconds, 1),
            [.. _requests]);
    }

    /// <summary>Called by the simulated systems around everything that is done to them.</summary>
    private async Task StrikeAsync(string operation, FaultPoint point)
    {
        if (_killed.Task.IsCompleted || FaultyWire.Answering is not { } answering || SeenRequest.NameOf(operation, answering.Request.Headers["x-ms-client-request-id"].FirstOrDefault()) is not { } name) return;

        if (point is FaultPoint.Before)
        {
            var seen = new SeenRequest(name, _occurrences.AddOrUpdate(name, 1, (_, before) => before + 1));
            answering.Items[typeof(SeenRequest)] = seen;
            _requests.Enqueue(seen);
        }

        if (_kill is null || _kill.Request != answering.Items[typeof(SeenRequest)] as SeenRequest || point != _kill.Point) return;

        var app = await _first.Task;
        await app.KillAsync();
        _killed.TrySetResult(app.ExitCode ?? -1);
        if (point is FaultPoint.Before) throw new OperationCanceledException("The process died before this request was on the wire.");
    }

    /// <summary>Nothing is under way: it waits for a person or for a moment to come.</summary>
    private static bool IsResting(JsonElement rotation)
        => rotation.GetProperty("next").GetProperty("wakeOn") is { ValueKind: JsonValueKind.String } wakeOn && wakeOn.GetDateTimeOffset() > TimeProvider.System.GetUtcNow()
            && (Text(rotation, "state") is nameof(RotationState.Reloaded) || Text(rotation, "hold", "reason") is not null);

    private void LookAtKeys(JsonElement rotation, bool isRestarted)
    {
        if (isRestarted) _rests++;
        foreach (var key in _world.LivePaymentKeys.Where(key => !IsAccountedFor(key, rotation)))
            _unreported.Add($"{key.Label}, ends {key.EndsOn?.ToString("O", CultureInfo.InvariantCulture) ?? "never"}, at {Text(rotation, "state")}");
    }

    /// <summary>Current, or the old one with its end, or an issue whose result nobody holds, reported with its end.</summary>
    private bool IsAccountedFor(GatewayKey key, JsonElement rotation)
        => key.Value.RevealToRemote() == Stored(null)
            // Where nothing but we ends it, the old one lives until it is retired, and what a lost answer made is known by its id.
            || (_world.Options.HasCredentials && (Text(rotation, "state") is not nameof(RotationState.Retired) && key.Value.RevealToRemote() == Stored(Text(rotation, "oldVersion"))
                || rotation.GetProperty("suspects").EnumerateArray().Any(suspect => Text(suspect, "providerId") == key.CredentialId)))
            // After an unknown issue the old one may live as long as the suspect: which of the two was the first is nobody's to know.
            || (key.Value.RevealToRemote() == Stored(Text(rotation, "oldVersion")) && Ends(rotation).Any(end => IsSameMoment(key.EndsOn, end)))
            || rotation.GetProperty("suspects").EnumerateArray().Any(suspect => suspect.GetProperty("sentOn").GetDateTimeOffset() <= key.IssuedOn && IsSameMoment(key.EndsOn, suspect.GetProperty("endsOn")));

    private static IEnumerable<JsonElement> Ends(JsonElement rotation)
        => rotation.GetProperty("suspects").EnumerateArray().Select(suspect => suspect.GetProperty("endsOn")).Append(rotation.GetProperty("oldEndsOn"));

    private static bool IsSameMoment(DateTimeOffset? atTheGateway, JsonElement reported)
        => atTheGateway is { } end && reported.ValueKind is JsonValueKind.String && (end - reported.GetDateTimeOffset()).Duration() < TimeSpan.FromSeconds(5);

    private string? Stored(string? version)
        => _world.Vault.Get(_world.PaymentSecret.VaultHost, _world.PaymentSecret.Name, version, new VaultCaller("sandbox", "")).Value?.Value.RevealToRemote();

    /// <summary>As a person would; what the rotation no longer waits for is asked again.</summary>
    private async Task<bool> ApproveAsync(JsonElement rotation, CancellationToken cancellationToken)
    {
        var body = JsonContent.Create(new { planHash = Text(rotation, "planHash"), expectedState = Text(rotation, "state") });
        try
        {
            using var response = await _http.PostAsync(new Uri($"api/rotations/{Text(rotation, "id")}/approve", UriKind.Relative), body, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception dead) when (dead is HttpRequestException or IOException)
        {
            return false;
        }
    }

    /// <summary>Null until it is adopted, and while nobody answers.</summary>
    private async Task<JsonElement?> CredentialAsync(CancellationToken cancellationToken)
        => await GetAsync("api/credentials", cancellationToken) is { } list && list.GetProperty("credentials").EnumerateArray().SingleOrDefault() is { ValueKind: JsonValueKind.Object } row ? row : null;

    /// <summary>Null while the process is dead.</summary>
    private async Task<JsonElement?> GetAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
            return response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken) : null;
        }
        catch (Exception dead) when (dead is HttpRequestException or IOException)
        {
            return null;
        }
    }

    private static DateTimeOffset When(JsonElement rotation, string what)
        => rotation.GetProperty("ledger").EnumerateArray().First(entry => Text(entry, "what") == what).GetProperty("at").GetDateTimeOffset();

    private static string? Text(JsonElement? element, params string[] path)
    {
        foreach (var name in path)
        {
            if (element is not { ValueKind: JsonValueKind.Object } found) return null;
            element = found.GetProperty(name);
        }

        return element is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
    }

    /// <summary>A place among those that start processes.</summary>
    private sealed class Place(SemaphoreSlim busy)
    {
        private bool _isTaken;

        public async Task EnterAsync(CancellationToken cancellationToken)
        {
            if (_isTaken) return;
            await busy.WaitAsync(cancellationToken);
            _isTaken = true;
        }

        public void Leave()
        {
            if (!_isTaken) return;
            _isTaken = false;
            busy.Release();
        }
    }
}
