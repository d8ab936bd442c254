using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>Gathers what the checks saw of each trait: one contradiction outweighs every confirmation.</summary>
internal sealed class ContractNotes
{
    private readonly Dictionary<string, (TraitStanding Standing, string Words)> _seen = [];

    public void Confirm(string trait, string words)
    {
        if (!_seen.ContainsKey(trait)) _seen[trait] = (TraitStanding.Confirmed, words);
    }

    public void Contradict(string trait, string words)
    {
        var before = _seen.GetValueOrDefault(trait);
        _seen[trait] = (TraitStanding.Contradicted, before is { Standing: TraitStanding.Contradicted } ? $"{before.Words} {words}" : words);
    }

    public IReadOnlyList<TraitFinding> Findings(ProviderTraits traits)
        => [.. typeof(ProviderTraits).GetProperties()
            .Where(property => property.CanWrite)
            .Select(property => (property.Name, Stated: property.GetValue(traits)?.ToString() ?? "none"))
            .Select(trait => _seen.TryGetValue(trait.Name, out var seen)
                ? new TraitFinding(trait.Name, trait.Stated, seen.Standing, seen.Words)
                : new TraitFinding(trait.Name, trait.Stated, TraitStanding.NotShown, "No check shows this from outside; it rests on the author's word."))];
}
