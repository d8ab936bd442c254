using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CredRotation.Engine;

namespace CredRotation.Providers.Databases.PostgreSql;

/// <summary>
/// What a server needs to check a password, and cannot sign in with: sent in its place, so that the password reaches neither the server nor its
/// log. Source: RFC 5802 section 3, RFC 7677; PostgreSQL manual, pg_authid: rolpassword.
/// </summary>
internal static class ScramVerifier
{
    // The server's own default. The passwords are 256 random bits, which no number of rounds protects better.
    private const int Iterations = 4096;
    private const int SaltLength = 16;

    /// <param name="password">ASCII: other texts would have to be prepared as RFC 4013 says.</param>
    public static string Of(SecretText password) => Of(password, RandomNumberGenerator.GetBytes(SaltLength), Iterations);

    internal static string Of(SecretText password, byte[] salt, int iterations)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(password.RevealToRemote()), salt, iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var server = HMACSHA256.HashData(salted, "Server Key"u8);
        return string.Create(CultureInfo.InvariantCulture, $"SCRAM-SHA-256${iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(stored)}:{Convert.ToBase64String(server)}");
    }
}
