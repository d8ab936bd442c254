using CredRotation.Engine;
using Microsoft.AspNetCore.Http;

namespace CredRotation.Functions.Answers;

/// <summary>Tells a post from one of our own pages from one that another site made a browser send.</summary>
/// <remarks>
/// This is the protection from forged forms, without a token. Every browser that gets updates sends Sec-Fetch-Site, older ones send Origin
/// with every post, and no script can set either; a form with neither is refused. What is no form must be application/json, which a browser
/// sends to another origin only after asking us by OPTIONS, and we answer no such question. A token would add a secret to keep and no case
/// that this leaves open.
/// </remarks>
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
