using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>How a sandbox's events travel; the defaults are a calm day.</summary>
public sealed record EventPosterOptions
{
    /// <summary>Duplicates and delays follow from it.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether deliveries are CloudEvents instead of arrays of Event Grid's own schema.</summary>
    public bool HasCloudEvents { get; init; }

    /// <summary>How likely an event is delivered twice although the first delivery was accepted.</summary>
    public double DuplicateChance { get; init; }

    /// <summary>How long an event may be on its way; longer than the time between two events, it changes their order.</summary>
    public TimeSpan DelayMax { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>One try to deliver an event.</summary>
/// <param name="Status">0 when nobody answered.</param>
public sealed record EventDelivery(DateTimeOffset At, VaultEvent Event, int Attempt, int Status);

/// <summary>An event that was given up, as the dead-letter store keeps it.</summary>
public sealed record DeadLetter(VaultEvent Event, string Reason, int Attempts, int LastStatus);

/// <summary>
/// Raises a vault's events as Event Grid does: to a webhook, at least once, in no order, again after 10 s, 30 s, 1 min and so on for a day,
/// except where the answer says that it would be no use. What is given up is kept. A version written before it listens is never announced.
/// </summary>
public sealed class EventPoster : IAsyncDisposable
{
    private const int AttemptsMax = 30;
    private static readonly TimeSpan s_lifeMax = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_answerMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_napMax = TimeSpan.FromDays(1);
    private static readonly TimeSpan[] s_schedule =
    [
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12),
    ];

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _journeys = [];
    private readonly List<EventDelivery> _deliveries = [];
    private readonly List<DeadLetter> _deadLetters = [];
    private readonly VaultModel _model;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;
    private readonly Uri _webhook;
    private readonly EventPosterOptions _options;
    private readonly Random _dice;

    private EventPoster(VaultModel model, TimeProvider clock, HttpClient http, Uri webhook, EventPosterOptions options)
        => (_model, _clock, _http, _webhook, _options, _dice) = (model, clock, http, webhook, options, new Random(options.Seed));

    public IReadOnlyList<EventDelivery> Deliveries
    {
        get
        {
            lock (_gate) return [.. _deliveries];
        }
    }

    public IReadOnlyList<DeadLetter> DeadLetters
    {
        get
        {
            lock (_gate) return [.. _deadLetters];
        }
    }

    /// <summary>Listens to the vaults from now on.</summary>
    public static EventPoster Start(VaultModel model, TimeProvider clock, HttpClient http, Uri webhook, EventPosterOptions options)
    {
        var poster = new EventPoster(model, clock, http, webhook, options);
        model.Written += poster.Announce;
        return poster;
    }

    public async ValueTask DisposeAsync()
    {
        _model.Written -= Announce;
        await _stopping.CancelAsync();
        Task[] journeys;
        lock (_gate) journeys = [.. _journeys];
        await Task.WhenAll(journeys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private void Announce(VaultVersion version)
    {
        lock (_gate)
        {
            foreach (var said in VaultEvent.Of(version))
            {
                _journeys.Add(TravelAsync(said, said.On + (_options.DelayMax * _dice.NextDouble()), _stopping.Token));
                if (_dice.NextDouble() < _options.DuplicateChance) _journeys.Add(TravelAsync(said, said.On + (_options.DelayMax * _dice.NextDouble()), _stopping.Token));
            }
        }
    }

    private async Task TravelAsync(VaultEvent said, DateTimeOffset leaves, CancellationToken cancellationToken)
    {
        await WaitAsync(leaves, cancellationToken);
        if (said.Type is VaultEvent.NearExpiry && !_model.IsNewest(said.Version)) return;

        var givenUpOn = _clock.GetUtcNow() + s_lifeMax;
        for (var attempt = 1; ; attempt++)
        {
            var status = await PostAsync(said, attempt, cancellationToken);
            if (status is 200 or 201 or 202 or 203 or 204) return;

            var next = _clock.GetUtcNow() + Pause(attempt, status);
            var reason = status is 400 or 401 or 403 or 413 ? "NotRetried" : attempt == AttemptsMax ? "MaxDeliveryAttemptsExceeded" : next > givenUpOn ? "TimeToLiveExceeded" : null;
            if (reason is not null)
            {
                lock (_gate) _deadLetters.Add(new DeadLetter(said, reason, attempt, status));
                return;
            }

            await WaitAsync(next, cancellationToken);
        }
    }

    private static TimeSpan Pause(int attempt, int status)
    {
        var planned = s_schedule[Math.Min(attempt, s_schedule.Length) - 1];
        var least = status switch { 404 => TimeSpan.FromMinutes(5), 408 => TimeSpan.FromMinutes(2), 503 => TimeSpan.FromSeconds(30), _ => TimeSpan.FromSeconds(10) };
        return planned > least ? planned : least;
    }

    private async Task<int> PostAsync(VaultEvent said, int attempt, CancellationToken cancellationToken)
    {
        // A clock that jumps must not jump over a delivery.
        using var busy = (_clock as SandboxClock)?.Busy("event delivery");
        using var timeout = new CancellationTokenSource(s_answerMax, _clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var status = 0;
        try
        {
            using var request = Request(said, attempt);
            using var response = await _http.SendAsync(request, linked.Token);
            status = (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            // Nobody listens: tried again like any other trouble.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            status = (int)HttpStatusCode.RequestTimeout;
        }

        lock (_gate) _deliveries.Add(new EventDelivery(_clock.GetUtcNow(), said, attempt, status));
        return status;
    }

    private HttpRequestMessage Request(VaultEvent said, int attempt)
    {
        var body = _options.HasCloudEvents ? said.ToCloudEvent().ToJsonString() : new JsonArray(said.ToEventGrid()).ToJsonString();
        var content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(_options.HasCloudEvents ? "application/cloudevents+json" : "application/json", "utf-8"));
        var request = new HttpRequestMessage(HttpMethod.Post, _webhook) { Content = content };
        request.Headers.Add("aeg-event-type", "Notification");
        request.Headers.Add("aeg-subscription-name", "SANDBOX");
        request.Headers.Add("aeg-delivery-count", (attempt - 1).ToString(CultureInfo.InvariantCulture));
        return request;
    }

    private async Task WaitAsync(DateTimeOffset moment, CancellationToken cancellationToken)
    {
        // One timer cannot wait for weeks.
        for (var left = moment - _clock.GetUtcNow(); left > TimeSpan.Zero; left = moment - _clock.GetUtcNow())
            await Task.Delay(left < s_napMax ? left : s_napMax, _clock, cancellationToken);
    }
}
