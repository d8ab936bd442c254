using System.ComponentModel.DataAnnotations;
using CredRotation.Engine.Reload;

namespace CredRotation.Engine;

/// <summary>What the app may do.</summary>
public enum RotationMode
{
    /// <summary>Lists and announces. Reads no value, writes nothing outside its own store, calls no provider.</summary>
    Observe,

    /// <summary>Adds the owner check and says what would happen.</summary>
    Rehearse,

    /// <summary>Acts.</summary>
    Rotate,
}

/// <summary>Who must say yes to a plan.</summary>
public enum ApprovalRule { None, Owner, TwoOwners }

/// <summary>Configuration grants what tags may choose: vaults, accounts, policies, consumers.</summary>
public sealed class RotationOptions
{
    public const string Section = "Rotation";

    public RotationMode Mode { get; init; } = RotationMode.Observe;

    /// <summary>The vaults that are watched, as https URIs.</summary>
    public IReadOnlyList<Uri> Vaults { get; init; } = [];

    /// <summary>Announces the end of every app registration's secrets and certificates; needs Application.Read.All.</summary>
    public bool WatchAppRegistrations { get; init; }

    /// <summary>The rotator's own vault for staged secrets, which nothing else reads.</summary>
    public Uri? StagingVault { get; init; }

    public IReadOnlyDictionary<string, AccountOptions> Accounts { get; init; } = new Dictionary<string, AccountOptions>();

    public IReadOnlyDictionary<string, PolicyOptions> Policies { get; init; } = new Dictionary<string, PolicyOptions>();

    public IReadOnlyDictionary<string, ConsumerOptions> Consumers { get; init; } = new Dictionary<string, ConsumerOptions>();

    /// <summary>Where the vaults' audit log is, by which others who read a secret are found before its old credential ends; null: nobody is looked for.</summary>
    public VaultLogOptions? VaultLog { get; init; }

    /// <summary>Object id of the group that takes over when an owner group has nobody left.</summary>
    public string? FallbackGroup { get; init; }

    /// <summary>Object id of the group that hears when those who answer did not in time; null means the fallback group, else the default receiver.</summary>
    public string? LeadershipGroup { get; init; }

    /// <summary>Times in which nothing is issued, promoted or retired, by a name that people are told. An incident is not held up by one.</summary>
    public IReadOnlyDictionary<string, FreezeOptions> Freezes { get; init; } = new Dictionary<string, FreezeOptions>();

    /// <summary>Counts guests of the tenant as owners. Service principals never count: only a signed-in person answers.</summary>
    public bool GuestsMayOwn { get; init; }

    /// <summary>The policy of a secret that names none.</summary>
    public string DefaultPolicy { get; init; } = "standard";

    /// <summary>How long one visit may hold a credential's row.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:30:00")]
    public TimeSpan ClaimTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The time-out of every single remote call; must fit into a claim four times.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan EffectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The shortest pause after remote trouble; doubles with each failure in a row, up to an hour.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where people reach the pages; cards link there.</summary>
    public Uri? PagesBaseUri { get; init; }

    /// <summary>The mode for credentials of a policy, which can only lower it.</summary>
    public RotationMode ModeOf(PolicyOptions? policy) => policy?.Mode is { } lowered && lowered < Mode ? lowered : Mode;
}

/// <summary>The Log Analytics workspace that takes the vaults' diagnostic logs (category AuditEvent).</summary>
public sealed class VaultLogOptions
{
    /// <summary>Its workspace id (customer id), a GUID.</summary>
    public string Workspace { get; init; } = "";

    /// <summary>How long an entry takes to arrive at most. Retirement waits so long after the last proof.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan Lag { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long before a promotion somebody may have read the secret and still run it.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "90.00:00:00")]
    public TimeSpan LookBack { get; init; } = TimeSpan.FromDays(30);
}

