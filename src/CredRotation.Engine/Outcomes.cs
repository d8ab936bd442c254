namespace CredRotation.Engine;

/// <summary>What became of an issue. Anything not known to be without effect is <see cref="Unknown"/>, a thrown exception included.</summary>
public abstract record IssueOutcome
{
    private IssueOutcome()
    {
    }

    /// <summary>A credential exists and we hold its value.</summary>
    /// <param name="Value">The value as consumers will read it from the vault.</param>
    /// <param name="Id">The provider's handle, when it has one.</param>
    /// <param name="ExpiresOn">The provider's end of the new credential, when it says one.</param>
    /// <param name="OldValidUntil">The old credential's end, when the provider says one.</param>
    public sealed record Issued(SecretText Value, string? Id, DateTimeOffset? ExpiresOn, DateTimeOffset? OldValidUntil) : IssueOutcome;

    /// <summary>Under way, and somebody else's turn: an approval at the provider, a person's presence, or a person who makes it by hand. <see cref="ICredentialProvider.RecoverAsync"/> tells when it is there.</summary>
    /// <param name="What">What is waited for, in words for people; bounded and harmless.</param>
    /// <param name="PollAfter">How long until asking again is worth it.</param>
    public sealed record Pending(string What, TimeSpan PollAfter) : IssueOutcome
    {
        /// <summary>The longest handle that is kept, in characters.</summary>
        public const int HandleMax = 4096;

        /// <summary>What the provider finds it by later, such as the address of an operation; never a secret. Kept with the attempt, unless it is longer than <see cref="HandleMax"/>.</summary>
        public string? Handle { get; init; }
    }

    /// <summary>Refused without effect; <paramref name="Code"/> is the provider's, bounded and harmless.</summary>
    public sealed record Rejected(string Code) : IssueOutcome;

    /// <summary>No effect: every slot is taken.</summary>
    public sealed record NoCapacity(string Code) : IssueOutcome;

    /// <summary>No effect: come back later.</summary>
    public sealed record Throttled(TimeSpan After) : IssueOutcome;

    /// <summary>A credential may exist that nobody can read.</summary>
    public sealed record Unknown(string Detail) : IssueOutcome;
}

/// <summary>What a probe with one credential showed. <c>RemoteDate</c> is the remote's own clock, when it sent one.</summary>
public abstract record ProbeOutcome(DateTimeOffset? RemoteDate)
{
    /// <summary>Accepted; <paramref name="Identity"/> is the credential's owner at the provider (merchant, tenant, server and role).</summary>
    public sealed record Works(string? Identity, DateTimeOffset? RemoteDate) : ProbeOutcome(RemoteDate)
    {
        /// <summary>The provider's handle of the very credential that was tried, where the probe shows it: its id, or its slot in a pair.</summary>
        public string? CredentialId { get; init; }
    }

    /// <summary>Known but not allowed to do the probe (403). Carries no identity.</summary>
    public sealed record Forbidden(DateTimeOffset? RemoteDate) : ProbeOutcome(RemoteDate);

    /// <summary>Not accepted (401). Whether that means "not yet" or "refused" is the engine's to say.</summary>
    public sealed record Refused(DateTimeOffset? RemoteDate) : ProbeOutcome(RemoteDate);

    /// <summary>Accepted, but it belongs to something else than the target.</summary>
    public sealed record WrongIdentity(string Detail, DateTimeOffset? RemoteDate) : ProbeOutcome(RemoteDate);

    public sealed record Throttled(TimeSpan After, DateTimeOffset? RemoteDate) : ProbeOutcome(RemoteDate);

    /// <summary>Nothing was learned.</summary>
    public sealed record Unknown(string Detail, DateTimeOffset? RemoteDate) : ProbeOutcome(RemoteDate);
}

/// <summary>Whether the management credential can see the target, so that an issue would not be refused for want of it.</summary>
public abstract record TargetOutcome(DateTimeOffset? RemoteDate)
{
    public sealed record Readable(DateTimeOffset? RemoteDate) : TargetOutcome(RemoteDate);

    public sealed record Unreadable(string Code, DateTimeOffset? RemoteDate) : TargetOutcome(RemoteDate);

    public sealed record Throttled(TimeSpan After, DateTimeOffset? RemoteDate) : TargetOutcome(RemoteDate);

    public sealed record Unknown(string Detail, DateTimeOffset? RemoteDate) : TargetOutcome(RemoteDate);
}

/// <summary>What became of a retire.</summary>
public abstract record RetireOutcome
{
    private RetireOutcome()
    {
    }

    public sealed record Retired : RetireOutcome;

    public sealed record AlreadyGone : RetireOutcome;

    /// <summary>The provider's timer ends it; there is no call to make.</summary>
    public sealed record EndsByTimer : RetireOutcome;

    public sealed record Rejected(string Code) : RetireOutcome;

    /// <summary>A person retires it there; a probe shows when that was done.</summary>
    public sealed record Pending(string What, TimeSpan PollAfter) : RetireOutcome;

    public sealed record Throttled(TimeSpan After) : RetireOutcome;

    public sealed record Unknown(string Detail) : RetireOutcome;
}

/// <summary>What the provider can still tell about an issue whose answer was lost.</summary>
public abstract record RecoverOutcome
{
    private RecoverOutcome()
    {
    }

    public sealed record NotIssued : RecoverOutcome;

    public sealed record Issued(IssueOutcome.Issued Result) : RecoverOutcome;

    /// <summary>Issued, value lost; these ids carry our marker and are to be retired.</summary>
    public sealed record IssuedSecretLost(IReadOnlyList<string> OrphanIds) : RecoverOutcome;

    /// <summary>Still somebody else's turn.</summary>
    public sealed record Pending(string What, TimeSpan PollAfter) : RecoverOutcome;

    /// <summary>Cannot tell; the traits decide.</summary>
    public sealed record Indeterminate : RecoverOutcome;
}

/// <summary>One credential as a provider lists it; never a value.</summary>
public sealed record ListedCredential(string Id, string? Marker, DateTimeOffset? CreatedOn);
