using System.Globalization;

namespace CredRotation.Pages;

/// <summary>How outside text and times look to people: bounded, on one line, without characters that reorder or hide others.</summary>
public static class Shown
{
    public const int NameMax = 130;

    public const int TextMax = 600;

    public static string Name(string? text) => Text(text, NameMax);

    public static string Text(string? text, int max = TextMax)
    {
        var plain = string.Concat((text ?? "").Take(max * 2).Select(c => char.IsWhiteSpace(c) || char.IsControl(c) ? ' ' : c).Where(c => char.GetUnicodeCategory(c) is not UnicodeCategory.Format));
        if (plain.Length <= max) return plain.Trim();

        // Never half of a surrogate pair.
        var end = char.IsHighSurrogate(plain[max - 1]) ? max - 1 : max;
        return $"{plain[..end].Trim()}…";
    }

    public static string Time(DateTimeOffset on) => on.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>The same moment in another zone, with its date where that differs; null where the zone is UTC, or this host does not know it.</summary>
    public static string? TimeIn(DateTimeOffset on, string zone)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) || found.BaseUtcOffset == TimeSpan.Zero && !found.SupportsDaylightSavingTime) return null;
        var local = TimeZoneInfo.ConvertTime(on, found);
        return $"{local.ToString(local.Date == on.UtcDateTime.Date ? "HH:mm" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} {Text(zone, 60)}";
    }

    public static string Machine(DateTimeOffset on) => on.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>How far away, coarse: a person wants the size, the time stands beside it.</summary>
    public static string Distance(DateTimeOffset on, DateTimeOffset now)
    {
        var span = (on - now).Duration();
        var size = span switch
        {
            { TotalDays: >= 2 } => $"{span.TotalDays:0} days",
            { TotalHours: >= 2 } => $"{span.TotalHours:0} hours",
            { TotalMinutes: >= 2 } => $"{span.TotalMinutes:0} minutes",
            _ => "a moment",
        };
        return on >= now ? $"in {size}" : $"{size} ago";
    }
}
