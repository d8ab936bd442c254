using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using System.Text;

namespace CredRotation.Sandbox.World;

/// <summary>Finds a loopback port for a server that is started later, and again after a crash.</summary>
public static class FreePort
{
    // Below the range from which systems take ports for outgoing connections, so that none of those sits on it in between. What is found for
    // later has a part of its own: nobody listens there yet, and a port that follows from a seed must not be taken for free.
    private const int From = 20_000;
    private const int Middle = 26_000;
    private const int To = 32_000;

    private static readonly Lock s_gate = new();
    private static readonly HashSet<int> s_given = [];

    /// <summary>Never the same one twice in this process.</summary>
    public static int Find()
    {
        var taken = Taken();
        lock (s_gate)
        {
            int port;
            do port = RandomNumberGenerator.GetInt32(From, Middle);
            while (taken.Contains(port) || !s_given.Add(port));
            return port;
        }
    }

    /// <summary>
    /// A port for each name that follows from the seed, so that what is named after an address is the same whenever the seed is. While one is
    /// taken, the next that follows from the seed.
    /// </summary>
    public static IReadOnlyList<int> FindFor(int seed, IEnumerable<string> names)
    {
        var taken = Taken();
        return [.. names.Select(name => Enumerable.Range(0, To - Middle).Select(tried => Of(seed, name, tried)).First(taken.Add))];
    }

    public static Uri FindLoopback() => new UriBuilder(Uri.UriSchemeHttp, IPAddress.Loopback.ToString(), Find()).Uri;

    private static int Of(int seed, string name, int tried)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seed}/{name}/{tried}")));
        return Middle + (int)(BinaryPrimitives.ReadUInt32BigEndian(hash) % (To - Middle));
    }

    private static HashSet<int> Taken() => [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port)];
}
