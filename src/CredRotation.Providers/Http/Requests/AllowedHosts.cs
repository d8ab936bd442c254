using System.Net;

namespace CredRotation.Providers.Http.Requests;

/// <summary>
/// Where a vendor's requests may go: https to exactly the hosts its file names, at port 443. With <c>"loopback": true</c> also this
/// machine, over http too, because nothing outside it can be reached by that. No account setting widens it.
/// </summary>
internal sealed record AllowedHosts(IReadOnlyList<string> Hosts, bool HasLoopback)
{
    public bool Allow(Uri uri)
    {
        if (!uri.IsAbsoluteUri || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0) return false;
        if (IsLoopback(uri)) return HasLoopback && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp);

        return uri.Scheme == Uri.UriSchemeHttps && uri.IsDefaultPort && Hosts.Contains(uri.IdnHost, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>By literal only: a name that merely resolves to this machine today may point elsewhere tomorrow.</summary>
    public static bool IsLoopback(Uri uri)
        => string.Equals(uri.Host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    public override string ToString() => string.Join(", ", HasLoopback ? Hosts.Append("this machine (loopback)") : Hosts);
}
