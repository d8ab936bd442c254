using System.Globalization;
using System.Text;
using System.Text.Json;
using CredRotation.Engine;

namespace CredRotation.Adapters.EventGrid;

/// <summary>
/// Reads a delivery of either schema, alone or in an array. It never throws: what it cannot read comes back as a problem, because an
/// exception would only make Event Grid deliver the same again. Members are matched trimmed and in any case, as deliveries vary.
/// </summary>
public static class KeyVaultEvents
{
    /// <summary>Characters of one delivery.</summary>
    public const int TextMax = 1024 * 1024;

    /// <summary>Events of one delivery.</summary>
    public const int EventsMax = 5000;

    private const string OurTypes = "Microsoft.KeyVault.";
    private const int NameMax = 127;
    private const long LastSecond = 253_402_300_799;

    public static IReadOnlyList<KeyVaultEvent> Parse(string raw)
    {
        if (string.IsNullOrWhiteSpace(raw)) return [Useless("The delivery is empty.")];
        if (raw.Length > TextMax) return [Useless("The delivery is longer than 1 MB.", EventProblemKind.TooLarge)];
        try
        {
            using var document = JsonDocument.Parse(raw.AsMemory().TrimStart('\uFEFF'));
            return document.RootElement.ValueKind is JsonValueKind.Array ? ReadAll(document.RootElement) : [ReadOne(document.RootElement)];
        }
        catch (Exception unreadable) when (unreadable is JsonException or ArgumentException)
        {
            return [Useless("The delivery is not JSON.")];
        }
    }

    /// <summary>Reads a queue's message: the delivery as it is or in base64, as writers and hosts disagree about the encoding.</summary>
    public static IReadOnlyList<KeyVaultEvent> ParseMessage(string raw)
        => raw is null || raw.Length > TextMax ? Parse(raw!) : Parse(Decoded(raw) ?? raw);

    /// <summary>Null when it is no base64. JSON never is: it begins with a bracket.</summary>
    private static string? Decoded(string raw)
    {
        var bytes = new byte[raw.Length];
        return Convert.TryFromBase64String(raw, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }

    private static List<KeyVaultEvent> ReadAll(JsonElement list)
    {
        var events = list.EnumerateArray().Take(EventsMax).Select(ReadOne).ToList();
        if (list.GetArrayLength() > EventsMax) events.Add(Useless(string.Create(CultureInfo.InvariantCulture, $"The delivery holds more than {EventsMax} events; the rest was not read."), EventProblemKind.TooLarge));
        return events;
    }

    private static KeyVaultEvent ReadOne(JsonElement item)
    {
        try
        {
            return Read(item);
        }
        catch (InvalidOperationException)
        {
            // Text that is valid JSON and still no text, such as half a surrogate pair.
            return Useless("The event holds text that cannot be read.");
        }
    }

    private static KeyVaultEvent Read(JsonElement item)
    {
        // Event Grid's own schema says eventType, a CloudEvent says type.
        var type = (Text(item, "eventType") ?? Text(item, "type"))?.Trim();
        if (type is null or { Length: 0 or > NameMax }) return Useless("The event names no type.");
        if (!type.StartsWith(OurTypes, StringComparison.OrdinalIgnoreCase) || !type.All(c => char.IsAsciiLetterOrDigit(c) || c == '.')) return Useless("The event is none of Key Vault's.", EventProblemKind.UnknownType);

        var data = Member(item, "data");
        var (objectType, objectName) = (Bounded(Text(data, "objectType")), Bounded(Text(data, "objectName")));
        var expiresOn = Time(Member(data, "exp"));
        var isSecret = type.AsSpan(OurTypes.Length).StartsWith("Secret", StringComparison.OrdinalIgnoreCase);
        if (!isSecret) return new KeyVaultEvent(type, objectType, objectName, null, Bounded(Text(data, "version")), expiresOn);

        var id = Text(data, "id")?.Trim();
        return SecretName.TryParse(id, out var secret)
            ? new KeyVaultEvent(type, objectType, objectName, secret, VersionIn(id!) ?? Bounded(Text(data, "version")), expiresOn)
            : new KeyVaultEvent(type, objectType, objectName, null, null, expiresOn, new(EventProblemKind.Unreadable, "The event is about a secret and names none that can be: its data.Id is not a Key Vault secret's address."));
    }

    // The address is the vault's own word; the member beside it was seen misspelt.
    private static string? VersionIn(string id)
        => new Uri(id).Segments is [_, _, _, var version] ? Bounded(version.TrimEnd('/')) : null;

    private static DateTimeOffset? Time(JsonElement? value)
    {
        var seconds = value switch
        {
            { ValueKind: JsonValueKind.Number } number => number.TryGetInt64(out var whole) ? whole : number.TryGetDouble(out var real) ? real : null,
            { ValueKind: JsonValueKind.String } text => double.TryParse(text.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real : null,
            _ => (double?)null,
        };
        return seconds is > 0 and <= LastSecond ? DateTimeOffset.FromUnixTimeSeconds((long)seconds) : null;
    }

    private static string? Text(JsonElement? parent, string name) => Member(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement? Member(JsonElement? parent, string name)
    {
        if (parent is not { ValueKind: JsonValueKind.Object } found) return null;
        foreach (var member in found.EnumerateObject())
            if (member.Name.AsSpan().Trim().Equals(name, StringComparison.OrdinalIgnoreCase)) return member.Value;
        return null;
    }

    private static string? Bounded(string? text)
    {
        var trimmed = text?.Trim();
        return trimmed is not { Length: > 0 } ? null : trimmed.Length <= NameMax ? trimmed : trimmed[..NameMax];
    }

    private static KeyVaultEvent Useless(string problem, EventProblemKind kind = EventProblemKind.Unreadable) => new("", null, null, null, null, null, new(kind, problem));
}