/// <summary>One account at a provider, granted by the platform team.</summary>
public sealed class AccountOptions
{
    /// <summary>The provider kind.</summary>
    [Required]
    public string Provider { get; init; } = "";

    /// <summary>The provider's own settings; never a secret.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Where each management credential is: a Key Vault secret URI without version.</summary>
    public IReadOnlyDictionary<string, Uri> Secrets { get; init; } = new Dictionary<string, Uri>();

    /// <summary>The vaults whose secrets may name this account.</summary>
    public IReadOnlyList<Uri> Vaults { get; init; } = [];

    /// <summary>A whole-match regular expression for targets (no look-around, 1 to 200 characters).</summary>
    [Required]
    public string Targets { get; init; } = "";

    /// <summary>Object ids of the owner groups that may answer for credentials of this account.</summary>
    public IReadOnlyList<string> OwnerGroups { get; init; } = [];

    /// <summary>Uses a provider that was run against nothing but its vendor's documentation.</summary>
    public bool AllowUnverified { get; init; }

    /// <summary>The least approval, whatever a policy says.</summary>
    public ApprovalRule LowestApproval { get; init; } = ApprovalRule.None;

    /// <summary>What the provider itself must agree to before it issues; null: nothing.</summary>
    public ProviderApprovalOptions? ProviderApproval { get; init; }
}

/// <summary>The provider's own approval: whom to ask, in which words, and how long it takes. Frozen into the plan.</summary>
public sealed class ProviderApprovalOptions
{
    /// <summary>How long the provider usually takes. A policy's lead must have room for it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "90.00:00:00")]
    public TimeSpan LeadTime { get; init; } = TimeSpan.FromDays(5);

    /// <summary>Whom to ask, for example an address or a telephone number.</summary>
    [Required]
    [StringLength(200)]
    public string Contact { get; init; } = "";

    /// <summary>Whom to ask when it is urgent; null: the same.</summary>
    [StringLength(200)]
    public string? EmergencyContact { get; init; }

    /// <summary>By what the provider knows us, for example a contract's number.</summary>
    [Required]
    [StringLength(200)]
    public string ContractReference { get; init; } = "";

    /// <summary>The request in words; <c>{contract}</c>, <c>{account}</c>, <c>{target}</c>, <c>{secret}</c>, <c>{endsOn}</c> and <c>{rotation}</c> are filled in.</summary>
    [StringLength(2_000)]
    public string Request { get; init; } = "Please approve a new credential for {target} of account {account} (contract {contract}). The present one ends on {endsOn}. Our reference: {rotation}.";
}

/// <summary>When changes are allowed, in the policy's zone.</summary>
public sealed class WindowOptions
{
    /// <summary>Empty means every day. Of a window over midnight it is the day on which it begins.</summary>
    public IReadOnlyList<DayOfWeek> Days { get; init; } = [];

    public TimeOnly From { get; init; }

    /// <summary>Not later than <see cref="From"/>: on the next day.</summary>
    public TimeOnly To { get; init; }
}

/// <summary>A time without changes.</summary>
public sealed class FreezeOptions
{
    /// <summary>With its offset, for example <c>2026-12-20T00:00:00+01:00</c>.</summary>
    public DateTimeOffset From { get; init; }

    public DateTimeOffset To { get; init; }

    /// <summary>Empty means every policy.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];
}

/// <summary>The times and consents that shape a rotation.</summary>
public sealed class PolicyOptions
{
    private static readonly TimeSpan[] s_rungs = [TimeSpan.FromDays(30), TimeSpan.FromDays(14), TimeSpan.FromDays(7), TimeSpan.FromDays(3), TimeSpan.FromDays(1), TimeSpan.FromHours(4)];

