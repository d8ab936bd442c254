using CredRotation.Providers.Http.Document;

namespace CredRotation.Providers;

/// <summary>The vendor files that ship with the app.</summary>
internal static class EmbeddedVendors
{
    private const string Folder = "vendors/";

    public static IEnumerable<ProviderFile> Read()
    {
        var assembly = typeof(EmbeddedVendors).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return new ProviderFile(name[Folder.Length..], reader.ReadToEnd());
        }
    }
}
