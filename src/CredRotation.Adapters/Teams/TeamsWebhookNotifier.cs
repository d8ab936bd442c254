using System.Globalization;
using System.Net;
using System.Text;
using CredRotation.Adapters.Notices;
using CredRotation.Engine;
using Microsoft.Extensions.Options;

namespace CredRotation.Adapters.Teams;

/// <summary>Posts cards to Teams workflows. The address never leaves this class but as a request: not in logs, not in exceptions.</summary>
public sealed class TeamsWebhookNotifier(
    IHttpClientFactory clients,
    INoticeRenderer renderer,
    IOptions<TeamsOptions> teams,
    IOptions<RotationOptions> rotation) : INoticeChannel
{
    public const string ClientName = "teams";

    // A card is worth more than its link: without a configured address the link leads nowhere, visibly.
    private static readonly Uri NoPages = new("https://pages-base-uri-is-not-configured.invalid/");

    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(1);

    public async Task<bool> TrySendAsync(Notice notice, CancellationToken cancellationToken)
    {
        if (teams.Value.For(notice.OwnerGroup) is not { } webhook) return false;

        using var request = new HttpRequestMessage(HttpMethod.Post, webhook)
        {
            Content = new StringContent(renderer.RenderTeamsMessage(notice, rotation.Value.PagesBaseUri ?? NoPages), Encoding.UTF8, "application/json"),
        };
        using var response = await SendAsync(request, cancellationToken);
        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted) return true;
        throw Refused(response);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Half, so that a mail fits into the same effect when the workflow hangs.
        deadline.CancelAfter(rotation.Value.EffectTimeout / 2);
        using var client = clients.CreateClient(ClientName);
        try
        {
            // The body of an answer says nothing that a person may need and may repeat the address.
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        }
        catch (Exception exception) when ((exception is OperationCanceledException || RemoteClients.RanOutOfTime(exception)) && !cancellationToken.IsCancellationRequested)
        {
            throw Trouble(RemoteTrouble.Unknown, "did not answer in time");
        }
        catch (Exception exception) when (RemoteClients.WasNotSent(exception))
        {
            throw Trouble(RemoteTrouble.Throttled, "failed too often and is left alone for some seconds");
        }
        catch (HttpRequestException exception)
        {
            throw Trouble(RemoteTrouble.Unknown, $"could not be reached ({exception.HttpRequestError})");
        }
    }

    private static RemoteTroubleException Refused(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        var trouble = status switch
        {
            400 => RemoteTrouble.BadRequest,
            401 or 403 => RemoteTrouble.Denied,
            404 or 410 => RemoteTrouble.NotFound,
            429 => RemoteTrouble.Throttled,
            _ => RemoteTrouble.Unknown,
        };
        return Trouble(trouble, string.Create(CultureInfo.InvariantCulture, $"answered HTTP {status}"), RetryAfter(response));
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter?.Delta;
        return after > RetryAfterMax ? RetryAfterMax : after;
    }

    private static RemoteTroubleException Trouble(RemoteTrouble trouble, string what, TimeSpan? retryAfter = null) => new(
        "teams",
        trouble,
        $"The Teams workflow {what}, so the message was not accepted; nothing else depends on it. Check that the workflow is on, its owner is still there, and its address in the Teams settings is current.",
        retryAfter);
}
