using System.Net;
using System.Net.NetworkInformation;
using System.Security.Cryptography;

namespace CredRotation.Sandbox.World;

/// <summary>Finds a loopback port for a server that is started later, and again after a crash.</summary>
public static class FreePort
{
    // Below the range from which systems take ports for outgoing connections, so that none of those sits on it in between.
    private const int From = 20_000;
    private const int To = 32_000;

    public static int Find()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        int port;
        do port = RandomNumberGenerator.GetInt32(From, To);
        while (taken.Contains(port));
        return port;
    }

    public static Uri FindLoopback() => new UriBuilder(Uri.UriSchemeHttp, IPAddress.Loopback.ToString(), Find()).Uri;
}
