using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
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

/// <summary>One try to have the webhook agree to deliveries.</summary>
/// <param name="Status">0 when nobody answered.</param>
public sealed record EventHandshake(DateTimeOffset At, int Status, bool IsAgreed);

/// <summary>One try to deliver an event.</summary>
/// <param name="Status">0 when nobody answered.</param>
public sealed record EventDelivery(DateTimeOffset At, VaultEvent Event, int Attempt, int Status);

/// <summary>An event that was given up, as the dead-letter store keeps it.</summary>
public sealed record DeadLetter(VaultEvent Event, string Reason, int Attempts, int LastStatus);

/// <summary>
/// Raises a vault's events as Event Grid does: to a webhook that agreed by its schema's handshake, at least once, in no order, again after 10 s, 30 s, 1 min and so on for a day,
/// except where the answer says that it would be no use. What is given up is kept. A version written before it listens is never announced.
/// </summary>
public sealed class EventPoster : IAsyncDisposable
{
    private const int AttemptsMax = 30;
    private const string Origin = "eventgrid.azure.net";
    private static readonly TimeSpan s_lifeMax = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_answerMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_napMax = TimeSpan.FromDays(1);
    private static readonly TimeSpan[] s_schedule =
    [
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12),
    ];

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _journeys = [];
    private readonly List<EventHandshake> _handshakes = [];
    private readonly List<EventDelivery> _deliveries = [];
    private readonly List<DeadLetter> _deadLetters = [];
    private readonly VaultModel _model;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;
    private readonly Uri _webhook;
    private readonly EventPosterOptions _options;
    private readonly Random _dice;
    private volatile bool _hasAgreement;

    private EventPoster(VaultModel model, TimeProvider clock, HttpClient http, Uri webhook, EventPosterOptions options)
        => (_model, _clock, _http, _webhook, _options, _dice) = (model, clock, http, webhook, options, new Random(options.Seed));

    public IReadOnlyList<EventHandshake> Handshakes
    {
        get
        {
            lock (_gate) return [.. _handshakes];
        }
    }

    /// <summary>Tries, also those for which no agreement could be had.</summary>
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
        _turn.Dispose();
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
        var status = await AgreeAsync(cancellationToken) ?? await AskAsync(Request(said, attempt), null, cancellationToken);
        lock (_gate) _deliveries.Add(new EventDelivery(_clock.GetUtcNow(), said, attempt, status));
        return status;
    }

    /// <summary>Null when the webhook agreed, now or before; else the status that counts as the delivery's.</summary>
    private async Task<int?> AgreeAsync(CancellationToken cancellationToken)
    {
        if (_hasAgreement) return null;

        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_hasAgreement) return null;

            var code = RandomNumberGenerator.GetHexString(32, lowercase: true);
            var status = await AskAsync(_options.HasCloudEvents ? Permission() : Validation(code), async response => _hasAgreement = await IsAgreedAsync(response, code, cancellationToken), cancellationToken);
            lock (_gate) _handshakes.Add(new EventHandshake(_clock.GetUtcNow(), status, _hasAgreement));
            // An answer that agrees to nothing is no answer.
            return _hasAgreement ? null : status is >= 200 and < 300 ? 0 : status;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Sends a request and answers the status; what listens is asked only when somebody answered.</summary>
    private async Task<int> AskAsync(HttpRequestMessage message, Func<HttpResponseMessage, Task>? read, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(s_answerMax, _clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var request = message;
        try
        {
            using var response = await _http.SendAsync(request, linked.Token);
            if (read is not null) await read(response);
            return (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            // Nobody listens: tried again like any other trouble.
            return 0;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (int)HttpStatusCode.RequestTimeout;
        }
    }

    /// <summary>Only 200 counts here, and only with the code or the origin that was sent.</summary>
    private async Task<bool> IsAgreedAsync(HttpResponseMessage response, string code, CancellationToken cancellationToken)
    {
        if (response.StatusCode is not HttpStatusCode.OK) return false;
        if (_options.HasCloudEvents) return response.Headers.TryGetValues("WebHook-Allowed-Origin", out var allowed) && allowed.Any(origin => origin is Origin or "*");

        try
        {
            return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken)) is JsonObject answer && answer["validationResponse"] is JsonValue value && value.TryGetValue<string>(out var echoed) && echoed == code;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The handshake of CloudEvents.</summary>
    private HttpRequestMessage Permission() => new(HttpMethod.Options, _webhook) { Headers = { { "WebHook-Request-Origin", Origin }, { "WebHook-Request-Rate", "120" } } };

    /// <summary>The handshake of Event Grid's own schema.</summary>
    private HttpRequestMessage Validation(string code)
    {
        var body = new JsonArray(new JsonObject
        {
            ["id"] = code,
            ["topic"] = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/sandbox",
            ["subject"] = "",
            ["eventType"] = "Microsoft.EventGrid.SubscriptionValidationEvent",
            ["eventTime"] = _clock.GetUtcNow().UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
            ["data"] = new JsonObject { ["validationCode"] = code },
            ["dataVersion"] = "2",
            ["metadataVersion"] = "1",
        });
        return new HttpRequestMessage(HttpMethod.Post, _webhook)
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
            Headers = { { "aeg-event-type", "SubscriptionValidation" } },
        };
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
