using CredRotation.Engine.Authorize;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine;

/// <summary>One stay at one credential, from claim to release. Holds in memory what must not be stored.</summary>
internal sealed class Visit
{
    public required string Id { get; init; }

    /// <summary>Monotonic time stamp taken before the claim was sent; the claim's own end is measured from here.</summary>
    public required long ClaimedAt { get; init; }

    public required CredentialRow Row { get; set; }

    /// <summary>The wake that stood before this visit: whoever set it asked for it, too.</summary>
    public DateTimeOffset? WakeBefore { get; init; }

    public required string RowTag { get; set; }

    /// <summary>The open rotation, or one that ended in this visit and is not closed.</summary>
    public Rotation? Open { get; set; }

    public string? RotationTag { get; set; }

    /// <summary>The rotation that a step works on.</summary>
    public Rotation Rotation => Open ?? throw new System.Diagnostics.UnreachableException("A step ran without a rotation.");

    /// <summary>A person's wish to rotate now, found in the inbox.</summary>
    public InboxItem.Start? Wish { get; set; }

    /// <summary>Changed tags that ask for the adoption of a released credential, found in the inbox.</summary>
    public InboxItem.Retagged? Retagged { get; set; }

    /// <summary>The owners' channel was tried in this visit for the release that is asked.</summary>
    public bool HasTriedToTell { get; set; }

    /// <summary>The first hint of this visit: what reached us, and when.</summary>
    public (string Source, DateTimeOffset On)? Signal { get; set; }

    /// <summary>The attempt whose <c>IssueSent</c> this very visit wrote: only then may the issue be sent; every other visit recovers.</summary>
    public int? MayIssueAttempt { get; set; }

    /// <summary>True when this very visit wrote <c>PromoteSent</c>; every other visit looks first.</summary>
    public bool MayPromote { get; set; }

    /// <summary>True when this very visit saved the intention to roll back; every other visit looks first.</summary>
    public bool MayRollBack { get; set; }

    /// <summary>How long a call of this visit whose answer was lost may still take to land; null when none was lost.</summary>
    public TimeSpan? Landing { get; set; }

    public ProviderTarget? Target { get; set; }

    /// <summary>The caller-made value of the attempt that is under way.</summary>
    public SecretText? Material { get; set; }

    /// <summary>The new value, only in the visit that issued it.</summary>
    public SecretText? IssuedValue { get; set; }

    /// <summary>The value that is current in the vault, as the last look of this visit found it.</summary>
    public SecretText? LiveValue { get; set; }

    /// <summary>Group readings of this visit: one question to the directory per group.</summary>
    public Dictionary<string, OwnerReading> Owners { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The newest answer of a remote's clock minus ours.</summary>
    public TimeSpan? RemoteClockSkew { get; set; }

    /// <summary>The account whose lane this visit holds.</summary>
    public string? Lane { get; set; }

    /// <summary>Its turn among this process's visits at that account; given back when the visit ends.</summary>
    public IDisposable? Turn { get; set; }

    /// <summary>Inbox rows folded since the last save; removed with it.</summary>
    public List<StoredRow> Folded { get; } = [];

    /// <summary>Ledger notes made since the last save.</summary>
    public List<LedgerNote> Notes { get; } = [];
}

/// <summary>The visit no longer holds its credential, or has too little time left for an effect. Somebody else goes on.</summary>
internal sealed class VisitOverException(string reason, bool isStillOurs = false) : Exception(reason)
{
    /// <summary>The claim is ours and no effect is under way, so it can be handed back at once.</summary>
    public bool IsStillOurs { get; } = isStillOurs;
}
