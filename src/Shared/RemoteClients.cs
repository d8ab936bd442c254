using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Telemetry;
using Polly.Timeout;

namespace CredRotation;

/// <summary>
/// The HTTP clients of remotes: one of each name from the factory, with the standard resilience handler, which repeats nothing but what is named a
/// read. Compiled into each project that talks HTTP, so that those need not know each other.
/// </summary>
internal static class RemoteClients
{
    private const int RepeatsMax = 2;

    /// <summary>Calls of one minute at one authority from which its breaker draws conclusions.</summary>
    private const int CallsJudged = 20;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250), s_window = TimeSpan.FromMinutes(1), s_open = TimeSpan.FromSeconds(15), s_patience = TimeSpan.FromSeconds(3);

    /// <summary>
    /// A client without redirects, which would carry a token or a key to an address nobody granted. An effect is sent once: only the engine knows
    /// whether it may be sent again. A remote that fails half of its calls is left alone for 15 s; see <see cref="WasNotSent"/>.
    /// </summary>
    /// <param name="timeout">Of one try; who sends sets the end of all tries.</param>
    /// <param name="isRead">Tells what changes nothing, counts nothing and tries no credential out, so that it may be repeated. Null: nothing is.</param>
    public static IHttpClientBuilder AddRemoteClient(this IServiceCollection services, string name, Func<IServiceProvider, TimeSpan> timeout, Func<HttpRequestMessage, bool>? isRead = null)
    {
        // Its lines hold exceptions whole, whose words may be a remote's; our own line about each call says what may be said.
        services.PostConfigure<TelemetryOptions>(telemetry => telemetry.LoggerFactory = NullLoggerFactory.Instance);
        var client = services.AddHttpClient(name, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            });
        client.AddStandardResilienceHandler().Configure((options, provider) => Configure(options, timeout(provider), isRead ?? (_ => false))).SelectPipelineByAuthority();
        return client;
    }

    /// <summary>Whether the handler itself refused: nothing went out, so nothing happened at the remote.</summary>
    public static bool WasNotSent(Exception exception) => exception is BrokenCircuitException or RateLimiterRejectedException;

    /// <summary>Whether the handler gave up waiting: what was sent may have happened.</summary>
    public static bool RanOutOfTime(Exception exception) => exception is TimeoutRejectedException;

    private static void Configure(HttpStandardResilienceOptions options, TimeSpan timeout, Func<HttpRequestMessage, bool> isRead)
    {
        options.AttemptTimeout.Timeout = timeout;
        options.TotalRequestTimeout.Timeout = timeout * (RepeatsMax + 1);
        options.CircuitBreaker.SamplingDuration = timeout * 2 > s_window ? timeout * 2 : s_window;
        options.CircuitBreaker.MinimumThroughput = CallsJudged;
        options.CircuitBreaker.FailureRatio = 0.5;
        options.CircuitBreaker.BreakDuration = s_open;
        // Who asks for patience is well: that is the engine's to keep.
        options.CircuitBreaker.ShouldHandle = breaks => ValueTask.FromResult(IsFailure(breaks.Outcome));
        options.Retry.MaxRetryAttempts = RepeatsMax;
        options.Retry.Delay = s_pause;
        options.Retry.ShouldHandle = repeats => ValueTask.FromResult(repeats.Context.GetRequestMessage() is { } request && isRead(request) && IsToBeRepeated(repeats.Outcome));
    }

    private static bool IsFailure(Outcome<HttpResponseMessage> outcome)
        => outcome.Exception is HttpRequestException or TimeoutRejectedException || outcome.Result is { StatusCode: >= HttpStatusCode.InternalServerError };

    // A remote that wants us away for longer than a moment is the engine's to wait for.
    private static bool IsToBeRepeated(Outcome<HttpResponseMessage> outcome) => outcome.Result?.Headers.RetryAfter is { } after
        ? outcome.Result.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable && after.Delta <= s_patience
        : IsFailure(outcome);
}
