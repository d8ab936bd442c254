using System.Globalization;
using System.Text;

namespace CredRotation.Testing;

/// <summary>What the checks showed about one stated trait.</summary>
public enum TraitStanding
{
    /// <summary>No check could show it.</summary>
    NotShown,

    Confirmed,

    /// <summary>The vendor was seen to behave otherwise.</summary>
    Contradicted,
}

/// <summary>What came of one check.</summary>
public enum CheckResult { NotApplicable, Passed, Failed }

/// <summary>One stated trait.</summary>
/// <param name="Words">What was seen; why nothing could be shown.</param>
public sealed record TraitFinding(string Trait, string Stated, TraitStanding Standing, string Words);

/// <summary>One check.</summary>
/// <param name="Words">Everything that was wrong, or why it does not apply; empty when it passed.</param>
public sealed record CheckFinding(string Check, CheckResult Result, string Words);

/// <summary>Everything that <see cref="ProviderContract"/> found out about a provider; never a value.</summary>
public sealed record ContractReport(string Kind, IReadOnlyList<TraitFinding> Traits, IReadOnlyList<CheckFinding> Checks)
{
    /// <summary>Nothing failed and nothing was contradicted; what was not shown is left to the author's word.</summary>
    public bool IsKept => Traits.All(trait => trait.Standing is not TraitStanding.Contradicted) && Checks.All(check => check.Result is not CheckResult.Failed);

    public IEnumerable<TraitFinding> Confirmed => Traits.Where(trait => trait.Standing is TraitStanding.Confirmed);

    public IEnumerable<TraitFinding> Contradicted => Traits.Where(trait => trait.Standing is TraitStanding.Contradicted);

    public IEnumerable<CheckFinding> Failed => Checks.Where(check => check.Result is CheckResult.Failed);

    /// <summary>The report for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Kind}: the contract is {(IsKept ? "kept" : "broken")}; {Confirmed.Count()} of {Traits.Count} traits are confirmed.");
        foreach (var trait in Traits) text.AppendLine(CultureInfo.InvariantCulture, $"  {trait.Standing,-12} {trait.Trait} = {trait.Stated}: {trait.Words}");
        foreach (var check in Checks) text.AppendLine(CultureInfo.InvariantCulture, $"  {check.Result,-13} {check.Check}{(check.Words.Length == 0 ? "" : $": {check.Words}")}");
        return text.ToString();
    }
}
