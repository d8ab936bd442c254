using System.Text.Json.Nodes;
using CredRotation.Providers.Http.Answers;

namespace CredRotation.Providers.AzureKeys;

/// <summary>What an answer to "regenerate" holds; the provider reads the keys from the list whatever it is.</summary>
internal enum RegenerateAnswer
{
    /// <summary>Every key, the new one among them.</summary>
    Keys,

    /// <summary>Only the new one.</summary>
    NewKey,

    /// <summary>204.</summary>
    Nothing,

    /// <summary>202 and an operation to watch, or at once.</summary>
    Operation,
}

/// <summary>One line of the table: how resources of some types list and regenerate a pair of keys.</summary>
internal sealed record KeyedResource
{
    /// <summary>What an account's <c>type</c> says.</summary>
    public required string Name { get; init; }

    /// <summary>Resource types with the same calls.</summary>
    public required IReadOnlyList<string> Types { get; init; }

    public required string ApiVersion { get; init; }

    /// <summary>The action that lists.</summary>
    public required string List { get; init; }

    /// <summary>The action that regenerates, where it is one for both keys.</summary>
    public string? Regenerate { get; init; }

    public required RegenerateAnswer Answer { get; init; }

    /// <summary>Where the list is one of named keys; null where each key has its own member.</summary>
    public KeyEntries? Entries { get; init; }

    /// <summary>The member that carries the key's id, which stands only in the list.</summary>
    public string? SendsIdAs { get; init; }

    /// <summary>How a connection string is made, where the list holds none.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The two keys.</summary>
    public required IReadOnlyList<KeySlot> Slots { get; init; }

    /// <summary>Where these facts are from.</summary>
    public required string Source { get; init; }

    public bool GivesConnectionString => ConnectionString is not null || Entries?.ConnectionString is not null || Slots.All(slot => slot.ConnectionString is not null);

    public KeySlot? Slot(string? name) => Slots.FirstOrDefault(slot => slot.Name == name);

    /// <summary>The one of the pair that is not this one.</summary>
    public KeySlot Other(KeySlot slot) => Slots.Single(other => other != slot);
}

/// <summary>One of the two keys.</summary>
internal sealed record KeySlot
{
    public required string Name { get; init; }

    /// <summary>The action that regenerates this one alone.</summary>
    public string? Regenerate { get; init; }

    /// <summary>The body that names this key.</summary>
    public JsonObject? Send { get; init; }

    /// <summary>Where the list holds it.</summary>
    public string? Key { get; init; }

    public string? ConnectionString { get; init; }
}

/// <summary>Where a list of named keys is, and what each entry says.</summary>
internal sealed record KeyEntries
{
    public required string At { get; init; }

    public required string Name { get; init; }

    public required string Key { get; init; }

    public string? ConnectionString { get; init; }

    public string? Id { get; init; }
}

/// <summary>A key as the list shows it, in memory only.</summary>
internal sealed record ListedKey(string? Id, string Key, string? ConnectionString)
{
    // Longer ones are no keys.
    private const int LengthMax = 4096;

    /// <summary>Both keys of the pair; null when the answer does not hold each of them once.</summary>
    public static IReadOnlyDictionary<string, ListedKey>? ReadPair(KeyedResource resource, JsonBody? body)
    {
        if (body is null) return null;

        var keys = new Dictionary<string, ListedKey>(StringComparer.Ordinal);
        foreach (var slot in resource.Slots)
        {
            if (Read(resource, slot, body) is not { Key.Length: > 0 and <= LengthMax } key || key.ConnectionString?.Length is 0 or > LengthMax) return null;
            keys.Add(slot.Name, key);
        }

        return keys;
    }

    private static ListedKey? Read(KeyedResource resource, KeySlot slot, JsonBody body)
    {
        if (resource.Entries is not { } entries) return Text(body, slot.Key) is { } key ? new ListedKey(null, key, Text(body, slot.ConnectionString)) : null;

        return body.Items(Pointer(entries.At))?.Where(entry => Text(entry, entries.Name) == slot.Name).ToList() is [var found] && Text(found, entries.Key) is { } value
            ? new ListedKey(Text(found, entries.Id), value, Text(found, entries.ConnectionString))
            : null;
    }

    private static string? Text(JsonBody body, string? pointer) => pointer is null ? null : body.Text(Pointer(pointer));

    private static JsonPointer Pointer(string text) => JsonPointer.Parse(text) ?? throw new InvalidOperationException($"'{text}' in the table of resource types is no pointer.");
}
