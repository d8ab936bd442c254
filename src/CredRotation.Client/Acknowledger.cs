using System.Net.Http.Headers;
using System.Net.Http.Json;
using Azure.Core;
using Microsoft.Extensions.Logging;

namespace CredRotation.Client;

/// <summary>Tells CredRotation as the app's own principal, and again with growing pauses until it is accepted or enough was tried.</summary>
internal sealed partial class Acknowledger(
    ReloadingCredentialOptions options,
    HttpClient rotator,
    TokenCredential identity,
    TimeProvider time,
    ILogger logger)
{
    private readonly Uri _target = new(options.Rotator, "/api/acknowledgements");

    public async Task SendAsync(Acknowledgement acknowledgement, CancellationToken cancellationToken)
    {
        var pause = options.RetryDelay;
        for (var attempt = 1; attempt <= options.AttemptsMax; attempt++)
        {
            if (attempt > 1)
            {
                await Task.Delay(pause, time, cancellationToken);
                pause = pause * 2 < options.RetryDelayMax ? pause * 2 : options.RetryDelayMax;
            }

            if (await TryAsync(acknowledgement, attempt, cancellationToken))
            {
                Accepted(acknowledgement.Version, acknowledgement.Rotation);
                return;
            }
        }

        GaveUp(acknowledgement.Version, acknowledgement.Rotation, options.AttemptsMax);
    }

    private async Task<bool> TryAsync(Acknowledgement acknowledgement, int attempt, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var token = await identity.GetTokenAsync(new TokenRequestContext([options.RotatorScope]), either.Token);
            using var request = new HttpRequestMessage(HttpMethod.Post, _target) { Content = JsonContent.Create(acknowledgement) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
            using var response = await rotator.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.IsSuccessStatusCode) return true;
            NotAccepted(acknowledgement.Version, (int)response.StatusCode, attempt);
            return false;
        }
        catch (Exception trouble) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever the token source or the wire throws: nobody waits for this, so the next try is the only answer.
            NotSent(acknowledgement.Version, trouble.GetType().Name, attempt);
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Acknowledged version {Version} for rotation {Rotation}.")]
    private partial void Accepted(string version, string rotation);

    [LoggerMessage(2, LogLevel.Warning, "The acknowledgement of version {Version} was answered with {Status} (try {Attempt}); the credential itself works, the next try follows.")]
    private partial void NotAccepted(string version, int status, int attempt);

    [LoggerMessage(3, LogLevel.Warning, "The acknowledgement of version {Version} could not be sent: {Trouble} (try {Attempt}); the credential itself works, the next try follows.")]
    private partial void NotSent(string version, string trouble, int attempt);

    [LoggerMessage(4, LogLevel.Error, "The acknowledgement of version {Version} for rotation {Rotation} was not accepted in {Attempts} tries. The credential itself works; CredRotation signals again or asks a person.")]
    private partial void GaveUp(string version, string rotation, int attempts);
}
