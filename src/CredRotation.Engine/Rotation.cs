using System.Text.Json.Serialization;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Rollbacks;

namespace CredRotation.Engine;

/// <summary>A reason for a rotation to wait for a named person.</summary>
public enum HoldReason
{
    ApprovalNeeded,
    OwnersMissing,
    DirectoryCannotSee,
    ConsumerSilentBeforeIssue,
    NoConsumer,
    IssueRejected,
    NewCredentialRefused,
    WrongIdentity,
    ProbeForbidden,
    OldCredentialRefused,
    ChangedByHand,
    ConsumerSilent,
    OldStillAlive,
    TooManyFailures,
    ClockDisagrees,

    /// <summary>The issue is somebody else's turn: an approval at the provider, or a person who makes it.</summary>
    IssuePending,

    /// <summary>Neither ledger nor probe gives the provider's handle of the old credential.</summary>
    OldUnknown,

    /// <summary>The provider itself has to agree first, and a person has to ask it.</summary>
    ProviderApprovalNeeded,

    /// <summary>No change window opens before the last safe moment.</summary>
    OutsideWindow,

    /// <summary>A consumer reports that the new credential does not work for it.</summary>
    ConsumerFailing,

    /// <summary>The vault's log shows callers that nobody named and that may run the old credential.</summary>
    OldStillRead,
}

/// <summary>One thing a person may choose in a hold. The names are the ones the HTTP calls take.</summary>
/// <param name="Name">Lower case with hyphens, for example <c>retry</c>.</param>
/// <param name="Meaning">What choosing it does, in one sentence for people.</param>
/// <param name="PeopleNeeded">How many different current owners must choose it.</param>
public sealed record HoldChoice(string Name, string Meaning, int PeopleNeeded = 1);

/// <summary>The rotation waits for a named person with a closed set of choices and, when a clock runs, a deadline.</summary>
/// <param name="Detail">Bounded words about the cause, for people; may hold hostile input, never a value.</param>
/// <param name="Answers">Who chose what so far.</param>
/// <param name="IsAnnounced">The people were told; a crash before this is told again.</param>
public sealed record Hold(
    HoldReason Reason,
    string Detail,
    DateTimeOffset Since,
    DateTimeOffset? Deadline,
    IReadOnlyList<HoldChoice> Choices,
    IReadOnlyList<HoldAnswer> Answers,
    bool IsAnnounced);

/// <summary>One owner's answer to a hold.</summary>
public sealed record HoldAnswer(string Choice, string PersonId, string PersonName, DateTimeOffset On);

/// <summary>A yes to exactly one frozen plan.</summary>
public sealed record Approval(string PlanHash, string PersonId, string PersonName, DateTimeOffset On)
{
    /// <summary>This one among those given before: said again by the same person, it counts from now on.</summary>
    public IReadOnlyList<Approval> Among(IReadOnlyList<Approval> before)
        => [.. before.Where(known => !string.Equals(known.PersonId, PersonId, StringComparison.OrdinalIgnoreCase)), this];

    /// <summary>Those that count: of this hash, by people who still answer, not expired, each person once.</summary>
    public static IReadOnlyList<Approval> Counted(IReadOnlyList<Approval> given, string hash, OwnerReading owners, TimeSpan validFor, DateTimeOffset now)
        => [.. given.Where(approval => approval.PlanHash == hash && owners.Has(approval.PersonId) && now < approval.On + validFor).DistinctBy(approval => approval.PersonId, StringComparer.OrdinalIgnoreCase)];
}

/// <summary>What a credential is bound to: chosen by tags within what configuration grants.</summary>
public sealed record Binding(string Account, string Target, string OwnerGroup, string Policy, IReadOnlyList<string> Consumers)
{
    /// <summary>Whether both say the same; the order of consumers says nothing.</summary>
    public bool IsSame(Binding other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (Account, Target, Policy) == (other.Account, other.Target, other.Policy)
            && string.Equals(OwnerGroup, other.OwnerGroup, StringComparison.OrdinalIgnoreCase)
            && Consumers.ToHashSet(StringComparer.Ordinal).SetEquals(other.Consumers);
    }

