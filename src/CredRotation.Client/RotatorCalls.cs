using System.Net.Http.Headers;
using System.Text.Json;
using Azure.Core;
using Microsoft.Extensions.Logging;

namespace CredRotation.Client;

/// <summary>Calls CredRotation as the app's own principal. What has to be heard is said again with growing pauses until it is accepted or enough was tried.</summary>
internal sealed partial class RotatorCalls(
    ReloadingCredentialOptions options,
    HttpClient rotator,
    TokenCredential identity,
    TimeProvider time,
    ILogger logger)
{
    private const int AnswerBytesMax = 4096;

    private static readonly MediaTypeHeaderValue s_json = new("application/json", "utf-8");

    public Task AcknowledgeAsync(Acknowledgement acknowledgement, CancellationToken cancellationToken)
        => SendUntilAcceptedAsync("/api/acknowledgements", acknowledgement, "acknowledgement", acknowledgement.Version, cancellationToken);

    public Task ReportAsync(FailureReport report, CancellationToken cancellationToken)
        => SendUntilAcceptedAsync("/api/failures", report, $"report that it is {report.What}", report.Version, cancellationToken);

    /// <summary>One heartbeat; throws whatever the token source or the wire throws.</summary>
    public async Task<(int Status, LeaseAnswer? Answer)> BeatAsync(Heartbeat heartbeat, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var response = await SendAsync("/api/leases", Bytes(heartbeat), either.Token);
        if (!response.IsSuccessStatusCode) return ((int)response.StatusCode, null);

        await using var body = await response.Content.ReadAsStreamAsync(either.Token);
        var buffer = new byte[AnswerBytesMax + 1];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, either.Token);
        return ((int)response.StatusCode, length > AnswerBytesMax ? null : JsonSerializer.Deserialize<LeaseAnswer>(buffer.AsSpan(0, length), JsonSerializerOptions.Web));
    }

    private async Task SendUntilAcceptedAsync<T>(string path, T said, string what, string version, CancellationToken cancellationToken)
    {
        var body = Bytes(said);
        var pause = options.RetryDelay;
        for (var attempt = 1; attempt <= options.AttemptsMax; attempt++)
        {
            if (attempt > 1)
            {
                await Task.Delay(pause, time, cancellationToken);
                pause = pause * 2 < options.RetryDelayMax ? pause * 2 : options.RetryDelayMax;
            }

            if (await TryAsync(path, body, what, version, attempt, cancellationToken))
            {
                Accepted(what, version);
                return;
            }
        }

        GaveUp(what, version, options.AttemptsMax);
    }

    private async Task<bool> TryAsync(string path, byte[] body, string what, string version, int attempt, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var response = await SendAsync(path, body, either.Token);
            if (response.IsSuccessStatusCode) return true;
            NotAccepted(what, version, (int)response.StatusCode, attempt);
            return false;
        }
        catch (Exception trouble) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever the token source or the wire throws: nobody waits for this, so the next try is the only answer.
            NotSent(what, version, trouble.GetType().Name, attempt);
            return false;
        }
    }

    private static byte[] Bytes<T>(T said) => JsonSerializer.SerializeToUtf8Bytes(said, JsonSerializerOptions.Web);

    private async Task<HttpResponseMessage> SendAsync(string path, byte[] body, CancellationToken cancellationToken)
    {
        var token = await identity.GetTokenAsync(new TokenRequestContext([options.RotatorScope]), cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(options.Rotator, path)) { Content = new ByteArrayContent(body) { Headers = { ContentType = s_json } } };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
        return await rotator.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Information, "CredRotation took the {What} of version {Version}.")]
    private partial void Accepted(string what, string version);

    [LoggerMessage(2, LogLevel.Warning, "The {What} of version {Version} was answered with {Status} (try {Attempt}); the app goes on as it is, the next try follows.")]
    private partial void NotAccepted(string what, string version, int status, int attempt);

    [LoggerMessage(3, LogLevel.Warning, "The {What} of version {Version} could not be sent: {Trouble} (try {Attempt}); the app goes on as it is, the next try follows.")]
    private partial void NotSent(string what, string version, string trouble, int attempt);

    [LoggerMessage(4, LogLevel.Error, "The {What} of version {Version} was not accepted in {Attempts} tries. The app goes on as it is; CredRotation signals again or asks a person.")]
    private partial void GaveUp(string what, string version, int attempts);
}
