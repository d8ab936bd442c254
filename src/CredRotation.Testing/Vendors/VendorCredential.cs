using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>How a credential of the simulated vendor is at one moment.</summary>
public enum VendorCredentialState
{
    /// <summary>Made, and refused until its activation is over.</summary>
    Pending,

    Live,

    /// <summary>Refused; a person could enable it again.</summary>
    Disabled,

    Dead,
}

/// <summary>A credential of the simulated vendor; the truth about it.</summary>
/// <param name="Id">The vendor's id of it: for the wire, in lists and in words.</param>
/// <param name="Owner">Whom it belongs to: a probe's identity.</param>
/// <param name="Marker">What its issue was marked with; null when a person made it.</param>
/// <param name="Slot">Its place in a pair.</param>
public sealed record VendorCredential(string Id, string Target, string Owner, SecretText Value, string? Marker, string? Slot, DateTimeOffset CreatedOn, DateTimeOffset ActiveFrom)
{
    /// <summary>The end that was asked for with it.</summary>
    public DateTimeOffset? ExpiresOn { get; init; }

    /// <summary>The end that another's issue, first use or approval gave it.</summary>
    public DateTimeOffset? ClockEndsOn { get; init; }

    public DateTimeOffset? FirstUsedOn { get; init; }

    public DateTimeOffset? DisabledOn { get; init; }

    /// <summary>When it was retired, written over, or deleted.</summary>
    public DateTimeOffset? GoneOn { get; init; }

    /// <summary>The earliest end that is known now.</summary>
    public DateTimeOffset? EndsOn => new[] { ExpiresOn, ClockEndsOn, GoneOn }.Min();

    public VendorCredentialState StateAt(DateTimeOffset now)
        => EndsOn <= now ? VendorCredentialState.Dead
            : DisabledOn <= now ? VendorCredentialState.Disabled
            : now < ActiveFrom ? VendorCredentialState.Pending
            : VendorCredentialState.Live;

    /// <summary>Usable now, or once its activation is over.</summary>
    public bool IsAlive(DateTimeOffset now) => StateAt(now) is VendorCredentialState.Live or VendorCredentialState.Pending;
}

/// <summary>Everything one issue says.</summary>
/// <param name="OldHandle">The slot that consumers run, where there are two.</param>
/// <param name="Material">The value to set, where the caller makes it.</param>
public sealed record VendorOrder(string Target, string Marker, string Token, DateTimeOffset ExpiresOn, string? OldHandle, SecretText? Material);

/// <summary>What became of an order that the vendor took.</summary>
public sealed record VendorReceipt(VendorCredential? Credential, DateTimeOffset? OldEndsOn);

/// <summary>Something that waits for a person at the vendor.</summary>
/// <param name="Order">What is to be issued; null for a retirement.</param>
/// <param name="CredentialId">What is to be retired, or what was made.</param>
public sealed record VendorErrand(string Key, VendorOrder? Order, string? CredentialId, DateTimeOffset AskedOn)
{
    public bool IsDone { get; init; }

    public bool IsRefused { get; init; }

    public bool IsOpen => !IsDone && !IsRefused;
}

/// <summary>One call to the simulated vendor and everything it changed.</summary>
/// <param name="Caller">Who called: a host, a consumer, or a person.</param>
/// <param name="Touched">The credential it was about.</param>
/// <param name="Stopped">The credentials that it ended, or whose end it started.</param>
public sealed record VendorRequest(DateTimeOffset At, string Caller, string Operation, string? Target, string? Touched, string? Marker, int Status, IReadOnlyList<string> Stopped)
{
    /// <summary>What an issue said, without which two cannot be compared.</summary>
    public VendorOrder? Order { get; init; }
}
