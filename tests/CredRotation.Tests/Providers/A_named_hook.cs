using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CredRotation.Engine;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Hooks;
using CredRotation.Providers.Http.Requests;

namespace CredRotation.Tests.Providers;

public sealed class A_named_hook
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Signs_host_date_target_digest_and_merchant()
    {
        var secret = Convert.ToBase64String(Encoding.ASCII.GetBytes("canary-secret"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://api.example.com/kms/v2/keys-sym?x=1") { Content = new ByteArrayContent("{}"u8.ToArray()) };

        new HttpSignature().Sign(request, "{}"u8, new Dictionary<string, string> { ["merchantId"] = "shop", ["keyId"] = "k-1", ["secret"] = secret }, s_now);

        const string digest = "SHA-256=RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=";
        var signed = $"host: api.example.com\nv-c-date: Sun, 01 Mar 2026 12:00:00 GMT\nrequest-target: post /kms/v2/keys-sym?x=1\ndigest: {digest}\nv-c-merchant-id: shop";
        var expected = Convert.ToBase64String(HMACSHA256.HashData("canary-secret"u8, Encoding.ASCII.GetBytes(signed)));
        Assert.Equal(digest, Assert.Single(request.Headers.GetValues("Digest")));
        Assert.Equal(
            $"keyid=\"k-1\", algorithm=\"HmacSHA256\", headers=\"host v-c-date request-target digest v-c-merchant-id\", signature=\"{expected}\"",
            Assert.Single(request.Headers.GetValues("Signature")));
    }

    [Fact]
    public void Sends_nothing_when_its_secret_is_no_base64()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://api.example.com/");

        var refused = Assert.Throws<RequestRefusedException>(() => new HttpSignature().Sign(request, [], new Dictionary<string, string> { ["merchantId"] = "m", ["keyId"] = "k", ["secret"] = "canary-secret!" }, s_now));

        Assert.DoesNotContain("canary", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Signs_the_query_in_order_and_stays_at_its_host()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://ps.example.com/v2/x?z=1&a=2");

        new PubNubSignature().Sign(request, [], new Dictionary<string, string> { ["publishKey"] = "pub", ["secret"] = "canary-secret" }, s_now);

        var expected = Base64Url.EncodeToString(HMACSHA256.HashData("canary-secret"u8, "GET\npub\n/v2/x\na=2&timestamp=1772366400&z=1\n"u8));
        Assert.Equal($"https://ps.example.com/v2/x?a=2&timestamp=1772366400&z=1&signature=v2.{expected}", request.RequestUri!.AbsoluteUri);
    }

    [Theory]
    [InlineData("RSA-OAEP-256")]
    [InlineData("RSA-OAEP")]
    public void Opens_what_was_encrypted_to_its_own_key(string algorithm)
    {
        var key = RsaKeyPair.Make();

        Assert.Equal("canary-new", JweRsa.Open(Encrypt("canary-new", key, algorithm, "A256GCM"), key));
    }

    [Fact]
    public void Opens_nothing_else()
    {
        var (key, other) = (RsaKeyPair.Make(), RsaKeyPair.Make());
        var good = Encrypt("canary-new", key, "RSA-OAEP-256", "A256GCM");
        var parts = good.Split('.');

        Assert.Null(JweRsa.Open(good, other));
        Assert.Null(JweRsa.Open(Encrypt("canary-new", key, "RSA1_5", "A256GCM"), key));
        Assert.Null(JweRsa.Open(Encrypt("canary-new", key, "RSA-OAEP-256", "A128CBC-HS256"), key));
        Assert.Null(JweRsa.Open(string.Join('.', parts[0], parts[1], parts[2], parts[3], Base64Url.EncodeToString(new byte[16])), key));
        Assert.Null(JweRsa.Open(string.Join('.', parts[..4]), key));
        Assert.Null(JweRsa.Open("a.b.c.d.e", key));
        Assert.Null(JweRsa.Open(good, new SecretText("no key")));
    }

    [Fact]
    public void Gives_only_the_public_half_away()
    {
        var key = RsaKeyPair.Make();

        var given = RsaKeyPair.PublicKeyOf(key)!;

        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", given, StringComparison.Ordinal);
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----", key.RevealToRemote(), StringComparison.Ordinal);
        Assert.Null(RsaKeyPair.PublicKeyOf(new SecretText("no key")));
    }

    [Fact]
    public void Makes_a_text_of_each_set_and_never_twice()
    {
        var material = new Material(null, 25, ["abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"]);

        var made = Enumerable.Range(0, 50).Select(_ => TextMaterial.Make(material).RevealToRemote()).ToList();

        Assert.Equal(50, made.Distinct(StringComparer.Ordinal).Count());
        Assert.All(made, value => Assert.True(value.Length == 25 && value.Any(char.IsAsciiLetterLower) && value.Any(char.IsAsciiLetterUpper) && value.Any(char.IsAsciiDigit)));
    }

    private static string Encrypt(string text, SecretText key, string algorithm, string encryption)
    {
        using var rsa = RSA.Create();
        Assert.True(RsaKeyPair.TryRead(rsa, key));
        var header = Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"alg":"{{algorithm}}","enc":"{{encryption}}"}"""));
        var (content, nonce, tag, cipher) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(12), new byte[16], new byte[text.Length]);
        using var aes = new AesGcm(content, 16);
        aes.Encrypt(nonce, Encoding.ASCII.GetBytes(text), cipher, tag, Encoding.ASCII.GetBytes(header));
        var padding = algorithm switch { "RSA-OAEP" => RSAEncryptionPadding.OaepSHA1, "RSA1_5" => RSAEncryptionPadding.Pkcs1, _ => RSAEncryptionPadding.OaepSHA256 };
        return string.Join('.', header, Base64Url.EncodeToString(rsa.Encrypt(content, padding)), Base64Url.EncodeToString(nonce), Base64Url.EncodeToString(cipher), Base64Url.EncodeToString(tag));
    }
}
