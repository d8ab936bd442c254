using System.Globalization;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Requests;

namespace CredRotation.Providers.Http.Document;

/// <summary>What kind of value an account gives for a parameter.</summary>
internal enum ParameterType { String, Uri, Integer, Duration, List, Json }

/// <summary>A setting that a vendor file asks of every account; one with a default may be left out.</summary>
internal sealed record ParameterDeclaration(ParameterType Type, string? Default)
{
    private const int LengthMax = 200;
    private const int ItemsMax = 50;
    private const int JsonLengthMax = 10_000;

    /// <summary>What a value must look like, for people; null when this one does.</summary>
    public string? Fault(string value) => Type switch
    {
        ParameterType.Uri => BaseAddress.Parse(value) is null ? "an address with host and path, without user, query or fragment" : null,
        ParameterType.Integer => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number.ToString(CultureInfo.InvariantCulture) == value ? null : "a whole number",
        ParameterType.Duration => Duration.Parse(value) is null ? Duration.Shape : null,
        ParameterType.List => Items(value) is { Count: > 0 and <= ItemsMax } items && items.All(IsPlain) && items.Distinct(StringComparer.Ordinal).Count() == items.Count
            ? null
            : "1 to 50 different texts of 1 to 200 characters without control characters, with a semicolon between two",
        ParameterType.Json => value.Length <= JsonLengthMax && IsJson(value) ? null : $"JSON of at most {JsonLengthMax} characters",
        _ => IsPlain(value) && value is not ("." or "..") ? null : "a text of 1 to 200 characters without control characters",
    };

    /// <summary>The texts of a list, in order.</summary>
    public static IReadOnlyList<string> Items(string value) => value.Split(';', StringSplitOptions.TrimEntries);

    private static bool IsJson(string text)
    {
        using var body = JsonBody.Read(System.Text.Encoding.UTF8.GetBytes(text));
        return body is not null;
    }

    // A lone surrogate would be sent as another character.
    private static bool IsPlain(string text) => text.Length is > 0 and <= LengthMax && !text.Any(char.IsControl) && text.EnumerateRunes().All(rune => rune != System.Text.Rune.ReplacementChar);
}