    /// <summary>What another binding would change, for people.</summary>
    public IReadOnlyList<BindingDifference> DifferencesTo(Binding other)
    {
        ArgumentNullException.ThrowIfNull(other);
        BindingDifference[] all =
        [
            new("account", Account, other.Account),
            new("target", Target, other.Target),
            new("owner group", OwnerGroup, other.OwnerGroup),
            new("policy", Policy, other.Policy),
            new("consumers", InOrder(Consumers), InOrder(other.Consumers)),
        ];
        return [.. all.Where(difference => difference.From != difference.To)];
    }

    private static string InOrder(IEnumerable<string> aliases) => string.Join(", ", aliases.Order(StringComparer.Ordinal)) is { Length: > 0 } list ? list : "none";
}

/// <summary>One member that two bindings say differently.</summary>
public sealed record BindingDifference(string What, string From, string To);

/// <summary>Everything a rotation goes by, frozen when it is opened. Its hash is what people approve.</summary>
public sealed record RotationPlan
{
    public required CredentialId Credential { get; init; }

    public required SecretName Secret { get; init; }

    public required RotationId Rotation { get; init; }

    public required Binding Binding { get; init; }

    public required PolicyOptions Policy { get; init; }

    public required ApprovalRule Approval { get; init; }

    /// <summary>Who must say yes before the old credential is retired, where issuing cannot stop it and nobody was asked before.</summary>
    public ApprovalRule RetireApproval { get; init; }

    /// <summary>What the provider itself must agree to; null: nothing.</summary>
    public ProviderApprovalOptions? ProviderApproval { get; init; }

    public required string ProviderKind { get; init; }

    /// <summary>The provider's configuration as it was; see <see cref="ICredentialProvider.Configuration"/>.</summary>
    public required string ProviderConfiguration { get; init; }

    public required IReadOnlyDictionary<string, string> ProviderParameters { get; init; }

    public required ProviderTraits Traits { get; init; }

    /// <summary>The version that is replaced.</summary>
    public required string OldVersion { get; init; }

    public required DateTimeOffset? OldExpiresOn { get; init; }

    /// <summary>Why it began, in words: the fault that <c>IsDue</c> found, or a person's reason.</summary>
    public required string Reason { get; init; }

    /// <summary>What reached us first and made us look: <c>sweep</c>, an event's type, or a person.</summary>
    public required string SignalledBy { get; init; }

    public required DateTimeOffset SignalledOn { get; init; }

    /// <summary>Object id of the person who started it; nobody approves what they started. Null when the policy did.</summary>
    public required string? StartedBy { get; init; }

    public required DateTimeOffset OpenedOn { get; init; }

    /// <summary>Until when those who answer have time before leadership hears of it.</summary>
    public required DateTimeOffset ApproveBy { get; init; }

    /// <summary>How long the new credential is to live: the policy's lifetime, cut to the provider's longest.</summary>
    [JsonIgnore]
    public TimeSpan NewLifetime => Traits.LifetimeMax is { } max && max < Policy.Lifetime ? max : Policy.Lifetime;

    /// <summary>The current version was past its end when this began.</summary>
    [JsonIgnore]
    public bool IsLate => OldExpiresOn <= OpenedOn;

    /// <summary>
    /// Rule 17: the last moment at which a rotation can begin and still leave reload, activation and escalation half as much again.
    /// Null when the vault names no end.
    /// </summary>
    [JsonIgnore]
    public DateTimeOffset? LastSafeMoment => OldExpiresOn - (1.5 * (Policy.ReloadMax + Traits.ActivationDelayMax + Policy.EscalationMax));
}

/// <summary>An issue whose result nobody holds: reported, with the date its timer ends it, if any.</summary>
/// <param name="ProviderId">The provider's handle, where it is known.</param>
/// <param name="IsUnread">Nobody but us has its value, or whoever had it proved to run another, so that it may be retired.</param>
public sealed record Suspect(string Marker, DateTimeOffset SentOn, DateTimeOffset? EndsOn, string? ProviderId = null, bool IsUnread = false);

