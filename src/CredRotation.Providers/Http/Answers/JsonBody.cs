using System.Text;
using System.Text.Json;

namespace CredRotation.Providers.Http.Answers;

/// <summary>A remote's JSON, read so that hostile content (lone surrogates, bad UTF-8, doubled names) is only ever "not there".</summary>
internal sealed class JsonBody : IDisposable
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };
    private readonly JsonDocument? _document;
    private readonly JsonElement _root;

    private JsonBody(JsonDocument? document, JsonElement root) => (_document, _root) = (document, root);

    /// <summary>Null when the bytes are not one JSON document. A byte order mark is no part of it: RFC 8259, section 8.1, lets a reader ignore it, and Authorize.Net sends one.</summary>
    public static JsonBody? Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var document = JsonDocument.Parse(bytes.Span.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes, Strict);
            return new JsonBody(document, document.RootElement);
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Null when there is nothing at that place, or a JSON null.</summary>
    public JsonElement? Find(JsonPointer pointer)
    {
        try
        {
            return pointer.Find(_root) is { ValueKind: not JsonValueKind.Null } found ? found : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Null when the place holds no text.</summary>
    public string? Text(JsonPointer pointer)
    {
        try
        {
            return Find(pointer) is { ValueKind: JsonValueKind.String } found ? found.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public decimal? Number(JsonPointer pointer)
        => Find(pointer) is { ValueKind: JsonValueKind.Number } found && found.TryGetDecimal(out var number) ? number : null;

    /// <summary>Text as it is, a number as its digits; null for anything else.</summary>
    public string? Scalar(JsonPointer pointer)
        => Text(pointer) ?? (Find(pointer) is { ValueKind: JsonValueKind.Number } number ? number.GetRawText() : null);

    /// <summary>The entries of a list, each read like a body; usable while this one is. Null when the place holds no list.</summary>
    public IReadOnlyList<JsonBody>? Items(JsonPointer pointer)
        => Find(pointer) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(item => new JsonBody(null, item))] : null;

    public void Dispose() => _document?.Dispose();
}
