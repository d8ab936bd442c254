namespace CredRotation.Testing;

/// <summary>One resource with its keys; each key has an id that changes with it.</summary>
public sealed class ArmResource
{
    private readonly Dictionary<string, (string Id, string Key)> _keys = new(StringComparer.Ordinal);
    private readonly Func<string> _make;

    internal ArmResource(string path, ArmKeyApi api, Func<string> make)
    {
        (Path, Api, _make) = (path, api, make);
        foreach (var slot in api.Slots) Write(slot);
    }

    public string Path { get; }

    public ArmKeyApi Api { get; }

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public IReadOnlyList<string> Slots => Api.Slots;

    public string Key(string slot) => _keys[slot].Key;

    public string Id(string slot) => _keys[slot].Id;

    public string ConnectionString(string slot) => $"Endpoint=https://{Name}.example.net/;AccessKey={Key(slot)}";

    /// <summary>The key of that name; null when there is none.</summary>
    public string? Find(string? slot) => slot is not null && _keys.ContainsKey(slot) ? slot : null;

    public string? FindById(string? id) => _keys.FirstOrDefault(key => key.Value.Id == id).Key;

    internal bool Holds(string value) => _keys.Values.Any(key => key.Key == value || value.Contains($"Key={key.Key}", StringComparison.Ordinal));

    internal void Write(string slot) => _keys[slot] = (_make()[..8], _make());
}
