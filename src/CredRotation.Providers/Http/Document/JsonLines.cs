using System.Globalization;
using System.Text;
using System.Text.Json;
using CredRotation.Providers.Http.Answers;

namespace CredRotation.Providers.Http.Document;

/// <summary>Finds the line that a JSON Pointer leads to, for people who have the file before them.</summary>
internal static class JsonLines
{
    /// <summary>From 1; null when there is no such place, or the text is no JSON.</summary>
    public static int? Find(string text, string pointer)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var open = new Stack<(string Place, bool IsList, int Next)>();
        var place = "";
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName)
                {
                    place = JsonPointer.Below(open.Peek().Place, reader.GetString()!);
                    continue;
                }

                if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                {
                    open.Pop();
                    continue;
                }

                if (open.TryPeek(out var list) && list.IsList)
                {
                    open.Pop();
                    open.Push(list with { Next = list.Next + 1 });
                    place = $"{list.Place}/{list.Next.ToString(CultureInfo.InvariantCulture)}";
                }

                if (place == pointer) return 1 + bytes.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n');
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) open.Push((place, reader.TokenType is JsonTokenType.StartArray, 0));
            }
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }

        return null;
    }
}
