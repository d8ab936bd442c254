using System.Net;

namespace CredRotation.Providers.Http.Requests;

/// <summary>
/// Where a vendor's requests may go: https to exactly the hosts its file names, at port 443. <c>*.example.com</c> is one more label, for vendors that
/// give each customer a host. With <c>"loopback": true</c> also this machine, over http too, because nothing outside it can be reached by that.
/// Only a file that says <c>"ownHost"</c> lets an account name one more host: for vendors that run in the customer's own network.
/// </summary>
internal sealed record AllowedHosts(IReadOnlyList<string> Hosts, bool HasLoopback)
{
    /// <summary>The parameter whose host is the customer's own.</summary>
    public string? OwnHost { get; init; }

    private Uri? Own { get; init; }

    /// <summary>As an account sets it.</summary>
    public AllowedHosts For(IReadOnlyDictionary<string, string> parameters)
        => OwnHost is not null && parameters.TryGetValue(OwnHost, out var text) && BaseAddress.Parse(text) is { } own ? this with { Own = own } : this;

    public bool Allow(Uri uri)
    {
        if (!uri.IsAbsoluteUri || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0) return false;
        if (IsLoopback(uri)) return HasLoopback && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp);
        if (uri.Scheme != Uri.UriSchemeHttps) return false;

        return (Own is { } own && IsSameOrigin(own, uri)) || (uri.IsDefaultPort && Hosts.Any(host => Covers(host, uri.IdnHost)));
    }

    /// <summary>By literal only: a name that merely resolves to this machine today may point elsewhere tomorrow.</summary>
    public static bool IsLoopback(Uri uri)
        => string.Equals(uri.Host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    public static bool IsSameOrigin(Uri one, Uri other)
        => one.Scheme == other.Scheme && one.Port == other.Port && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase);

    public override string ToString()
        => string.Join(", ", Hosts.Concat(OwnHost is null ? [] : [$"the host of {OwnHost}"]).Concat(HasLoopback ? ["this machine (loopback)"] : []));

    private static bool Covers(string host, string actual)
        => host.StartsWith("*.", StringComparison.Ordinal)
            ? actual.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && string.Equals(host[1..], actual[dot..], StringComparison.OrdinalIgnoreCase)
            : string.Equals(host, actual, StringComparison.OrdinalIgnoreCase);
}
