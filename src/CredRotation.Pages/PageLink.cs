using CredRotation.Engine;

namespace CredRotation.Pages;

/// <summary>The one link of a card or mail: always to our own pages.</summary>
internal static class PageLink
{
    /// <summary>Only a path on our own pages; anything else leads to their front.</summary>
    public static Uri Of(string page, Uri baseUri)
        => page.StartsWith('/') && Uri.TryCreate(baseUri, page, out var uri) && uri.Authority == baseUri.Authority && uri.Scheme == baseUri.Scheme
            ? uri
            : baseUri;

    public static string Words(NoticeKind kind) => kind == NoticeKind.Done ? "See what happened" : "Open the page";
}
