using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Document;

namespace CredRotation.Providers.Http.Requests;

/// <summary>
/// Finds the address of the next page in an answer. The management credential goes there too, so it must be allowed like any other address, and be
/// at the very host that the list began at: a vendor that is made to name another one gets nothing.
/// </summary>
internal static class NextPage
{
    private const int LengthMax = 4_000;

    /// <summary>At most one of the two: null and null is the last page.</summary>
    public static (Uri? Next, string? Trouble) Read(Paging paging, Answer answer, Uri asked, AllowedHosts hosts)
    {
        if (paging.Kind is PagingKind.Page or PagingKind.Offset) return (null, null);
        if (paging.More is { } more)
        {
            switch (answer.Body?.Find(more)?.ValueKind)
            {
                case System.Text.Json.JsonValueKind.False: return (null, null);
                case System.Text.Json.JsonValueKind.True: break;
                default: return (null, $"it does not say at {more} whether there is more");
            }
        }

        var named = paging.Kind is PagingKind.LinkHeader ? Linked(answer.Headers.GetValueOrDefault("Link")) : answer.Body?.Scalar(paging.Next!);
        if (named is not { Length: > 0 }) return paging.More is null ? (null, null) : (null, "it says that there is more and not where");
        if (named.Length > LengthMax) return (null, "it names a next page in more characters than an address has");

        var text = paging.Kind is PagingKind.Token ? WithParameter(asked, paging.Parameter!, named) : named;
        if (!Uri.TryCreate(asked, text, out var next) || !hosts.Allow(next) || !AllowedHosts.IsSameOrigin(asked, next))
            return (null, "it names a next page at an address that is not allowed");

        return (next, null);
    }

    private static string WithParameter(Uri asked, string parameter, string token)
    {
        var kept = asked.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Where(pair => !pair.StartsWith($"{Uri.EscapeDataString(parameter)}=", StringComparison.Ordinal));
        return $"{asked.GetLeftPart(UriPartial.Path)}?{string.Join('&', kept.Append($"{Uri.EscapeDataString(parameter)}={Uri.EscapeDataString(token)}"))}";
    }

    /// <summary>RFC 8288: the one link whose relation is next.</summary>
    private static string? Linked(string? header)
    {
        foreach (var link in (header ?? "").Split(",", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = link.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is ['<', .., '>'] && parts.Skip(1).Any(part => part.Replace("\"", "", StringComparison.Ordinal).Equals("rel=next", StringComparison.OrdinalIgnoreCase))) return parts[0][1..^1];
        }

        return null;
    }
}
