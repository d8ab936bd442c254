using System.Globalization;
using System.Text.Json;

namespace CredRotation.Providers.Http.Answers;

/// <summary>
/// An RFC 6901 JSON Pointer: names at most one place in a document. The empty text is the whole document; <c>~1</c> is a slash and
/// <c>~0</c> a tilde within a name; array places are decimal without leading zeros, and <c>-</c> names nothing.
/// </summary>
internal sealed class JsonPointer
{
    private const int LengthMax = 500;
    private readonly string[] _names;

    private JsonPointer(string text, string[] names) => (Text, _names) = (text, names);

    public string Text { get; }

    /// <summary>Null when the text is no pointer.</summary>
    public static JsonPointer? Parse(string text)
    {
        if (text.Length > LengthMax || (text.Length > 0 && text[0] != '/')) return null;

        for (var at = text.IndexOf('~', StringComparison.Ordinal); at >= 0; at = text.IndexOf('~', at + 1))
            if (at + 1 == text.Length || text[at + 1] is not ('0' or '1')) return null;

        // "~1" first, or "~01" would become a slash.
        var names = text.Split('/').Skip(1)
            .Select(name => name.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
        return new JsonPointer(text, [.. names]);
    }

    /// <summary>The pointer to a member or item below another pointer.</summary>
    public static string Below(string pointer, string name)
        => $"{pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    public JsonElement? Find(JsonElement root)
    {
        var place = root;
        foreach (var name in _names)
        {
            if (Step(place, name) is not { } next) return null;
            place = next;
        }

        return place;
    }

    public override string ToString() => Text;

    private static JsonElement? Step(JsonElement place, string name) => place.ValueKind switch
    {
        JsonValueKind.Object => place.TryGetProperty(name, out var member) ? member : null,
        JsonValueKind.Array => Index(name) is { } index && index < place.GetArrayLength() ? place[index] : null,
        _ => null,
    };

    private static int? Index(string name)
        => (name == "0" || (name.Length > 0 && name[0] is >= '1' and <= '9'))
            && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;
}
