using System.Globalization;
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

    public static string Words(NoticeKind kind) => kind switch { NoticeKind.Done => "See what happened", NoticeKind.Reminder => "Open My tasks", _ => "Open the page" };

    /// <summary>What a message says of the facts it has no room for.</summary>
    public static string More(NoticeKind kind, int more)
        => kind is NoticeKind.NearExpiry or NoticeKind.FindingDigest or NoticeKind.Reminder ? string.Create(CultureInfo.InvariantCulture, $"and {more} more on the page") : "on the page";
}
