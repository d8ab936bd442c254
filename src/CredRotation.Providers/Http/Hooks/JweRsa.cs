using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Buffers.Text;
using CredRotation.Engine;

namespace CredRotation.Providers.Http.Hooks;

/// <summary>
/// The hook <c>decrypt:jwe-rsa</c>: opens a compact JWE (RFC 7516) that was made for our own key, RSA-OAEP-256 or RSA-OAEP with A256GCM (RFC 7518),
/// and nothing else: an algorithm that a remote may choose freely is none.
/// </summary>
internal static class JweRsa
{
    public const string Name = "jwe-rsa";
    private const int KeyBytes = 32, NonceBytes = 12, TagBytes = 16;

    /// <summary>Null when it was not made for this key, or is no JWE of this kind.</summary>
    public static string? Open(string compact, SecretText privateKey)
    {
        try
        {
            if (compact.Split('.') is not [var header, var wrapped, var nonce, var cipher, var tag]) return null;

            using var said = JsonDocument.Parse(Base64Url.DecodeFromChars(header));
            var padding = said.RootElement.GetProperty("alg").GetString() switch { "RSA-OAEP-256" => RSAEncryptionPadding.OaepSHA256, "RSA-OAEP" => RSAEncryptionPadding.OaepSHA1, _ => null };
            if (padding is null || said.RootElement.GetProperty("enc").GetString() != "A256GCM" || said.RootElement.TryGetProperty("zip", out _) || said.RootElement.TryGetProperty("crit", out _)) return null;

            using var rsa = RSA.Create();
            if (!RsaKeyPair.TryRead(rsa, privateKey)) return null;

            var (iv, text, mark) = (Base64Url.DecodeFromChars(nonce), Base64Url.DecodeFromChars(cipher), Base64Url.DecodeFromChars(tag));
            var key = rsa.Decrypt(Base64Url.DecodeFromChars(wrapped), padding);
            if (key.Length != KeyBytes || iv.Length != NonceBytes || mark.Length != TagBytes) return null;

            using var aes = new AesGcm(key, TagBytes);
            var plain = new byte[text.Length];
            aes.Decrypt(iv, text, mark, plain, Encoding.ASCII.GetBytes(header));
            return Encoding.UTF8.GetString(plain);
        }
        catch (Exception unreadable) when (unreadable is FormatException or JsonException or CryptographicException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
