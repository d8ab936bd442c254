using System.Globalization;
using System.Text.RegularExpressions;

namespace CredRotation.Providers.Http.Document;

/// <summary>A span of time as files and accounts write it: ISO 8601 without years and months (<c>PT24H</c>), or <c>1.00:00:00</c> as in the app's other settings.</summary>
internal static partial class Duration
{
    public const string Shape = "a duration such as PT15M or 00:15:00, at most 3650 days";
    public const int DaysMax = 3650;
    private static readonly TimeSpan Most = TimeSpan.FromDays(DaysMax);

    /// <summary>Null when it is none.</summary>
    public static TimeSpan? Parse(string text)
    {
        TimeSpan? span = text.Length > 40 ? null
            : Iso().Match(text) is { Success: true } iso ? Sum(iso)
            : TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var plain) && text.Contains(':', StringComparison.Ordinal) ? plain
            : null;
        return span is { } some && some >= TimeSpan.Zero && some <= Most ? some : null;
    }

    private static TimeSpan? Sum(Match iso)
    {
        var seconds = Part(iso, "d") * 86_400 + Part(iso, "h") * 3_600 + Part(iso, "m") * 60 + Part(iso, "s");
        return seconds <= Most.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static double Part(Match iso, string name)
        => iso.Groups[name] is { Success: true } part ? double.Parse(part.ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\AP(?=\d|T\d)(?:(?<d>\d{1,6})D)?(?:T(?=\d)(?:(?<h>\d{1,7})H)?(?:(?<m>\d{1,8})M)?(?:(?<s>\d{1,9}(?:\.\d{1,3})?)S)?)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Iso();
}
