namespace CredRotation.Adapters.Graph;

/// <summary>Says whether a text can stand as the one address of a person, a group or a sender.</summary>
internal static class MailAddressText
{
    private const int LengthMax = 254;

    public static bool IsUsable(string? text)
        => text is { Length: > 2 and <= LengthMax }
            && text.IndexOf('@') is var at && at > 0 && at == text.LastIndexOf('@') && at < text.Length - 1
            && !text.Any(character => char.IsWhiteSpace(character) || char.IsControl(character) || character is '<' or '>' or ',' or ';' or '"');
}
