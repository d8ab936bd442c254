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

    /// <summary>How long the old credential lives behind an issue; null where no timer ends it.</summary>
    public TimeSpan? Overlap(IReadOnlyDictionary<string, string> all) => document.Capabilities.Durations.TryGetValue("oldLife", out var life) ? Read(life, all) : null;

    /// <summary>A duration as an account sets it, its defaults filled in.</summary>
    public static TimeSpan Read(DurationSetting setting, IReadOnlyDictionary<string, string> all)
        => setting.Fixed ?? (all.TryGetValue(setting.Parameter!, out var text) && setting.Read(text) is { } given ? given : throw new ArgumentException($"{setting.Parameter} must be {Duration.Shape}.", nameof(all)));

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
            IssueReplayWindow = Span("idempotencyWindow"),
        };

        TimeSpan? Span(string name) => document.Capabilities.Durations.TryGetValue(name, out var setting) ? Read(setting, all) : null;
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
        if (declaration.Type is ParameterType.Uri && !document.Hosts.For(parameters).Allow(BaseAddress.Parse(value)!))
            return $"{name} leads to a host that {document.Provider} may not call. Use https and one of {document.Hosts}.";

        return document.Capabilities.Durations.TryGetValue("oldLife", out var life) && life.Parameter == name ? LifeFault(name, life, value) : null;
    }

    // A timer without time would have the old credential dead before the new one is read.
    private static string? LifeFault(string name, DurationSetting life, string value)
        => life.Read(value) is not { } span ? $"{name} is no span of time. Set it to the time the old credential lives after an issue."
            : span == TimeSpan.Zero ? $"{name} is zero. Set it to the time the old credential lives after an issue."
            : span < life.Min || span > life.Max ? $"{name} is outside of what the provider takes ({life.Min ?? TimeSpan.Zero} to {life.Max}). Set it to a time between the two."
            : null;

    private static string Shape(ParameterDeclaration declaration) => declaration.Fault("") ?? "a text";
}
