using CredRotation.Engine;
using Microsoft.AspNetCore.Http;

namespace CredRotation.Functions.Answers;

/// <summary>Tells a post from one of our own pages from one that another site made a browser send.</summary>
internal static class BrowserOrigin
{
    /// <summary>True for a call that no browser sent, and for one that came from our own pages. A form must prove where it came from.</summary>
    public static bool IsOurs(HttpRequest request, RotationOptions options)
    {
        if (request.Headers["Sec-Fetch-Site"] is [{ Length: > 0 } site]) return site == "same-origin";
        if (request.Headers.Origin is not [{ Length: > 0 } origin]) return !RequestBody.IsForm(request);

        return string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
            || (options.PagesBaseUri is { } pages && string.Equals(origin, pages.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase));
    }
}