/// <summary>One attempt to issue, as it was written before it was sent.</summary>
/// <param name="PriorIds">What the provider listed before it was sent; null where it cannot list.</param>
public sealed record IssueAttempt(IssueTicket Ticket, DateTimeOffset SentOn, string ReservationVersion, IReadOnlyList<string>? PriorIds = null);

/// <summary>What a person says of the provider's own approval.</summary>
/// <param name="IsGiven">False: it was asked for.</param>
public sealed record ProviderWord(bool IsGiven, string PersonId, string PersonName, DateTimeOffset On);

/// <summary>What a person handed in for the open attempt: where it is staged, not yet known to be any good.</summary>
public sealed record HandedIn(string StagedVersion, string PersonId, string PersonName, DateTimeOffset On);

/// <summary>The new credential, once its value is safely staged.</summary>
/// <param name="Fingerprint">HMAC of the value under the installation key.</param>
public sealed record IssuedCredential(
    string StagedVersion,
    string Fingerprint,
    string? ProviderId,
    DateTimeOffset IssuedOn,
    DateTimeOffset? ExpiresOn,
    string? Identity);

/// <summary>The old credential, as the visit that issued found it.</summary>
/// <param name="ProviderId">Its handle at the provider, from the ledger or from a probe with its value, never from a tag (rule 11).</param>
public sealed record OldCredential(
    string Version,
    string Fingerprint,
    string? Identity,
    string? ContentType,
    IReadOnlyDictionary<string, string> Tags,
    DateTimeOffset? ValidUntil,
    string? ProviderId = null);

/// <summary>What our own probe of the live credential showed.</summary>
public enum LiveCredential
{
    /// <summary>Nobody looked yet.</summary>
    Unexamined,

    Works,

    /// <summary>The provider refuses it while it answers our management credential: consumers fail now.</summary>
    Refused,

    /// <summary>We looked and could not tell.</summary>
    Unknown,
}

/// <summary>One remote call of a rotation, with the step or rule of the protocol that needs it.</summary>
/// <param name="Kind"><c>vault</c>, <c>provider</c>, <c>consumer</c> or <c>notification</c>.</param>
public sealed record RemoteCall(DateTimeOffset At, string Kind, string Operation, string Rule);

/// <summary>The incident a rotation carries when it runs out of time.</summary>
public sealed record Incident(DateTimeOffset OpenedOn, string OpenedBy, string Detail);

/// <summary>What leadership is told of: nobody who answers did in time, or the rotation went on without them.</summary>
public sealed record Escalation(DateTimeOffset Since, string Detail);

/// <summary>One journey of a credential from an old version to a retired one. Written only by the holder of the credential's claim.</summary>
public sealed record Rotation
{
    /// <summary>Of a rotation whose consumers fail, or whose old credential is read by strangers: builds before know no such hold.</summary>
    public const int CurrentFormat = 3;

    /// <summary>Of a rotation that is rolled back, or waits for a provider's approval or a window: builds before must refuse it, not go on with it.</summary>
    public const int SecondFormat = 2;

    /// <summary>Of every other one, so that the build before this one goes on with it.</summary>
    public const int FirstFormat = 1;

    public int Format { get; init; } = FirstFormat;

    /// <summary>The format that this rotation has to be written in as it stands.</summary>
    [JsonIgnore]
    public int FormatNow => this is { Hold.Reason: HoldReason.ConsumerFailing or HoldReason.OldStillRead } ? CurrentFormat
        : this is { IsOpen: true, Rollback: not null } or { IsOpen: true, Plan.ProviderApproval: not null } or { Hold.Reason: HoldReason.ProviderApprovalNeeded or HoldReason.OutsideWindow } ? SecondFormat : FirstFormat;

    public required RotationId Id { get; init; }

    public required int Ordinal { get; init; }

