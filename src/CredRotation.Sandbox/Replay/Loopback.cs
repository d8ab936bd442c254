namespace CredRotation.Sandbox.Replay;

/// <summary>A client for the app on this machine: no proxy, no redirects.</summary>
internal static class Loopback
{
    public static HttpClient Client(Uri baseUri)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
#pragma warning disable RS0030 // There is no container here: a replay talks to the app as a person's browser would.
        return new HttpClient(handler, disposeHandler: true) { BaseAddress = baseUri };
#pragma warning restore RS0030
    }
}
