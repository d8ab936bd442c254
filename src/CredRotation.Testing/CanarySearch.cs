using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>
/// Looks for secret values in everything that was written or shown, in every encoding a value may travel in: as it is, UTF-16, base64 at each
/// of its three alignments, hex, URL, HTML and JSON escapes, and reversed.
/// </summary>
public sealed class CanarySearch
{
    private readonly List<(string Label, byte[] Pattern)> _patterns = [];

    /// <summary>How many different values are looked for.</summary>
    public int KeysSearched { get; private set; }

    public long BytesSearched { get; private set; }

    /// <summary>Where a value was found: which one, and in what. Never the value.</summary>
    public List<string> Hits { get; } = [];

    public void Add(string label, SecretText secret)
    {
        KeysSearched++;
        foreach (var encoded in Encodings(secret.RevealToRemote())) _patterns.Add((label, Encoding.UTF8.GetBytes(encoded)));
        _patterns.Add((label, Encoding.Unicode.GetBytes(secret.RevealToRemote())));
    }

    public void Search(string where, string text) => Search(where, Encoding.UTF8.GetBytes(text));

    public void Search(string where, ReadOnlySpan<byte> bytes)
    {
        BytesSearched += bytes.Length;
        foreach (var (label, pattern) in _patterns)
        {
            if (bytes.IndexOf(pattern) >= 0) Hits.Add($"{label} in {where}");
        }
    }

    private static IEnumerable<string> Encodings(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        yield return value;
        yield return new string([.. value.Reverse()]);
        yield return Convert.ToHexString(bytes);
        yield return Convert.ToHexStringLower(bytes);
        yield return Uri.EscapeDataString(value);
        yield return HtmlEncoder.Default.Encode(value);
        yield return JavaScriptEncoder.Default.Encode(value);
        yield return JsonSerializer.Serialize(value)[1..^1];
        for (var shift = 0; shift < 3; shift++)
        {
            // Inside a longer text a value may begin at any of three places of a base64 group; only its whole groups are the same each time.
            var whole = bytes[shift..];
            var base64 = Convert.ToBase64String(whole.AsSpan(0, whole.Length / 3 * 3));
            yield return base64;
            yield return base64.Replace('+', '-').Replace('/', '_');
        }
    }
}
