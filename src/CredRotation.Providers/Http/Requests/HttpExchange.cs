using System.Net.Http.Headers;
using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using Microsoft.Extensions.Logging;

namespace CredRotation.Providers.Http.Requests;

/// <summary>Sends one request, exactly once, within the effect time-out, and brings back at most one megabyte; whatever goes wrong is an answer.</summary>
internal sealed partial class HttpExchange(
    IHttpClientFactory clients, TimeProvider clock, Func<RotationOptions> options, ILogger<HttpExchange> logger)
{
    public const string ClientName = "providers";
    private const int BodyBytesMax = 1024 * 1024;
    private const int HeadersMax = 100;
    private const int HeaderLengthMax = 4096;

    // A remote that asks us to stay away for longer is asked again after this.
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(1);

    /// <summary>How long to stay away when the remote does not say.</summary>
    public TimeSpan DefaultRetryAfter => options().RetryDelay;

    public async Task<Answer> SendAsync(string kind, string operation, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options().EffectTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var answer = await AskAsync(request, cancellationToken, either.Token);
        LogAnswered(logger, kind, operation, answer.Words);
        return answer;
    }

    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>A span that a remote asked for, as long as we are ready to stay away.</summary>
    public static TimeSpan Bounded(TimeSpan asked) => TimeSpan.FromTicks(Math.Clamp(asked.Ticks, 0, RetryAfterMax.Ticks));

    public void TellRefused(string kind, string operation, string refusal) => LogRefused(logger, kind, operation, refusal);

    private async Task<Answer> AskAsync(HttpRequestMessage request, CancellationToken callers, CancellationToken either)
    {
        try
        {
            using var client = clients.CreateClient(ClientName);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either);
            var (body, trouble) = await ReadAsync(response, callers, either);
            return new Answer((int)response.StatusCode, response.Headers.Date, RetryAfter(response.Headers), body, trouble) { Headers = Named(response.Headers) };
        }
        catch (Exception refused) when (RemoteClients.WasNotSent(refused))
        {
            return Answer.NotSent("this provider failed too often and is left alone for some seconds");
        }
        catch (Exception lost) when (Words(lost, callers) is not null)
        {
            return Answer.Lost(Words(lost, callers)!);
        }
    }

    // A status that arrived is kept even if its body did not.
    private static async Task<(JsonBody? Body, string? Trouble)> ReadAsync(HttpResponseMessage response, CancellationToken callers, CancellationToken either)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(either);
            using var buffer = new MemoryStream();
            var chunk = new byte[16 * 1024];
            for (int read; (read = await stream.ReadAsync(chunk, either)) > 0;)
            {
                if (buffer.Length + read > BodyBytesMax) return (null, "its body is larger than 1 MB and was not read further");
                buffer.Write(chunk, 0, read);
            }

            var body = buffer.Length == 0 ? null : JsonBody.Read(buffer.ToArray());
            return (body, body is null ? "its body is not readable JSON" : null);
        }
        catch (Exception lost) when (Words(lost, callers) is not null)
        {
            return (null, $"its body was lost: {Words(lost, callers)}");
        }
    }

    private static Dictionary<string, string> Named(HttpResponseHeaders headers)
    {
        var named = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var header in headers.NonValidated.Take(HeadersMax))
            if (string.Join(", ", header.Value) is { Length: <= HeaderLengthMax } value) named[header.Key] = value;
        return named;
    }

    // Null for what is not the remote's: the caller's own cancellation, and bugs.
    private static string? Words(Exception trouble, CancellationToken callers) => trouble switch
    {
        OperationCanceledException => callers.IsCancellationRequested ? null : "nothing came in time",
        _ when RemoteClients.RanOutOfTime(trouble) => "nothing came in time",
        HttpRequestException request => $"the connection failed ({request.HttpRequestError})",
        IOException => "the connection broke",
        _ => null,
    };

    private TimeSpan? RetryAfter(HttpResponseHeaders headers) => headers.RetryAfter switch
    {
        { Delta: { } delta } => Bounded(delta),
        // The date is on the remote's clock, so it is measured against that clock where it told it.
        { Date: { } date } => Bounded(date - (headers.Date ?? clock.GetUtcNow())),
        _ => null,
    };

    [LoggerMessage(1, LogLevel.Information, "{Kind} {Operation}: {Answer}")]
    private static partial void LogAnswered(ILogger logger, string kind, string operation, string answer);

    [LoggerMessage(2, LogLevel.Warning, "{Kind} {Operation} was not sent: {Refusal}. Nothing happened at the provider; correct the account's parameters, its management credential or the target")]
    private static partial void LogRefused(ILogger logger, string kind, string operation, string refusal);
}
