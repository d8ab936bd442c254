using System.Security.Cryptography;
using CredRotation.Engine;

namespace CredRotation.Providers.Http.Hooks;

/// <summary>The hook <c>material:rsa-keypair</c>: a private key as PKCS #8 PEM (RFC 7468) that never leaves, and the public key that is sent.</summary>
internal static class RsaKeyPair
{
    public const string Name = "rsa-keypair";
    private const int Bits = 3072;

    public static SecretText Make()
    {
        using var key = RSA.Create(Bits);
        return new SecretText(key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>SubjectPublicKeyInfo PEM; null when the material is no RSA key.</summary>
    public static string? PublicKeyOf(SecretText material)
    {
        using var key = RSA.Create();
        return TryRead(key, material) ? key.ExportSubjectPublicKeyInfoPem() : null;
    }

    public static bool TryRead(RSA key, SecretText material)
    {
        try
        {
            key.ImportFromPem(material.RevealToRemote());
            return true;
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or CryptographicException)
        {
            return false;
        }
    }
}
