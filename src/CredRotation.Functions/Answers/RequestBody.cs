using System.Text.Json;
using CredRotation.Engine;
using CredRotation.Functions.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace CredRotation.Functions.Answers;

/// <summary>Reads a body of string members and refuses everything that the call's row does not list.</summary>
internal static class RequestBody
{
    private const int BytesMax = 64 * 1024;
    private const int ValueMax = 2_000;
    private const int WideMax = 48 * 1024;

    public static bool IsForm(HttpRequest request) => MediaType(request) == "application/x-www-form-urlencoded";

    /// <summary>The members, the sealed one apart from them, or the problem with them.</summary>
    public static async Task<(IReadOnlyDictionary<string, string> Members, SecretText? Sealed, Problem? Problem)> ReadAsync(HttpRequest request, AuthorizationRow row, CancellationToken cancellationToken)
    {
        var members = new Dictionary<string, string>(StringComparer.Ordinal);
        var isForm = IsForm(request);
        if (isForm ? !row.HasForm : MediaType(request) != "application/json") return (members, null, new Problem(415, "Not understood", "This call takes application/json.", "Nothing was changed.", "Send a JSON object."));

        var bytes = await ReadBytesAsync(request, cancellationToken);
        if (bytes is null) return (members, null, new Problem(413, "Too large", "A body has at most 64 KB.", "Nothing was changed.", "Send less."));

        var problem = isForm ? ReadForm(bytes, members) : ReadJson(bytes, members);
        var sealedText = row.Sealed is { } secret && members.Remove(secret, out var value) && value.Length > 0 ? new SecretText(value) : null;
        if (row.Sealed is not null && sealedText is null) problem ??= $"Member '{row.Sealed}' is missing.";
        problem ??= members.Keys.Except(row.Required).Except(row.Optional).Select(name => $"Unknown member '{Shown(name)}'. Members: {string.Join(", ", row.Required.Concat(row.Optional).Concat(row.Sealed is null ? [] : [row.Sealed]))}.").FirstOrDefault();
        problem ??= row.Required.Where(name => !members.TryGetValue(name, out var given) || given.Length == 0).Select(name => $"Member '{name}' is missing.").FirstOrDefault();
        problem ??= members.Where(member => member.Value.Length > MaxOf(row, member.Key)).Select(member => $"Member '{member.Key}' is longer than {MaxOf(row, member.Key)} characters.").FirstOrDefault();
        return (members, sealedText, problem is null ? null : Problem.BadRequest(problem));
    }

    private static int MaxOf(AuthorizationRow row, string name) => name == row.Wide ? WideMax : ValueMax;

    private static async Task<byte[]?> ReadBytesAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > BytesMax) return null;

        var buffer = new byte[BytesMax + 1];
        var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > BytesMax ? null : buffer[..length];
    }

    private static string? ReadForm(byte[] bytes, Dictionary<string, string> members)
    {
        foreach (var (name, values) in QueryHelpers.ParseQuery(System.Text.Encoding.UTF8.GetString(bytes)))
        {
            if (values is not [{ } value]) return $"Member '{Shown(name)}' stands there more than once.";
            members.Add(name, value);
        }

        return null;
    }

    private static string? ReadJson(byte[] bytes, Dictionary<string, string> members)
    {
        try
        {
            using var body = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 4 });
            if (body.RootElement.ValueKind != JsonValueKind.Object) return "The body is no JSON object.";

            foreach (var member in body.RootElement.EnumerateObject())
            {
                // Absent members are null in our own answers, so null reads as absent.
                if (member.Value.ValueKind == JsonValueKind.Null) continue;
                if (member.Value.ValueKind != JsonValueKind.String) return $"Member '{Shown(member.Name)}' is no string.";
                if (!members.TryAdd(member.Name, member.Value.GetString()!)) return $"Member '{Shown(member.Name)}' stands there more than once.";
            }

            return null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // The parser's own message may quote the body.
            return "The body is no readable JSON.";
        }
    }

    private static string? MediaType(HttpRequest request) => request.ContentType?.Split(';')[0].Trim().ToLowerInvariant();

    private static string Shown(string name) => new([.. name.Take(40).Select(c => char.IsAsciiLetterOrDigit(c) ? c : '?')]);
}
