using System.Globalization;
using System.Runtime.CompilerServices;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;
using Microsoft.Extensions.Options;
using Microsoft.Graph;
using Microsoft.Graph.Models;
using Microsoft.Kiota.Abstractions;

namespace CredRotation.Adapters.Graph;

/// <summary>
/// The tenant's app registrations through Microsoft Graph: ids, names and dates of secrets and certificates, page by page up to a limit. Source:
/// Microsoft Graph, "List applications".
/// </summary>
public sealed class GraphAppRegistrations(GraphServiceClient graph, IOptions<RotationOptions> rotation, TimeProvider clock) : IAppRegistrations
{
    /// <summary>Pages of <see cref="PageSize"/> applications.</summary>
    internal const int PagesMax = 100;

    private const int PageSize = 999;
    private const int NameMax = 120;

    public async IAsyncEnumerable<AppRegistrationSeen> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        for (var pages = 0; pages < PagesMax; pages++)
        {
            var page = await ReadAsync(next, cancellationToken);
            foreach (var app in page.Value ?? [])
            {
                if (app.AppId is { Length: > 0 } id && Guid.TryParseExact(id, "D", out _)) yield return new AppRegistrationSeen(id, Bounded(app.DisplayName), [.. Credentials(app)]);
            }

            next = page.OdataNextLink;
            if (next is not { Length: > 0 }) yield break;
        }

        throw new RemoteTroubleException("directory", RemoteTrouble.Unknown, string.Create(CultureInfo.InvariantCulture, $"Only the first {PagesMax * PageSize} app registrations were read."));
    }

    private async Task<ApplicationCollectionResponse> ReadAsync(string? next, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(rotation.Value.EffectTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var page = next is null ? await graph.Applications.GetAsync(Ask, either.Token) : await graph.Applications.WithUrl(GraphPages.AtHome(graph, next)).GetAsync(cancellationToken: either.Token);
            return page ?? throw new InvalidDataException("Graph answered without applications.");
        }
        catch (ApiException error) when (error.ResponseStatusCode is 401 or 403)
        {
            throw new RemoteTroubleException("directory", RemoteTrouble.Denied, "Microsoft Graph does not let the app's identity list applications.");
        }
        catch (ApiException error) when (error.ResponseStatusCode is 429)
        {
            throw new RemoteTroubleException("directory", RemoteTrouble.Throttled, "Microsoft Graph takes no more calls for now (429).");
        }
        catch (Exception lost) when (lost is not RemoteTroubleException && !cancellationToken.IsCancellationRequested)
        {
            throw new RemoteTroubleException("directory", RemoteTrouble.Unknown, $"Microsoft Graph could not be read ({lost.GetType().Name}).");
        }
    }

    private static void Ask(RequestConfiguration<Microsoft.Graph.Applications.ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters> request)
    {
        request.QueryParameters.Select = ["id", "appId", "displayName", "passwordCredentials", "keyCredentials"];
        request.QueryParameters.Top = PageSize;
    }

    private static IEnumerable<AppCredentialSeen> Credentials(Application app)
        => (app.PasswordCredentials ?? []).Where(secret => secret.KeyId is not null).Select(secret => new AppCredentialSeen(VaultObjectKind.Secret, Id(secret.KeyId!.Value), secret.EndDateTime))
            .Concat((app.KeyCredentials ?? []).Where(certificate => certificate.KeyId is not null).Select(certificate => new AppCredentialSeen(VaultObjectKind.Certificate, Id(certificate.KeyId!.Value), certificate.EndDateTime)));

    private static string Id(Guid key) => key.ToString("D", CultureInfo.InvariantCulture);

    private static string Bounded(string? name)
        => name is not { Length: > 0 } ? "without a name" : new string([.. name.Take(NameMax).Select(character => char.IsControl(character) || char.IsSurrogate(character) || character is '\u2028' or '\u2029' ? '_' : character)]);
}