    public required RotationPlan Plan { get; init; }

    /// <summary>SHA-256 over the plan as it was written; approvals name it.</summary>
    public required string PlanHash { get; init; }

    public RotationState State { get; init; } = RotationState.Detected;

    public DateTimeOffset StateOn { get; init; }

    public Hold? Hold { get; init; }

    public Incident? Incident { get; init; }

    public LiveCredential LiveCredential { get; init; }

    /// <summary>People were told of the incident.</summary>
    public bool IsIncidentTold { get; init; }

    public Escalation? Escalation { get; init; }

    /// <summary>Leadership was told of the escalation.</summary>
    public bool IsEscalationTold { get; init; }

    public DateTimeOffset WakeOn { get; init; }

    /// <summary>As <see cref="Registry.CredentialRow.SavedOn"/>.</summary>
    public DateTimeOffset? SavedOn { get; init; }

    /// <summary>The group whose members answer: the binding's, or the fallback group while the binding's has nobody left.</summary>
    public string? AnswerableGroup { get; init; }

    public IReadOnlyList<Approval> Approvals { get; init; } = [];

    /// <summary>Every attempt to issue, oldest first; the last one counts.</summary>
    public IReadOnlyList<IssueAttempt> Attempts { get; init; } = [];

    public OldCredential? Old { get; init; }

    public IssuedCredential? New { get; init; }

    public IReadOnlyList<Suspect> Suspects { get; init; } = [];

    /// <summary>The version expected to be current when ours is written.</summary>
    public string? ExpectedVersion { get; init; }

    public string? PromotedVersion { get; init; }

    public DateTimeOffset? PromotedOn { get; init; }

    /// <summary>The versions were listed after promotion and nothing but the expected one was overwritten, or a person decided.</summary>
    public bool IsOverwriteChecked { get; init; }

    /// <summary>A version that somebody else wrote while we worked.</summary>
    public string? ForeignVersion { get; init; }

    /// <summary>A person chose to put this version back.</summary>
    public string? RestoreVersion { get; init; }

    /// <summary>The end promotion gives the new version in the vault.</summary>
    public DateTimeOffset? NewExpiresOn { get; init; }

    public IReadOnlyList<ConsumerProgress> Consumers { get; init; } = [];

    /// <summary>A person takes the promotion back; null: nobody does.</summary>
    public Rollback? Rollback { get; init; }

    /// <summary>The version that consumers are to prove.</summary>
    [JsonIgnore]
    public string? RunningVersion => Rollback?.RestoredVersion ?? PromotedVersion;

    /// <summary>What a person said of the provider's own approval; null: nobody asked for it yet.</summary>
    public ProviderWord? ProviderSaid { get; init; }

    /// <summary>While it waits for a change window: when that opens.</summary>
    public DateTimeOffset? WindowOpensOn { get; init; }

    /// <summary>Recorded overrides: which rule, who, and who will fail.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>When the provider last said that the issue is still somebody else's turn: what it starts had not begun then.</summary>
    public DateTimeOffset? PendingOn { get; init; }

    /// <summary>The marker of the attempt that waits for a person to hand its credential in; null when none does.</summary>
    [JsonIgnore]
    public string? IntakeMarker => this is { State: RotationState.IssueSent, PendingOn: not null, Plan.Traits.HandedIn: true, Attempts: [.., var last] } ? last.Ticket.Marker : null;

    /// <summary>What waits to be tried; null again once it was refused, and kept once it was taken.</summary>
    public HandedIn? HandedIn { get; init; }

    /// <summary>Why what was handed in last was not taken.</summary>
    public string? IntakeTrouble { get; init; }

    /// <summary>From when on the new credential may have been used for the first time.</summary>
    public DateTimeOffset? FirstUseOn { get; init; }

    /// <summary>In place: the provider accepted the new credential after it was promoted.</summary>
    public bool IsProvenInPlace { get; init; }

    /// <summary>When the provider answered that the old credential is retired.</summary>
    public DateTimeOffset? RetireAnsweredOn { get; init; }