    /// <summary>How long before expiry a rotation begins.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "180.00:00:00")]
    public TimeSpan Lead { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long a new credential is to live.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "1095.00:00:00")]
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(90);

    public ApprovalRule Approval { get; init; } = ApprovalRule.None;

    /// <summary>The longest an approval may take before leadership hears of it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan ApprovalMax { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The slowest reload of any consumer: silent longer is escalated.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "7.00:00:00")]
    public TimeSpan ReloadMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long it takes until a person acts on an escalation.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "7.00:00:00")]
    public TimeSpan EscalationMax { get; init; } = TimeSpan.FromHours(4);

    /// <summary>The time before the old credential's end at which an incident opens.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan Reserve { get; init; } = TimeSpan.FromHours(6);

    /// <summary>How long before an end people are reminded, the longest first, at most twelve; empty means 30, 14, 7, 3 and 1 days and 4 hours.</summary>
    public IReadOnlyList<TimeSpan> Ladder { get; init; } = [];

    /// <summary>The IANA time zone of those who answer, for example <c>Europe/Berlin</c>; times are shown in it beside UTC, and windows are meant in it.</summary>
    public string Zone { get; init; } = "Etc/UTC";

    /// <summary>When something may be issued, promoted and retired; empty means at any time. Where a clock runs nothing waits for one, and neither does an incident.</summary>
    public IReadOnlyList<WindowOptions> Windows { get; init; } = [];

    /// <summary>Lowers the mode for credentials of this policy; null leaves it.</summary>
    public RotationMode? Mode { get; init; }

    /// <summary>Consumer aliases of a secret that names none.</summary>
    public IReadOnlyList<string> Consumers { get; init; } = [];

    /// <summary>The rungs that count.</summary>
    public IReadOnlyList<TimeSpan> Rungs() => Ladder.Count > 0 ? Ladder : s_rungs;

    /// <summary>Consent to promote a new credential that is alive but may not read who it is (403 on the probe).</summary>
    public bool AcceptForbiddenProbe { get; init; }
}

/// <summary>An app that uses credentials and proves what it runs. Which settings count depends on <see cref="Kind"/>.</summary>
public sealed class ConsumerOptions
{
    /// <summary>How it is reached and what its proof is.</summary>
    public ConsumerKind Kind { get; init; }

    /// <summary>Where it hears signals: kinds Hook and Webhook.</summary>
    public Uri? Hook { get; init; }

    /// <summary>The audience of the token that the signal carries: kind Hook; Webhook where it checks one; Kubernetes, whose default is that of AKS.</summary>
    public string Audience { get; init; } = "";

    /// <summary>Object id of the only principal whose acknowledgements and leases count, and as whom it reads the vault: required for Hook and EventGrid.</summary>
    public string Principal { get; init; } = "";

    /// <summary>The endpoint of its Event Grid topic, for example <c>https://reloads.westeurope-1.eventgrid.azure.net/api/events</c>: kind EventGrid.</summary>
    public Uri? Topic { get; init; }

    /// <summary>The Azure resource id of the site, the slot or the container app: kinds AppService and ContainerApp.</summary>
    public string Resource { get; init; } = "";

    /// <summary>The API server's https address: kind Kubernetes.</summary>
    public Uri? Server { get; init; }

    /// <summary><c>namespace/deployment/name</c>, <c>namespace/statefulset/name</c> or <c>namespace/daemonset/name</c>: kind Kubernetes.</summary>
    public string Workload { get; init; } = "";

    /// <summary>The API server's certificate authority, base64 of its PEM; empty trusts what the host trusts.</summary>
    public string CertificateAuthority { get; init; } = "";

    /// <summary>The slowest reload of this consumer; null means the policy's.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "7.00:00:00")]
    public TimeSpan? ReloadMax { get; init; }

    /// <summary>The longest it keeps a value that it read: kind OnDemand.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan? HoldsAtMost { get; init; }

    /// <summary>When it is told: those of a lower wave prove the new version before the next one hears of it. Of the first wave one consumer goes ahead.</summary>
    [Range(1, 9)]
    public int Wave { get; init; } = 1;
}
