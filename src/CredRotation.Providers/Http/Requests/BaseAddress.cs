namespace CredRotation.Providers.Http.Requests;

/// <summary>The start of a vendor's addresses as an account names it: http or https, a host and a path, nothing that could carry a credential.</summary>
internal static class BaseAddress
{
    public static Uri? Parse(string text)
        => Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp)
            && uri is { UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 }
            ? uri
            : null;
}
