using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Core;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Requests;

namespace CredRotation.Providers.AzureKeys;

/// <summary>
/// Azure Resource Manager with the app's own identity: one call each, never repeated here, its token sent to that one address. Source: Azure
/// Resource Manager, "Track asynchronous Azure operations".
/// </summary>
internal sealed class ArmClient(HttpExchange exchange, Func<TokenCredential> identity, CloudEndpoints cloud)
{
    private const int LinkLengthMax = 4000;

    public TimeSpan DefaultRetryAfter => exchange.DefaultRetryAfter;

    public async Task<Answer> PostAsync(string operation, string resource, string action, string apiVersion, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(cloud.Arm, $"{resource}/{action}?api-version={apiVersion}"));
        // An empty body still has a length, which the front door asks for.
        request.Content = new StringContent(body?.ToJsonString() ?? "", Encoding.UTF8, MediaTypeNames.Application.Json);
        return await SendAsync(operation, request, cancellationToken);
    }

    /// <summary>What became of an operation.</summary>
    public async Task<Answer> WatchAsync(Uri link, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, link);
        return await SendAsync("operation", request, cancellationToken);
    }

    /// <summary>Where an answer says that what it began is to be watched; its own words. Azure Resource Manager's own header says more than the standard one.</summary>
    public static string? Link(Answer answer) => answer.Headers.GetValueOrDefault("Azure-AsyncOperation") ?? answer.Headers.GetValueOrDefault("Location");

    /// <summary>A link that may be followed with our token: to the address where it came from.</summary>
    public Uri? Trusted(string? link)
        => link is { Length: > 0 and <= LinkLengthMax } && Uri.TryCreate(link, UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Authority) == cloud.Arm.GetLeftPart(UriPartial.Authority) ? uri : null;

    private async Task<Answer> SendAsync(string operation, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        AccessToken token;
        try
        {
            token = await identity().GetTokenAsync(new TokenRequestContext([new Uri(cloud.ArmAudience, ".default").AbsoluteUri]), cancellationToken);
        }
        catch (Exception untold) when (!cancellationToken.IsCancellationRequested)
        {
            // Its words may quote what it was given.
            return Answer.NotSent($"the app's identity gave no token for Azure Resource Manager ({untold.GetType().Name})");
        }

        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
        return await exchange.SendAsync(AzureKeysProvider.KindName, operation, request, cancellationToken);
    }
}
