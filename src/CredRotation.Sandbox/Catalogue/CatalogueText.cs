using System.Globalization;
using System.Text;
using CredRotation.Engine;

namespace CredRotation.Sandbox.Catalogue;

/// <summary>The catalogue of providers as a page of the docs: made from what the providers say, so that it cannot differ from them.</summary>
public static class CatalogueText
{
    private static readonly TimeSpan s_unknown = TimeSpan.Zero;

    public static string Of(IEnumerable<ICredentialProvider> providers)
    {
        ArgumentNullException.ThrowIfNull(providers);
        var text = new StringBuilder()
            .AppendLine("# Providers")
            .AppendLine()
            .AppendLine("Made by `dotnet run --project src/CredRotation.Sandbox -- providers`; a test keeps it so. `live`: under contract before the real server. `contract`: before a server that")
            .AppendLine("speaks the vendor's documented surface. `documented`: run against nothing; an account uses it only with `AllowUnverified`.");
        foreach (var group in providers.Where(provider => provider.Facts is not null).GroupBy(provider => provider.Facts!.Group).OrderBy(group => group.Key))
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {group.Key}").AppendLine()
                .AppendLine("| Kind | Class | Status | How the old one dies | A person | Must be allowed | Source, read on |")
                .AppendLine("| --- | --- | --- | --- | --- | --- | --- |");
            foreach (var provider in group.OrderBy(provider => provider.Kind, StringComparer.Ordinal))
            {
                var (traits, facts) = (TraitsOf(provider), provider.Facts!);
                text.AppendLine(CultureInfo.InvariantCulture,
                    $"| `{provider.Kind}` | {ProviderClass.Of(traits)} | {Word(facts.Status)} | {Death(traits)} | {People(traits)} | {string.Join("; ", facts.Permissions)} | {facts.Source}, {facts.ReadOn:yyyy-MM-dd} |");
            }
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>The traits with every parameter at its default; what must be set does not shape them.</summary>
    public static ProviderTraits TraitsOf(ICredentialProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        return provider.Describe(new Dictionary<string, string>());
    }

    private static string Word(ProviderStatus status) => status.ToString().ToLowerInvariant();

    private static string Death(ProviderTraits traits) => traits switch
    {
        { OldValidity: OldValidity.Immediate } => "with the issue, at once",
        { OldValidity: OldValidity.Timer, OldLife: { } life } => $"by the provider's timer, {Hours(life)} after {(traits.HandedIn ? "the new one was handed in" : Start(traits.ClockStart))}",
        { RetireBy: RetireBy.Human } => "a person ends it; a refused probe shows it",
        { RetireBy: RetireBy.SecretValue } => "retired by its value once every consumer runs the new one",
        { RetireBy: RetireBy.DisableThenDelete } => "disabled, then deleted, once every consumer runs the new one",
        { RetireBy: RetireBy.Promote } => "the other slot is promoted",
        { Topology: Topology.Pair } => "its slot is written over once every consumer runs the other",
        _ => "retired by its id once every consumer runs the new one",
    } + (traits.RetireDelayMax > s_unknown ? $", accepted up to {Hours(traits.RetireDelayMax)} longer" : "");

    private static string People(ProviderTraits traits) => traits switch
    {
        { HandedIn: true, RetireBy: RetireBy.Human } => "makes the new one in the portal, hands it in, ends the old one",
        { HandedIn: true } => "makes the new one in the portal, hands it in at once",
        { RetireBy: RetireBy.Human } => "ends the old one",
        _ => "approves where the policy asks",
    };

    private static string Start(ClockStart start) => start switch { ClockStart.FirstUse => "the first use of the new one", ClockStart.Approval => "the approval", _ => "the issue" };

    private static string Hours(TimeSpan time)
        => time.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} h") : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0.#} min");
}
