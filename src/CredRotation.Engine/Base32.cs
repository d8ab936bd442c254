using System.Security.Cryptography;
using System.Text;

namespace CredRotation.Engine;

/// <summary>RFC 4648 base32 in lower case without padding, as ids use it: safe in URLs, row keys, vault names and provider markers.</summary>
public static class Base32
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>The first 20 characters (100 bits) of SHA-256 over the text.</summary>
    public static string Hash20(string text) => Encode(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..20];

    public static bool IsHash20(string? text) => text is { Length: 20 } && text.All(c => Alphabet.Contains(c, StringComparison.Ordinal));

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(((bytes.Length * 8) + 4) / 5);
        int buffer = 0, bits = 0;
        foreach (var value in bytes)
        {
            buffer = ((buffer << 8) | value) & 0xFFFF;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                text.Append(Alphabet[(buffer >> bits) & 31]);
            }
        }

        if (bits > 0) text.Append(Alphabet[(buffer << (5 - bits)) & 31]);
        return text.ToString();
    }
}
