using System.Globalization;
using Microsoft.VisualBasic.FileIO;

namespace CredRotation.Functions;

/// <summary>One line of a sheet: its members, or why it has none.</summary>
/// <param name="Number">Counted from 1, the header being the first.</param>
public sealed record SheetLine(long Number, IReadOnlyDictionary<string, string> Members, string? Trouble);

/// <summary>A CSV sheet with a header (RFC 4180), read by the framework's own parser.</summary>
public static class AdoptionSheet
{
    /// <summary>Each line asks vault, provider and directory in turn, and one call must end before the platform gives it up (230 s on Azure).</summary>
    public const int LinesMax = 50;

    /// <summary>One of the two is null.</summary>
    public static (IReadOnlyList<SheetLine>? Lines, string? Trouble) Read(string csv)
    {
        using var parser = new TextFieldParser(new StringReader(csv)) { TextFieldType = FieldType.Delimited, HasFieldsEnclosedInQuotes = true, TrimWhiteSpace = true };
        parser.SetDelimiters(",");
        try
        {
            if (parser.ReadFields() is not { } header) return (null, "The sheet is empty.");
            header[0] = header[0].TrimStart('\uFEFF');
            var unknown = header.FirstOrDefault(name => !AdoptionReader.Columns.Contains(name));
            if (unknown is not null) return (null, $"The header has a column that is none of {string.Join(", ", AdoptionReader.Columns)}.");
            if (AdoptionReader.Columns.Take(5).FirstOrDefault(name => !header.Contains(name)) is { } missing) return (null, $"The header has no column {missing}.");
            if (header.Distinct(StringComparer.Ordinal).Count() != header.Length) return (null, "The header names a column twice.");

            var lines = new List<SheetLine>();
            while (!parser.EndOfData)
            {
                if (lines.Count == LinesMax) return (null, string.Create(CultureInfo.InvariantCulture, $"The sheet has more than {LinesMax} lines. Send it in parts."));

                var number = parser.LineNumber;
                if (parser.ReadFields() is not { } fields) break;
                lines.Add(fields.Length == header.Length
                    ? new SheetLine(number, header.Zip(fields).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal), null)
                    : new SheetLine(number, new Dictionary<string, string>(), string.Create(CultureInfo.InvariantCulture, $"It has {fields.Length} fields and the header {header.Length}.")));
            }

            return lines.Count > 0 ? (lines, null) : (null, "The sheet has a header and no line below it.");
        }
        catch (MalformedLineException malformed)
        {
            // Its message may quote the line.
            return (null, string.Create(CultureInfo.InvariantCulture, $"Line {malformed.LineNumber} cannot be read: quotation marks do not match."));
        }
    }
}
