using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>One class of vendor: a stable name, the traits it states, and how its model really behaves, which is never worse than stated.</summary>
public sealed record VendorClass(string Name, ProviderTraits Traits)
{
    /// <summary>What an issue waits for before it has its effect, in words for people; null: the call itself makes the credential.</summary>
    public string? IssueWaitsFor { get; init; }

    /// <summary>What a retirement waits for; null: the call itself retires.</summary>
    public string? RetireWaitsFor { get; init; }

    /// <summary>A probe shows the handle of the very credential that was tried.</summary>
    public bool ShowsHandle { get; init; } = true;

    /// <summary>How long lists really lag behind.</summary>
    public TimeSpan ListLag { get; init; }

    /// <summary>How long a new credential is really refused.</summary>
    public TimeSpan ActivationDelay { get; init; }

    /// <summary>Several installations, and people, may hold credentials of one and the same target. Not where a person ends "the older one" of them.</summary>
    public bool IsShareable => Traits is { Topology: Topology.Overlap, OldValidity: OldValidity.UntilRetired, Slots: null, HandedIn: false };

    public override string ToString() => Name;
}
