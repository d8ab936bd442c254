using CredRotation.Engine;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Requests;

namespace CredRotation.Providers.Http;

/// <summary>What accounts may set for one vendor: checks it, fills in the defaults, and says what traits follow.</summary>
internal sealed class AccountParameters(VendorDocument document)
{
    public IEnumerable<string> Faults(IReadOnlyDictionary<string, string> parameters)
    {
        foreach (var name in parameters.Keys.Where(name => !document.Parameters.ContainsKey(name)).Order(StringComparer.Ordinal))
            yield return $"{name} is not known to {document.Provider}. Remove it, or use one of {string.Join(", ", document.Parameters.Keys)}.";

        foreach (var (name, declaration) in document.Parameters)
        {
            if (Fault(name, declaration, parameters) is { } fault) yield return fault;
        }
    }

    public IReadOnlyDictionary<string, string> WithDefaults(IReadOnlyDictionary<string, string> parameters)
    {
        var all = document.Parameters.Where(parameter => parameter.Value.Default is not null)
            .ToDictionary(parameter => parameter.Key, parameter => parameter.Value.Default!, StringComparer.Ordinal);
        foreach (var (name, value) in parameters) all[name] = value;
        return all;
    }

    public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters)
    {
        var all = WithDefaults(parameters);
        var traits = document.Capabilities.Fixed;
        return traits with
        {
            OldLife = Span("oldLife"),
            ListSettle = Span("listSettle") ?? traits.ListSettle,
            ActivationDelayMax = Span("activationDelayMax") ?? traits.ActivationDelayMax,
            RetireDelayMax = Span("retireDelayMax") ?? traits.RetireDelayMax,
            LandingMax = Span("landingMax") ?? traits.LandingMax,
            LifetimeMax = Span("lifetimeMax"),
        };

        TimeSpan? Span(string name)
        {
            if (!document.Capabilities.Durations.TryGetValue(name, out var setting)) return null;
            if (setting.Fixed is { } span) return span;

            return all.TryGetValue(setting.Parameter!, out var text) && Duration.Parse(text) is { } given
                ? given
                : throw new ArgumentException($"{setting.Parameter} must be {Duration.Shape}.", nameof(parameters));
        }
    }

    private string? Fault(string name, ParameterDeclaration declaration, IReadOnlyDictionary<string, string> parameters)
    {
        if (!parameters.TryGetValue(name, out var value))
        {
            return declaration.Default is null
                ? $"{name} is missing for {document.Provider}. Set it to {Shape(declaration)}."
                : null;
        }

        if (declaration.Fault(value) is { } shape) return $"{name} is not usable by {document.Provider}. Set it to {shape}.";
        if (declaration.Type is ParameterType.Uri && !document.Hosts.Allow(BaseAddress.Parse(value)!))
            return $"{name} leads to a host that {document.Provider} may not call. Use https and one of {document.Hosts}.";

        // A timer without time would have the old credential dead before the new one is read.
        return document.Capabilities.Durations.TryGetValue("oldLife", out var life) && life.Parameter == name && Duration.Parse(value) == TimeSpan.Zero
            ? $"{name} is zero. Set it to the time the old credential lives after an issue."
            : null;
    }

    private static string Shape(ParameterDeclaration declaration) => declaration.Fault("") ?? "a text";
}
