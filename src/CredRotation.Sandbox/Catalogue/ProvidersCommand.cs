using System.Text.Json;
using System.Text.Json.Serialization;
using CredRotation.Engine;
using CredRotation.Providers;
using Microsoft.Extensions.Options;

namespace CredRotation.Sandbox.Catalogue;

/// <summary>Lists every provider that ships, from the providers themselves.</summary>
public static class ProvidersCommand
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    public static async Task<int> RunAsync(IReadOnlyList<string> words)
    {
        if (words is not ([] or ["--json"])) return 2;

        using var services = new ServiceCollection()
            .AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions()))
            .AddLogging()
            .AddProviders()
            .BuildServiceProvider();
        var catalog = services.GetRequiredService<IProviderCatalog>();
        var providers = catalog.Kinds.Select(kind => catalog.Find(kind)!).ToList();
        await Console.Out.WriteLineAsync(words is ["--json"] ? JsonOf(providers) : CatalogueText.Of(providers));
        return 0;
    }

    private static string JsonOf(IEnumerable<ICredentialProvider> providers)
        => JsonSerializer.Serialize(new
        {
            Providers = providers.Select(provider =>
            {
                var traits = CatalogueText.TraitsOf(provider);
                return new { provider.Kind, provider.Facts?.Group, Class = ProviderClass.Of(traits), Traits = traits, provider.Facts?.Status };
            }),
        }, s_json);
}
