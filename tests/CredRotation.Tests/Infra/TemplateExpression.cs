namespace CredRotation.Tests.Infra;

/// <summary>Reads the members of an object that a template puts together at run time.</summary>
internal static class TemplateExpression
{
    /// <summary>Names, with their values where those are plain text; null where they follow only at run time.</summary>
    public static IEnumerable<(string Name, string? Text)> MembersOf(string expression)
    {
        var text = expression.Trim();
        if (text is ['[', .. var inner, ']']) text = inner;
        var open = text.IndexOf('(', StringComparison.Ordinal);
        if (open < 0) throw new FormatException($"Not an object: {text}");

        var arguments = Split(text[(open + 1)..text.LastIndexOf(')')]);
        return text[..open] switch
        {
            "union" => arguments.SelectMany(MembersOf),
            "if" => arguments.Skip(1).SelectMany(MembersOf),
            "createObject" => arguments.Chunk(2).Select(member => (Text(member[0]) ?? throw new FormatException($"Not a name: {member[0]}"), Text(member[1]))),
            _ => throw new FormatException($"Not an object: {text}"),
        };
    }

    private static string? Text(string literal) => literal is ['\'', .. var bare, '\''] ? bare : null;

    private static List<string> Split(string arguments)
    {
        List<string> parts = [];
        var (depth, isQuoted, from) = (0, false, 0);
        for (var at = 0; at < arguments.Length; at++)
        {
            switch (arguments[at])
            {
                case '\'': isQuoted = !isQuoted; break;
                case '(' or '[' when !isQuoted: depth++; break;
                case ')' or ']' when !isQuoted: depth--; break;
                case ',' when !isQuoted && depth == 0:
                    parts.Add(arguments[from..at].Trim());
                    from = at + 1;
                    break;
            }
        }

        if (arguments.Trim().Length > 0) parts.Add(arguments[from..].Trim());
        return parts;
    }
}
