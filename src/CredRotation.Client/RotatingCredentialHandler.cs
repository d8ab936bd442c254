using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace CredRotation.Client;

/// <summary>
/// Writes the current version into each request, and says how it went: a 2xx proves the version, a 401 refuses it and is tried once more with
/// the other version that this instance holds. Anything else proves nothing: gateways answer 404 and 5xx before they look at a key, and a 403
/// says what a caller may do, not who it is.
/// </summary>
/// <param name="header">For example <c>Authorization</c> or <c>X-API-Key</c>.</param>
/// <param name="scheme">What stands before the value, for example <c>Bearer</c>; null: nothing.</param>
public sealed class RotatingCredentialHandler(IRotatingCredential credential, string header, string? scheme) : DelegatingHandler
{
    /// <summary>A body up to this size is kept so that it can be sent again. Bytes.</summary>
    public const int BodyBytesMax = 1024 * 1024;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var isRepeatable = await IsRepeatableAsync(request.Content, cancellationToken);
        using var lease = credential.Acquire();
        var response = await SendAsync(request, lease, cancellationToken);
        if (response.StatusCode is not HttpStatusCode.Unauthorized) return response;

        using var other = lease.Refused();
        if (other is null || !isRepeatable) return response;
        response.Dispose();
        var again = await SendAsync(request, other, cancellationToken);
        if (again.StatusCode is HttpStatusCode.Unauthorized) other.Refused()?.Dispose();
        return again;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CredentialLease lease, CancellationToken cancellationToken)
    {
        request.Headers.Remove(header);
        if (scheme is null) request.Headers.TryAddWithoutValidation(header, lease.RevealToRemote());
        else request.Headers.TryAddWithoutValidation(header, new AuthenticationHeaderValue(scheme, lease.RevealToRemote()).ToString());
        var response = await base.SendAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode) lease.Succeeded();
        return response;
    }

    // A stream that was sent is gone; what is small enough is kept before.
    private static async Task<bool> IsRepeatableAsync(HttpContent? content, CancellationToken cancellationToken)
    {
        if (content is null or ByteArrayContent or ReadOnlyMemoryContent or JsonContent) return true;
        if (content.Headers.ContentLength is not { } length || length > BodyBytesMax) return false;
        await content.LoadIntoBufferAsync(BodyBytesMax, cancellationToken);
        return true;
    }
}
