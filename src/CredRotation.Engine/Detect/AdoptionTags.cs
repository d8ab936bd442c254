using System.Security.Cryptography;
using System.Text;

namespace CredRotation.Engine.Detect;

/// <summary>Tells whether the tags that ask for an adoption are the same as before, without keeping them.</summary>
internal static class AdoptionTags
{
    /// <summary>Of every rotate- tag, in one order; other tags, and how a name is capitalised, say nothing.</summary>
    public static string HashOf(IReadOnlyDictionary<string, string> tags)
    {
        var asks = tags.Where(tag => TagReader.IsOurs(tag.Key))
            .Select(tag => $"{tag.Key.ToLowerInvariant()}={tag.Value.Trim()}\n")
            .Order(StringComparer.Ordinal);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(asks))));
    }
}
