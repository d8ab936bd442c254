using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CredRotation.Sandbox.Wire;

/// <summary>HTTP to the sandbox's own servers: trusts exactly one certificate, uses no proxy.</summary>
public static class PinnedTransport
{
    public static HttpMessageHandler Handler(string thumbprint) => new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _)
                => certificate is X509Certificate2 presented && string.Equals(presented.GetCertHashString(HashAlgorithmName.SHA256), thumbprint, StringComparison.OrdinalIgnoreCase),
        },
    };

    public static HttpClient Client(string thumbprint) => new(Handler(thumbprint), disposeHandler: true);
}
