using Microsoft.Graph;

namespace CredRotation.Adapters.Graph;

/// <summary>The way to a list's next page: our token goes where it went before, and nowhere a page may point to.</summary>
internal static class GraphPages
{
    /// <summary>Throws <see cref="InvalidDataException"/> when the page is at another host.</summary>
    public static string AtHome(GraphServiceClient graph, string next)
        => Uri.TryCreate(next, UriKind.Absolute, out var uri) && Uri.TryCreate(graph.RequestAdapter.BaseUrl, UriKind.Absolute, out var home) && uri.GetLeftPart(UriPartial.Authority) == home.GetLeftPart(UriPartial.Authority)
            ? next
            : throw new InvalidDataException("Graph pointed to another host.");
}
