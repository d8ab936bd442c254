using System.Text.Json.Serialization;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Bindings;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Releases;

namespace CredRotation.Engine.Registry;

/// <summary>Who visits a credential now, and until when nobody else may.</summary>
/// <param name="Visit">Unique per visit.</param>
public sealed record Claim(string Visit, DateTimeOffset ClaimedOn, DateTimeOffset ExpiresOn);

/// <summary>The newest version the sweep or a visit saw, properties only.</summary>
/// <param name="Tags">Hash of its adoption tags; null from a build that did not say.</param>
public sealed record SeenVersion(string Version, DateTimeOffset? ExpiresOn, DateTimeOffset? CreatedOn, bool HasTags, DateTimeOffset SeenOn, string? Tags = null);

/// <summary>What the ledger knows of a credential that it promoted.</summary>
public sealed record KnownCredential(string Fingerprint, string? ProviderId);

/// <summary>The newest link of a credential's hash chain; <paramref name="Sequence"/> 0 is the empty chain.</summary>
public sealed record ChainHead(long Sequence, string Hash)
{
    public static readonly ChainHead Empty = new(0, new string('0', 64));
}

/// <summary>The owner group as it was last read, without the people themselves.</summary>
/// <param name="People">Enabled member users.</param>
/// <param name="Reachable">Those of them whom mail can reach.</param>
public sealed record OwnersSeen(string? Name, OwnerState State, int People, int Reachable, string? Detail, DateTimeOffset ReadOn)
{
    public static OwnersSeen Of(OwnerReading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        return new(reading.GroupName, reading.State, reading.People.Count, reading.Reachable.Count(), reading.Detail, reading.ReadOn);
    }
}

/// <summary>Something about a secret that a person should know, with its remedy.</summary>
/// <param name="Code">Stable, lower case with hyphens, for example <c>tag-account-unknown</c>.</param>
/// <param name="Rung">Grows within a severity as an end comes closer.</param>
public sealed record Finding(string Code, string Detail, string Remedy, DateTimeOffset Since, FindingSeverity Severity = FindingSeverity.Notice, int Rung = 0)
{
    /// <summary>Rungs of one severity that a weight has room for.</summary>
    public const int SeverityStep = 100;

    /// <summary>How bad it is: by severity, then by rung.</summary>
    [JsonIgnore]
    public int Weight => ((int)Severity * SeverityStep) + Rung;
}

/// <summary>One credential that is or was managed: binding, lock, last good policy, wake and chain head in one row. Entries, rotations and inbox lie beside it.</summary>
public sealed record CredentialRow
{
    /// <summary>Of a released row: a build that knows of no release must refuse it, not rotate it.</summary>
    public const int CurrentFormat = 2;

    /// <summary>Of every other row, so that the build before this one goes on with it.</summary>
    public const int FirstFormat = 1;

    /// <summary>Findings of one credential, at most.</summary>
    private const int FindingsMax = 20;

    public int Format { get; init; } = FirstFormat;

    public required CredentialId Id { get; init; }

    public required SecretName Secret { get; init; }

    public required Binding Binding { get; init; }

    public required DateTimeOffset AdoptedOn { get; init; }

    public required SeenVersion Seen { get; init; }

    public Claim? Claim { get; init; }

    /// <summary>How long after this was written a call whose answer was lost may still land; nobody claims before. Null: none is under way.</summary>
    public TimeSpan? Landing { get; init; }

    /// <summary>When the next visit is due; null when nothing is open.</summary>
    public DateTimeOffset? WakeOn { get; init; }

    /// <summary>When this was written by the clock that wrote <see cref="WakeOn"/>, so that another clock can tell how long a wait was meant; null from a build that did not say.</summary>
    public DateTimeOffset? SavedOn { get; init; }

    /// <summary>The credential that we promoted last, so that the next rotation knows its handle.</summary>
    public KnownCredential? Known { get; init; }

    public ChainHead Chain { get; init; } = ChainHead.Empty;

    /// <summary>The last rotation's ordinal; 0 before the first.</summary>
    public int Ordinal { get; init; }

    /// <summary>True once a rotation of this credential ended Retired: the first one always asks an owner.</summary>
    public bool HasRotated { get; init; }

    /// <summary>True from a rollback until a rotation ends Retired: the next one asks an owner before it issues.</summary>
    public bool WasRolledBack { get; init; }

    /// <summary>True while rotation <see cref="Ordinal"/> is open.</summary>
    public bool IsOpen { get; init; }

    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>With this finding as the newest, in place of one of the same code; the oldest beyond <see cref="FindingsMax"/> are left out.</summary>
    internal CredentialRow With(Finding finding) => this with { Findings = [.. Without(finding.Code).Findings.TakeLast(FindingsMax - 1), finding] };

    internal CredentialRow Without(string code) => Findings.All(known => known.Code != code) ? this : this with { Findings = [.. Findings.Where(known => known.Code != code)] };

    /// <summary>Another binding that the tags ask for and the present owners did not consent to yet.</summary>
    public BindingChange? Pending { get; init; }

    /// <summary>A target that was given up with the last change of the binding and is not given back yet.</summary>
    public AccountTarget? TargetToRelease { get; init; }

    /// <summary>The release that an operator asked the owners for.</summary>
    public ReleaseRequest? ReleaseAsked { get; init; }

    /// <summary>Set once an owner released it; only changed tags end that.</summary>
    public ReleasedAdoption? Released { get; init; }

    /// <summary>The owner group as last read.</summary>
    public string? OwnerState { get; init; }

    /// <summary>What that reading said, and when.</summary>
    public OwnersSeen? Owners { get; init; }
}
