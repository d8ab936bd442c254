using System.Net;

namespace CredRotation.Providers.Http.Requests;

/// <summary>The machine's proxy for everything but this machine: through a proxy, a key meant for loopback would leave in clear text.</summary>
internal sealed class ProxyBeyondThisMachine(IWebProxy machines) : IWebProxy
{
    public ICredentials? Credentials
    {
        get => machines.Credentials;
        set => machines.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : machines.GetProxy(destination);

    public bool IsBypassed(Uri host) => AllowedHosts.IsLoopback(host) || machines.IsBypassed(host);
}
