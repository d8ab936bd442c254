using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CredRotation.Providers.Http.Hooks;

/// <summary>
/// The hook <c>auth:pubnub-signature</c>, as PubNub's Access Manager reference describes signature version 2: HMAC-SHA256 over method, publish key,
/// path, sorted query and body, appended to the query.
/// </summary>
internal sealed class PubNubSignature : IRequestSigner
{
    public string Name => "pubnub-signature";

    public IReadOnlyList<string> Values { get; } = ["publishKey", "secret"];

    public void Sign(HttpRequestMessage request, ReadOnlySpan<byte> body, IReadOnlyDictionary<string, string> values, DateTimeOffset now)
    {
        var address = request.RequestUri!;
        var query = address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Append($"timestamp={now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}")
            .Order(StringComparer.Ordinal);
        var sorted = string.Join('&', query);
        var text = $"{request.Method.Method}\n{values["publishKey"]}\n{address.AbsolutePath}\n{sorted}\n{Encoding.UTF8.GetString(body)}";
        var signature = Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(values["secret"]), Encoding.UTF8.GetBytes(text)));
        request.RequestUri = new Uri($"{address.GetLeftPart(UriPartial.Path)}?{sorted}&signature=v2.{signature}");
    }
}
