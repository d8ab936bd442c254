using System.Net;
using CredRotation.EmbeddedHost.Trust;
using Microsoft.AspNetCore.Http;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>Plays the platform in front of the app: no forged principal passes, and only the sandbox's sign-in makes one.</summary>
internal sealed class Platform(SandboxTrust? trust)
{
    private const string PrincipalHeaders = "X-MS-";

    /// <summary>False: answered already.</summary>
    public bool Admits(HttpContext context)
    {
        // A name that somebody points at loopback would let their page speak to us as if it were ours.
        if (!IsLoopback(context.Request.Host.Host))
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            return false;
        }

        foreach (var header in context.Request.Headers.Keys.Where(key => key.StartsWith(PrincipalHeaders, StringComparison.OrdinalIgnoreCase)).ToList()) context.Request.Headers.Remove(header);
        trust?.SignIn(context);
        return true;
    }

    private static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
