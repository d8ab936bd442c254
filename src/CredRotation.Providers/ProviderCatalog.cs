using Azure.Core;
using CredRotation.Engine;
using CredRotation.Providers.Http;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Requests;

namespace CredRotation.Providers;

/// <summary>Every provider kind there is, read and checked once; a file with a fault stops the start and says all that is wrong.</summary>
internal sealed class ProviderCatalog : IProviderCatalog
{
    private readonly HttpExchange _exchange;
    private readonly Func<TokenCredential?> _identity;
    private readonly Dictionary<string, ICredentialProvider> _providers = new(StringComparer.Ordinal);

    /// <param name="coded">Providers that are classes, each of its own kind.</param>
    public ProviderCatalog(IEnumerable<ProviderFile> files, IEnumerable<ICredentialProvider> coded, HttpExchange exchange, Func<TokenCredential?> identity)
    {
        (_exchange, _identity) = (exchange, identity);
        foreach (var provider in coded) _providers.Add(provider.Kind, provider);
        var problems = new List<ProviderFileProblem>();
        foreach (var file in files)
        {
            if (DocumentReader.Read(file, problems) is not { } document) continue;
            if (!_providers.TryAdd(document.Provider, new HttpProvider(document, exchange, identity)))
                problems.Add(new ProviderFileProblem(file.Name, "/provider", $"is '{document.Provider}', which another provider already is", "give each provider its own kind"));
        }

        if (problems.Count > 0) throw new ProviderFileException(problems);
    }

    public IReadOnlyList<string> Kinds => [.. _providers.Keys.Order(StringComparer.Ordinal)];

    public ICredentialProvider? Find(string kind) => _providers.GetValueOrDefault(kind);

    public ICredentialProvider Restore(string kind, string configuration)
    {
        // What is a class is the same whenever it was frozen; its configuration says which form it had.
        if (_providers.TryGetValue(kind, out var current) && (current is not HttpProvider || current.Configuration == configuration)) return current;

        // The file changed or went away since the plan was frozen; the rotation goes on with what people approved.
        var problems = new List<ProviderFileProblem>();
        var name = $"the frozen plan's {kind}";
        var document = DocumentReader.Read(new ProviderFile(name, configuration), problems);
        if (document is not null && document.Provider != kind)
            problems.Add(new ProviderFileProblem(name, "/provider", $"is '{document.Provider}'", "the plan is damaged; abandon the rotation and begin a new one"));
        return document is not null && problems.Count == 0 ? new HttpProvider(document, _exchange, _identity) : throw new ProviderFileException(problems);
    }
}
