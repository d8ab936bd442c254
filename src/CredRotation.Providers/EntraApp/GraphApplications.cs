using System.Globalization;
using CredRotation.Engine;
using Microsoft.Graph;
using Microsoft.Graph.Applications.Item.AddPassword;
using Microsoft.Graph.Applications.Item.RemovePassword;
using Microsoft.Graph.Models;
using Microsoft.Graph.Models.ODataErrors;
using Microsoft.Kiota.Abstractions;

namespace CredRotation.Providers.EntraApp;

/// <summary>
/// The passwords of one app registration, by its application id, through Microsoft Graph with the app's own identity; needs
/// Application.ReadWrite.OwnedBy and to own it. Source: Microsoft Graph, application: addPassword, removePassword and get.
/// </summary>
internal sealed class GraphApplications(Func<GraphServiceClient> graph, Func<RotationOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan s_retryAfterMax = TimeSpan.FromHours(1);

    public Task<GraphAnswer<PasswordCredential>> AddPasswordAsync(string appId, string name, DateTimeOffset expiresOn, CancellationToken cancellationToken)
        => RunAsync((client, token) => client.Applications[appId].AddPassword.WithUrl(Action(client, appId, "addPassword"))
            .PostAsync(new AddPasswordPostRequestBody { PasswordCredential = new PasswordCredential { DisplayName = name, EndDateTime = expiresOn } }, cancellationToken: token), cancellationToken);

    public Task<GraphAnswer<object>> RemovePasswordAsync(string appId, Guid keyId, CancellationToken cancellationToken)
        => RunAsync<object>(async (client, token) =>
        {
            await client.Applications[appId].RemovePassword.WithUrl(Action(client, appId, "removePassword")).PostAsync(new RemovePasswordPostRequestBody { KeyId = keyId }, cancellationToken: token);
            return true;
        }, cancellationToken);

    /// <summary>Names, ids, dates and the first three characters; Graph never shows a value again.</summary>
    public Task<GraphAnswer<Application>> ReadAsync(string appId, CancellationToken cancellationToken)
        => RunAsync((client, token) => client.ApplicationsWithAppId(appId).GetAsync(request => request.QueryParameters.Select = ["id", "appId", "passwordCredentials"], token), cancellationToken);

    // The library has these two only by object id; Graph takes the alternate key alike.
    private static string Action(GraphServiceClient client, string appId, string action) => $"{client.RequestAdapter.BaseUrl}/applications(appId='{appId}')/{action}";

    private async Task<GraphAnswer<T>> RunAsync<T>(Func<GraphServiceClient, CancellationToken, Task<T?>> call, CancellationToken cancellationToken)
        where T : class
    {
        using var timeout = new CancellationTokenSource(options().EffectTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await call(graph(), either.Token) is { } value
                ? new GraphAnswer<T>(value, 200, null, null, "Microsoft Graph answered.")
                : new GraphAnswer<T>(null, null, null, null, "Microsoft Graph answered with nothing.");
        }
        catch (ApiException error) when (error.ResponseStatusCode > 0)
        {
            return new GraphAnswer<T>(null, error.ResponseStatusCode, (error as ODataError)?.Error?.Code, RetryAfter(error), string.Create(CultureInfo.InvariantCulture, $"Microsoft Graph answered {error.ResponseStatusCode}."));
        }
        catch (Exception refused) when (RemoteClients.WasNotSent(refused))
        {
            return new GraphAnswer<T>(null, null, null, null, "The call was not made: Microsoft Graph failed too often and is left alone for some seconds.", WasNotSent: true);
        }
        catch (Exception lost) when (!cancellationToken.IsCancellationRequested)
        {
            // Only its type: an answer's text may hold a value.
            return new GraphAnswer<T>(null, null, null, null, $"The call to Microsoft Graph ended without an answer that can be read ({lost.GetType().Name}).");
        }
    }

    private static TimeSpan? RetryAfter(ApiException error)
        => error.ResponseHeaders is { } headers && headers.FirstOrDefault(header => header.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault() is { } text
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, s_retryAfterMax.TotalSeconds))
            : null;
}
