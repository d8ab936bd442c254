using System.Text.Json;
using System.Text.RegularExpressions;

namespace CredRotation.Functions.Settings;

/// <summary>An example of every setting there is: the file that is shipped as <c>local.settings.sample.json</c>.</summary>
internal static class SettingSamples
{
    private static readonly Lazy<IReadOnlyList<(string Path, string Value)>> s_all = new(Read);

    /// <summary>An example of a setting's value; null where the sample has none or leaves it empty. Names that people choose may differ.</summary>
    /// <param name="pattern">Its path, with <c>*</c> where people choose a name or a place in a list.</param>
    public static string? Of(string pattern)
    {
        var regex = $"^{Regex.Escape(pattern).Replace(@"\*", "[^:]+", StringComparison.Ordinal)}$";
        return s_all.Value.Where(sample => sample.Value.Length > 0 && Regex.IsMatch(sample.Path, regex, RegexOptions.IgnoreCase)).Select(sample => sample.Value).FirstOrDefault();
    }

    private static List<(string Path, string Value)> Read()
    {
        using var file = typeof(SettingSamples).Assembly.GetManifestResourceStream("local.settings.sample.json")
            ?? throw new InvalidOperationException("The sample of settings is not in the assembly.");
        using var document = JsonDocument.Parse(file);
        return [.. document.RootElement.GetProperty("Values").EnumerateObject().Select(value => (value.Name.Replace("__", ":", StringComparison.Ordinal), value.Value.GetString() ?? ""))];
    }
}
