using System.Globalization;
using CredRotation.Providers.Http.Requests;

namespace CredRotation.Providers.Http.Document;

/// <summary>What kind of value an account gives for a parameter.</summary>
internal enum ParameterType { String, Uri, Integer, Duration }

/// <summary>A setting that a vendor file asks of every account; one with a default may be left out.</summary>
internal sealed record ParameterDeclaration(ParameterType Type, string? Default)
{
    private const int LengthMax = 200;

    /// <summary>What a value must look like, for people; null when this one does.</summary>
    public string? Fault(string value) => Type switch
    {
        ParameterType.Uri => BaseAddress.Parse(value) is null ? "an address with host and path, without user, query or fragment" : null,
        ParameterType.Integer => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number.ToString(CultureInfo.InvariantCulture) == value ? null : "a whole number",
        ParameterType.Duration => Duration.Parse(value) is null ? Duration.Shape : null,
        _ => value.Length is > 0 and <= LengthMax && !value.Any(char.IsControl) && value is not ("." or "..")
            ? null
            : "a text of 1 to 200 characters without control characters",
    };
}
