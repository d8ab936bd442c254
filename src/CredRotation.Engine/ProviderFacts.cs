namespace CredRotation.Engine;

/// <summary>What kind of thing a provider's credentials open.</summary>
public enum ProviderGroup { Payments, Software, Azure, Data }

/// <summary>How well it is known that a provider behaves as its traits say.</summary>
public enum ProviderStatus
{
    /// <summary>Written after the vendor's words and run against nothing: an account must allow it.</summary>
    Documented,

    /// <summary>Under contract before a server that speaks the vendor's documented surface.</summary>
    Contract,

    /// <summary>Under contract before the real server.</summary>
    Live,
}

/// <summary>What people should know of a provider before they use it; shapes no call.</summary>
/// <param name="Permissions">What whoever manages or probes must be allowed at the provider, a line each.</param>
/// <param name="Source">Where the vendor says so.</param>
/// <param name="ReadOn">When that was read.</param>
public sealed record ProviderFacts(ProviderGroup Group, ProviderStatus Status, IReadOnlyList<string> Permissions, string Source, DateOnly ReadOn);

/// <summary>The class that a provider's traits put it into, as the README names it.</summary>
public static class ProviderClass
{
    public static string Of(ProviderTraits traits)
    {
        ArgumentNullException.ThrowIfNull(traits);
        return traits switch
        {
            { HandedIn: true } or { RetireBy: RetireBy.Human } => "person",
            { Topology: Topology.Pair } => "pair",
            { Topology: Topology.InPlace } => "in-place",
            { OldValidity: OldValidity.Timer } => "overlap-timer",
            _ => "overlap-until-retired",
        };
    }
}
