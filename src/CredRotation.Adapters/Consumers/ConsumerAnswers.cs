using System.Globalization;
using System.Text;
using System.Text.Json;
using CredRotation.Engine;

namespace CredRotation.Adapters.Consumers;

/// <summary>What a consumer or its platform answered, read within bounds, and the words for what it did not.</summary>
internal static class ConsumerAnswers
{
    /// <summary>Null when the answer is longer than any honest one.</summary>
    public static async Task<byte[]?> ReadBoundedAsync(HttpResponseMessage response, int bytesMax, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[bytesMax + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > bytesMax ? null : buffer[..length];
    }

    public static bool IsPrintable(string? text)
        => text is { Length: > 0 and <= ConsumerProgress.InstanceLengthMax } && !text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or
            UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    /// <summary>A word that a remote wrote, where it is one of the plain ones that may be shown.</summary>
    public static string Plain(string? text) => text is { Length: > 0 and <= 80 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? text : "something else";

    /// <summary>A member's text; null where it is none.</summary>
    public static string? Text(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind is not JsonValueKind.Object || !element.TryGetProperty(name, out var inner)) return null;
            element = inner;
        }

        return element.ValueKind is JsonValueKind.String ? element.GetString() : null;
    }

    // Nothing of what a remote wrote gets into the detail.
    public static string Describe(Exception exception) => exception switch
    {
        _ when exception is OperationCanceledException || RemoteClients.RanOutOfTime(exception) => "It did not answer in time.",
        _ when RemoteClients.WasNotSent(exception) => "It failed too often and is left alone for some seconds; it is signalled again after that.",
        HttpRequestException http => $"It could not be reached ({http.HttpRequestError}).",
        Azure.Identity.AuthenticationFailedException => "There was no token for its audience. Check the audience in the consumer's settings and the app's identity.",
        JsonException or InvalidOperationException => "It answered with something that is not the JSON we know.",
        _ => $"It could not be signalled ({exception.GetType().Name}).",
    };
}
