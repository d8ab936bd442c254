using System.Buffers;

namespace CredRotation.Providers.Http.Answers;

/// <summary>
/// The only way for remote text out of here: known values are struck, the rest is bounded and made of harmless characters, so
/// that it can stand in a log, a ledger and a card.
/// </summary>
internal sealed class Redaction(IEnumerable<string> values)
{
    public const int CodeLengthMax = 100;
    public const int NameLengthMax = 200;
    private const int ShortestValue = 4;

    private static readonly SearchValues<char> HarmlessInCodes
        = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-*");

    // Longest first: a value that begins with another must go as a whole. Very short ones would strike ordinary words.
    private readonly string[] _values = [.. values
        .Where(value => value.Length >= ShortestValue)
        .SelectMany(value => new[] { value, Uri.EscapeDataString(value) })
        .Distinct(StringComparer.Ordinal)
        .OrderByDescending(value => value.Length)];

    /// <summary>A provider's code.</summary>
    public string Code(string text) => Bounded(text, CodeLengthMax, character => HarmlessInCodes.Contains(character));

    /// <summary>A name the provider gave, for people and for comparing; printable and on one line.</summary>
    public string Name(string text) => Bounded(text, NameLengthMax, character => !char.IsControl(character) && !char.IsSurrogate(character) && character is not ('\u2028' or '\u2029'));

    private string Bounded(string text, int lengthMax, Func<char, bool> isHarmless)
    {
        foreach (var value in _values) text = text.Replace(value, "***", StringComparison.OrdinalIgnoreCase);

        return string.Create(Math.Min(text.Length, lengthMax), (text, isHarmless), static (span, state) =>
        {
            for (var at = 0; at < span.Length; at++) span[at] = state.isHarmless(state.text[at]) ? state.text[at] : '_';
        });
    }
}
