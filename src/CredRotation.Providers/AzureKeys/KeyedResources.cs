using System.Text.Json;
using CredRotation.Engine;

namespace CredRotation.Providers.AzureKeys;

/// <summary>The table of resource types that ships with the app, read once.</summary>
internal static class KeyedResources
{
    private static readonly Lazy<IReadOnlyDictionary<string, KeyedResource>> s_all = new(Read);

    public static IReadOnlyDictionary<string, KeyedResource> All => s_all.Value;

    private static Dictionary<string, KeyedResource> Read()
    {
        using var stream = typeof(KeyedResources).Assembly.GetManifestResourceStream("azure-keys/resources.json")!;
        var rows = JsonSerializer.Deserialize<KeyedResource[]>(stream, EngineJson.Options)!;
        return rows.ToDictionary(row => row.Name, StringComparer.Ordinal);
    }
}
