using System.Text;

namespace CredRotation.Pages.Cards;

/// <summary>Makes outside text mean only itself on a card: no mention, no link, no emphasis, no list, one line, bounded.</summary>
internal static class CardText
{
    public static string Plain(string text, int max)
    {
        var plain = new StringBuilder();
        foreach (var character in Shown.Text(text, max))
        {
            switch (character)
            {
                // Mentions and HTML. Not escaped, since Teams reads its mention tag before the Markdown.
                case '<': plain.Append('‹'); break;
                case '>': plain.Append('›'); break;

                // Links.
                case '[': plain.Append('('); break;
                case ']': plain.Append(')'); break;

                case '\\' or '*' or '_' or '~' or '`' or '#' or '|': plain.Append('\\').Append(character); break;
                default: plain.Append(character); break;
            }
        }

        // A client makes a bare address clickable; this one stays readable and dead. Our own link is the button.
        plain.Replace("://", ":// ");
        if (plain.Length > 0 && plain[0] is '-' or '+') plain.Insert(0, '\\');
        // A number in front would begin a list.
        var digits = 0;
        while (digits < plain.Length && char.IsAsciiDigit(plain[digits])) digits++;
        if (digits > 0 && digits < plain.Length && plain[digits] is '.' or ')') plain.Insert(digits, '\\');
        return plain.ToString();
    }
}
