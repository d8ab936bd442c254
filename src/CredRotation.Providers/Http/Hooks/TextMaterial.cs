using System.Security.Cryptography;
using CredRotation.Engine;
using CredRotation.Providers.Http.Document;

namespace CredRotation.Providers.Http.Hooks;

/// <summary>A random value of exactly the characters that a vendor takes, with at least one of each set.</summary>
internal static class TextMaterial
{
    public static SecretText Make(Material material)
    {
        var all = string.Concat(material.Sets);
        var characters = new char[material.Length];
        for (var at = 0; at < characters.Length; at++)
        {
            var set = at < material.Sets.Count ? material.Sets[at] : all;
            characters[at] = set[RandomNumberGenerator.GetInt32(set.Length)];
        }

        RandomNumberGenerator.Shuffle(characters.AsSpan());
        return new SecretText(new string(characters));
    }
}