    /// <summary>How the old credential's end was shown.</summary>
    public string? RetireProof { get; init; }

    /// <summary>Remote failures in a row at the current state.</summary>
    public int Failures { get; init; }

    public int RefusedProbes { get; init; }

    public string? LastTrouble { get; init; }

    public IReadOnlyList<RemoteCall> Calls { get; init; } = [];

    public bool IsOpen => !State.IsEnd();

    /// <summary>Ended, staging cleared, people told.</summary>
    public bool IsClosed { get; init; }

    /// <summary>People must hear of something and the channel did not take it yet.</summary>
    [JsonIgnore]
    public bool IsSomethingUntold => this is { Incident: not null, IsIncidentTold: false } or { Escalation: not null, IsEscalationTold: false };

    public bool IsOverridden(HoldReason reason) => Overrides.Any(text => text.StartsWith($"{reason}:", StringComparison.Ordinal));

    /// <summary>
    /// The earliest moment at which the old credential may end, once a clock may run. Counted from the first attempt that was sent, or from
    /// whatever else starts the clock: the answer may be lost, the clock is not.
    /// </summary>
    public DateTimeOffset? OldEndsOn
    {
        get
        {
            var started = Attempts.Count == 0 ? null : Plan.Traits switch
            {
                { OldValidity: OldValidity.UntilRetired } => null,
                { ClockStart: ClockStart.FirstUse } => FirstUseOn,
                // Approved at the earliest right after the last time it was not.
                { ClockStart: ClockStart.Approval } => PendingOn ?? Attempts[0].SentOn,
                _ => (DateTimeOffset?)Attempts[0].SentOn,
            };
            var counted = started + (Plan.Traits.OldValidity is OldValidity.Immediate ? TimeSpan.Zero : Plan.Traits.OldLife);
            return Old?.ValidUntil is { } said && (counted is null || said < counted) ? said : counted;
        }
    }

    /// <summary>From here on an incident is open unless consumers have moved; null while no clock runs.</summary>
    public DateTimeOffset? ReserveFrom => Plan.Traits.OldValidity is OldValidity.Immediate
        // In place the old one is dead at once, and the stated window is what consumers need to reload.
        ? OldEndsOn + Plan.Policy.ReloadMax + Plan.Traits.ActivationDelayMax
        : OldEndsOn - Plan.Policy.Reserve;

    /// <summary>
    /// Until when a consumer is to prove the version that it is to run. Its own time counts from when it was told, the policy's from the
    /// promotion and for all together; whoever is told after that has its own time all the same. Null: not told yet, or nothing was promoted.
    /// </summary>
    public DateTimeOffset? DueOn(ConsumerProgress consumer)
    {
        ArgumentNullException.ThrowIfNull(consumer);
        if (RunningSince is not { } since) return null;
        // What a person has to move is asked for at once.
        if (consumer.Kind is Reload.ConsumerKind.Pinned) return since;
        var all = since + Plan.Policy.ReloadMax;
        if (consumer.Kind is Reload.ConsumerKind.OnDemand) return FreeOn(consumer) > all ? FreeOn(consumer) : all;
        if ((consumer.ToldOn ?? consumer.SignalledOn) is not { } told) return null;
        var own = told + ReloadMaxOf(consumer);
        return told < all && all < own ? all : own;
    }

    /// <summary>When a consumer that keeps a value for a declared time at most has none but the new one.</summary>
    internal DateTimeOffset? FreeOn(ConsumerProgress consumer) => RunningSince + (consumer.HoldsAtMost ?? TimeSpan.Zero);

    internal TimeSpan ReloadMaxOf(ConsumerProgress consumer) => consumer.ReloadMax ?? Plan.Policy.ReloadMax;

    /// <summary>Since when <see cref="RunningVersion"/> is current.</summary>
    [JsonIgnore]
    internal DateTimeOffset? RunningSince => Rollback is null ? PromotedOn : Rollback.RestoredOn;
}
