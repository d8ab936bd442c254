using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CredRotation.Providers.Http.Requests;

namespace CredRotation.Providers.Http.Hooks;

/// <summary>
/// The hook <c>auth:http-signature</c>, as CyberSource's REST reference describes it (HTTP Signature authentication): HMAC-SHA256 over host, date,
/// request target, digest of the body and merchant id.
/// </summary>
internal sealed class HttpSignature : IRequestSigner
{
    public string Name => "http-signature";

    public IReadOnlyList<string> Values { get; } = ["merchantId", "keyId", "secret"];

    public void Sign(HttpRequestMessage request, ReadOnlySpan<byte> body, IReadOnlyDictionary<string, string> values, DateTimeOffset now)
    {
        var secret = new byte[values["secret"].Length];
        if (!Convert.TryFromBase64String(values["secret"], secret, out var length)) throw new RequestRefusedException("signature-secret-is-not-base64");

        var (host, date) = (request.RequestUri!.Authority, now.ToString("R", CultureInfo.InvariantCulture));
        List<(string Name, string Value)> signed = [("host", host), ("v-c-date", date), ("request-target", $"{request.Method.Method.ToLowerInvariant()} {request.RequestUri.PathAndQuery}")];
        if (request.Content is not null && request.Method != HttpMethod.Get && request.Method != HttpMethod.Delete)
        {
            var digest = $"SHA-256={Convert.ToBase64String(SHA256.HashData(body))}";
            request.Headers.TryAddWithoutValidation("Digest", digest);
            signed.Add(("digest", digest));
        }

        signed.Add(("v-c-merchant-id", values["merchantId"]));
        var text = string.Join('\n', signed.Select(part => $"{part.Name}: {part.Value}"));
        var signature = Convert.ToBase64String(HMACSHA256.HashData(secret.AsSpan(0, length), Encoding.UTF8.GetBytes(text)));
        request.Headers.TryAddWithoutValidation("v-c-date", date);
        request.Headers.TryAddWithoutValidation("v-c-merchant-id", values["merchantId"]);
        request.Headers.TryAddWithoutValidation("Signature", $"keyid=\"{values["keyId"]}\", algorithm=\"HmacSHA256\", headers=\"{string.Join(' ', signed.Select(part => part.Name))}\", signature=\"{signature}\"");
    }
}
