using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace CredRotation.Functions.Settings;

/// <summary>
/// Compares a section of the settings with the options it is read into: a name that does not exist is said, as it would otherwise be
/// ignored in silence, and so is a value of another kind, at which the binder would stop at the first. Values are never repeated: some
/// are secrets.
/// </summary>
internal static class SettingsShape
{
    /// <summary>How far a name may be from another to be taken for a slip of it.</summary>
    private const int SlipMax = 3;

    public static IEnumerable<string> Faults(IConfiguration configuration, string section, Type options)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return Of(configuration.GetSection(section), options, section);
    }

    private static IEnumerable<string> Of(IConfigurationSection section, Type type, string pattern)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (ItemOf(type, typeof(IReadOnlyDictionary<,>), 1) is { } value) return section.GetChildren().SelectMany(child => Of(child, value, $"{pattern}:*"));
        if (type != typeof(string) && ItemOf(type, typeof(IReadOnlyList<>), 0) is { } item) return Items(section, item, pattern);
        if (IsGroup(type)) return Members(section, type, pattern);
        if (section.GetChildren().Any()) return [$"{section.Path} is one value and not a group of settings{Example(pattern)}."];
        return section.Value is { Length: > 0 } text && !IsReadable(text, type) ? [$"{section.Path} must be {Kind(type)}{Example(pattern)}."] : [];
    }

    private static IEnumerable<string> Items(IConfigurationSection section, Type item, string pattern)
        => section.Value is { Length: > 0 }
            ? [$"{section.Path} is a list: number its items, {section.Path}:0 for the first{Example($"{pattern}:*")}."]
            : section.GetChildren().SelectMany(child => int.TryParse(child.Key, out _)
                ? Of(child, item, $"{pattern}:*")
                : [$"{child.Path} is no setting: {section.Path} is a list, whose items are numbered, {section.Path}:0 for the first."]);

    private static IEnumerable<string> Members(IConfigurationSection section, Type type, string pattern)
    {
        if (section.Value is { Length: > 0 }) return [$"{section.Path} is a group of settings and not one value."];

        var members = type.GetProperties(BindingFlags.Public | BindingFlags.Instance);
        return section.GetChildren().SelectMany(child => members.FirstOrDefault(member => member.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)) is { } member
            ? Of(child, member.PropertyType, $"{pattern}:{member.Name}")
            : [Unknown(child, section.Path, members.Select(member => member.Name))]);
    }

    private static string Unknown(IConfigurationSection child, string parent, IEnumerable<string> known)
    {
        var names = known.ToList();
        var near = names.Select(name => (Name: name, Slips: Distance(name.ToUpperInvariant(), child.Key.ToUpperInvariant()))).MinBy(name => name.Slips);
        var meant = near.Slips <= SlipMax ? $"Did you mean {parent}:{near.Name}?" : $"{parent} has {string.Join(", ", names)}.";
        return $"{child.Path} is no setting. {meant}";
    }

    private static bool IsGroup(Type type) => type is { IsClass: true } && type != typeof(string) && type != typeof(Uri);

    private static Type? ItemOf(Type type, Type generic, int argument) => type.IsGenericType && type.GetGenericTypeDefinition() == generic ? type.GenericTypeArguments[argument] : null;

    private static bool IsReadable(string text, Type type)
    {
        if (type == typeof(string)) return true;
        // A number is not refused by the converter of an enum, although it names nothing.
        if (type.IsEnum) return Enum.GetNames(type).Contains(text.Trim(), StringComparer.OrdinalIgnoreCase);
        if (type == typeof(Uri)) return Uri.TryCreate(text, UriKind.Absolute, out _);
        try
        {
            return TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text) is not null;
        }
        catch (Exception unreadable) when (unreadable is FormatException or ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    private static string Kind(Type type)
        => type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
            : type == typeof(TimeSpan) ? "a duration, [days.]hours:minutes:seconds"
            : type == typeof(bool) ? "true or false"
            : type == typeof(Uri) ? "a whole address"
            : type == typeof(double) ? "a number"
            : "a whole number";

    private static string Example(string pattern) => SettingSamples.Of(pattern) is { } example ? $", for example {example}" : "";

    /// <summary>How many letters were added, left out or changed.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            (var diagonal, row[0]) = (row[0], i);
            for (var j = 1; j <= other.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
