using System.Text.Json;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;

namespace CredRotation.Adapters.KeyVault;

/// <summary>One page of a vault's list. Whatever else an item carries is not looked at.</summary>
internal sealed record VaultListPage(IReadOnlyList<VaultObject> Items, Uri? Next)
{
    private const int BytesMax = 4 * 1024 * 1024;
    private const int TagsMax = 15;
    private const int TagMax = 512;

    /// <summary>Null: this is no page of that list.</summary>
    public static VaultListPage? Read(ReadOnlyMemory<byte> body, Uri vault, VaultObjectKind kind)
    {
        if (body.Length > BytesMax) return null;
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("value", out var value)) return null;

            // An empty page may say null, and may still have a next one.
            var items = value.ValueKind == JsonValueKind.Null ? [] : value.EnumerateArray().Select(item => Item(item, vault, kind)).ToList();
            return items.Contains(null) || !TryNext(root, vault, out var next) ? null : new VaultListPage([.. items.OfType<VaultObject>()], next);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static VaultObject? Item(JsonElement item, Uri vault, VaultObjectKind kind)
    {
        var id = item.TryGetProperty(kind is VaultObjectKind.Key ? "kid" : "id", out var found) ? found.GetString() : null;
        // Secret names have the rules of all names.
        if (!Uri.TryCreate(id, UriKind.Absolute, out var uri) || uri.Segments is not [_, _, var segment, ..] || !SecretName.TryOf(vault, segment.TrimEnd('/'), out var name)) return null;

        var attributes = item.TryGetProperty("attributes", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
        return new VaultObject(
            kind,
            name!.VaultHost,
            name.Name,
            // The service always says it; an answer without it must not make a dead one look alive.
            Member(attributes, "enabled") is { ValueKind: JsonValueKind.True },
            At(attributes, "exp"),
            At(attributes, "created"),
            At(attributes, "updated"),
            Tags(item),
            Member(item, "managed") is { ValueKind: JsonValueKind.True });
    }

    private static Dictionary<string, string> Tags(JsonElement item)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Member(item, "tags") is not { ValueKind: JsonValueKind.Object } all) return tags;
        foreach (var tag in all.EnumerateObject().Take(TagsMax))
            if (tag.Name.Length <= TagMax && tag.Value.ValueKind == JsonValueKind.String && tag.Value.GetString() is { Length: <= TagMax } text) tags[tag.Name] = text;
        return tags;
    }

    private static DateTimeOffset? At(JsonElement attributes, string name)
        => Member(attributes, name) is { ValueKind: JsonValueKind.Number } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds.GetInt64()) : null;

    private static JsonElement? Member(JsonElement parent, string name)
        => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var found) ? found : null;

    /// <summary>The next page is at the same vault, or the token would go elsewhere.</summary>
    private static bool TryNext(JsonElement root, Uri vault, out Uri? next)
    {
        next = null;
        if (Member(root, "nextLink") is not { ValueKind: JsonValueKind.String } link || link.GetString() is not { Length: > 0 } text) return true;
        return Uri.TryCreate(text, UriKind.Absolute, out next) && next.Scheme == "https" && SecretName.HostOf(next) == SecretName.HostOf(vault);
    }
}
