using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredRotation.EmbeddedHost.Trust;

/// <summary>Who a sandbox token says its bearer is.</summary>
/// <param name="AppId">Set for apps, null for people.</param>
public sealed record SandboxClaims(string ObjectId, string Name, IReadOnlyList<string> Roles, string? AppId);

/// <summary>
/// Issues and checks the tokens of the sandbox's sign-in: compact JWS, HMAC-SHA256, one key per run. Anything but a well-formed,
/// unexpired token for the asked audience under that very algorithm is nobody. Token life is on the system clock.
/// </summary>
public static class SandboxToken
{
    /// <summary>The audience of tokens for CredRotation's own calls.</summary>
    public const string RotatorAudience = "api://cred-rotation";

    public const int KeyBytes = 32;

    private const int TokenCharsMax = 4096;
    private const string Algorithm = "HS256";
    private static readonly string s_header = Encode(JsonSerializer.SerializeToUtf8Bytes(new Header(Algorithm, "JWT")));

    public static string Issue(SandboxClaims claims, string audience, byte[] key, TimeSpan life, TimeProvider time)
    {
        CheckKey(key);
        var expires = (time.GetUtcNow() + life).ToUnixTimeSeconds();
        var payload = Encode(JsonSerializer.SerializeToUtf8Bytes(new Payload(claims.ObjectId, claims.Name, claims.Roles, claims.AppId, audience, expires)));
        var signed = $"{s_header}.{payload}";
        return $"{signed}.{Encode(Sign(signed, key))}";
    }

    /// <summary>Null for everything that this key did not sign for this audience, or that has ended.</summary>
    public static SandboxClaims? Validate(string? token, byte[] key, string audience, TimeProvider time)
    {
        CheckKey(key);
        if (token is null or { Length: > TokenCharsMax } || token.Split('.') is not [var header, var payload, var signature]) return null;
        if (Decode(signature) is not { } given || !CryptographicOperations.FixedTimeEquals(given, Sign($"{header}.{payload}", key))) return null;
        if (Read<Header>(header) is not { Alg: Algorithm } || Read<Payload>(payload) is not { } claims) return null;
        if (claims.Aud != audience || claims.Exp <= time.GetUtcNow().ToUnixTimeSeconds()) return null;
        return claims is { Oid: { Length: > 0 } oid, Name: { Length: > 0 } name } ? new SandboxClaims(oid, name, claims.Roles ?? [], claims.Appid) : null;
    }

    private static byte[] Sign(string text, byte[] key) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static byte[]? Decode(string text) => Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;

    private static T? Read<T>(string part) where T : class
    {
        try
        {
            return Decode(part) is { } bytes ? JsonSerializer.Deserialize<T>(bytes, s_strict) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static readonly JsonSerializerOptions s_strict = new(JsonSerializerDefaults.Web) { PropertyNameCaseInsensitive = false, AllowDuplicateProperties = false };

    private static void CheckKey(byte[] key)
    {
        if (key.Length != KeyBytes) throw new ArgumentException($"A sandbox token key has {KeyBytes} bytes.", nameof(key));
    }

    private sealed record Header(
        [property: JsonPropertyName("alg")] string? Alg,
        [property: JsonPropertyName("typ")] string? Typ);

    private sealed record Payload(
        [property: JsonPropertyName("oid")] string? Oid,
        [property: JsonPropertyName("name")] string? Name,
        [property: JsonPropertyName("roles")] IReadOnlyList<string>? Roles,
        [property: JsonPropertyName("appid")] string? Appid,
        [property: JsonPropertyName("aud")] string? Aud,
        [property: JsonPropertyName("exp")] long Exp);
}
