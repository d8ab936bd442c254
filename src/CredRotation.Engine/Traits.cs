using System.Text.Json.Serialization;

namespace CredRotation.Engine;

/// <summary>How many credentials may live at once.</summary>
public enum Topology { Overlap, Pair, InPlace }

/// <summary>Who makes the value.</summary>
public enum SecretOrigin { Provider, Caller, CallerKeyPair }

/// <summary>What a repeated issue does.</summary>
public enum IssueReplay { None, IdempotencyKey, ReadBack, SameMaterial, ReissueOrphanExpires, ReissueCancelsPending, ReissueForbidden }

/// <summary>How long the old credential lives once a new one exists.</summary>
public enum OldValidity { UntilRetired, Timer, Immediate }

/// <summary>What starts the old credential's timer.</summary>
public enum ClockStart { Issue, FirstUse, Approval }

/// <summary>How the old credential dies.</summary>
public enum RetireBy { Id, SecretValue, TimerOnly, DisableThenDelete, Promote, Human }

/// <summary>
/// What a provider is like, stated once and without I/O. The engine derives order and recovery from this and never asks which
/// provider it is. Values and their reasons: the provider survey's trait table.
/// </summary>
public sealed record ProviderTraits
{
    public required Topology Topology { get; init; }

    public SecretOrigin SecretOrigin { get; init; }

    public required IssueReplay IssueReplay { get; init; }

    public required OldValidity OldValidity { get; init; }

    public ClockStart ClockStart { get; init; }

    /// <summary>The old credential's life after the clock starts; only with <see cref="OldValidity.Timer"/>.</summary>
    public TimeSpan? OldLife { get; init; }

    public required RetireBy RetireBy { get; init; }

    /// <summary>How long a repeat with the same idempotency token answers with the same result; only with <see cref="IssueReplay.IdempotencyKey"/>.</summary>
    public TimeSpan? IssueReplayWindow { get; init; }

    /// <summary>How many credentials may live at once; null: as many as are asked for.</summary>
    public int? Slots { get; init; }

    /// <summary>A listed credential carries the marker it was issued under; without it a list shows only ids.</summary>
    public bool ListShowsMarker { get; init; } = true;

    public bool CanList { get; init; }

    /// <summary>How long a list may lag behind an issue.</summary>
    public TimeSpan ListSettle { get; init; }

    /// <summary>How long after issue a refusal still means "not yet".</summary>
    public TimeSpan ActivationDelayMax { get; init; }

    /// <summary>How long after its end the old credential may still be accepted.</summary>
    public TimeSpan RetireDelayMax { get; init; }

    /// <summary>How long a call that was sent may take to have its effect although its caller is gone.</summary>
    public TimeSpan LandingMax { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A person makes the new credential at the provider and hands its value in here; there is no call that makes one.</summary>
    public bool HandedIn { get; init; }

    /// <summary>The provider's own maximum life of a credential, if it states one.</summary>
    public TimeSpan? LifetimeMax { get; init; }

    /// <summary>The provider accepts one live credential as the manager of itself.</summary>
    public bool SelfManaged { get; init; }

    /// <summary>How many refused probes are harmless in one rotation; some providers lock the account.</summary>
    public int RefusedProbesAllowed { get; init; } = 20;

    public bool ProbeStartsClock { get; init; }

    /// <summary>The probe answers only from the consumers' network.</summary>
    public bool ProbeNetworkBound { get; init; }

    /// <summary>A 403 proves the credential alive (it still carries no identity).</summary>
    public bool ForbiddenProvesAlive { get; init; }

    /// <summary>What an attempt made can be told from everything else in the list.</summary>
    [JsonIgnore]
    public bool CanFindByMarker => CanList && ListShowsMarker;

    /// <summary>What becomes of a credential whose answer was lost, in words for people.</summary>
    [JsonIgnore]
    public string FateOfLost => this switch
    {
        { IssueReplay: IssueReplay.ReissueOrphanExpires } => "each lost one stays alive until the provider's timer ends it",
        { IssueReplay: IssueReplay.ReissueCancelsPending or IssueReplay.SameMaterial or IssueReplay.IdempotencyKey or IssueReplay.ReadBack } => "a lost one is replaced or found again",
        { CanList: true } => "each lost one is found by its marker and retired",
        _ => "each lost one stays alive until a person finds it at the provider",
    };

    /// <summary>Issuing (or the first use of what was issued) starts the end of what consumers run.</summary>
    [JsonIgnore]
    public bool IssueEndangersOld => Topology is not Topology.Overlap || OldValidity is not OldValidity.UntilRetired;
}
