using System.Text.RegularExpressions;

namespace CredRotation.Providers.AzureKeys;

/// <summary>A resource's id as a tag names it, which nobody vouches for: of one expected type, of plain characters, and nothing that could lead a call elsewhere.</summary>
internal static partial class ArmResourceId
{
    public const string Shape = "/subscriptions/{id}/resourceGroups/{group}/providers/{type and names}";

    private const int LengthMax = 800;

    /// <summary>The id in the table's spelling of types, ready to be the path of a call; null when it is none of these types.</summary>
    public static string? Parse(string? text, IReadOnlyList<string> types)
    {
        if (text is not { Length: > 0 and <= LengthMax } || !text.StartsWith('/') || text.EndsWith('/')) return null;
        string[] parts = text[1..].Split('/');
        if (parts is not [var subscriptions, var subscription, var groups, var group, var providers, .. var rest]) return null;
        if (!Is(subscriptions, "subscriptions") || !Guid.TryParseExact(subscription, "D", out _) || !Is(groups, "resourceGroups") || !Is(providers, "providers") || !IsName(group)) return null;
        return types.Select(type => Under(type.Split('/'), rest)).FirstOrDefault(path => path is not null) is { } found
            ? $"/subscriptions/{subscription.ToLowerInvariant()}/resourceGroups/{group}/providers/{found}"
            : null;
    }

    /// <summary>The name of the resource that owns the keys, or of its outermost parent.</summary>
    public static string AccountOf(string id) => id.Split('/')[8];

    private static string? Under(string[] type, string[] rest)
    {
        // Namespace first, then types and names in turn.
        if (rest.Length != (type.Length * 2) - 1 || !Is(rest[0], type[0])) return null;
        var path = type[0];
        for (var level = 1; level < type.Length; level++)
        {
            var (kind, name) = (rest[(level * 2) - 1], rest[level * 2]);
            if (!Is(kind, type[level]) || !IsName(name)) return null;
            path = $"{path}/{type[level]}/{name}";
        }

        return path;
    }

    private static bool Is(string text, string word) => string.Equals(text, word, StringComparison.OrdinalIgnoreCase);

    private static bool IsName(string text) => Name().IsMatch(text) && !text.Contains("..", StringComparison.Ordinal) && !text.EndsWith('.');

    [GeneratedRegex(@"\A[A-Za-z0-9_(][A-Za-z0-9_.()~-]{0,259}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
