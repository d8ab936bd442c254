using CredRotation.Engine.Authorize;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Rehearse;

/// <summary>What a rotation begun now would come to.</summary>
public enum RehearsalVerdict
{
    /// <summary>It would run without asking anybody.</summary>
    WouldRotate,

    /// <summary>It would open and wait for the people named.</summary>
    WouldAsk,

    /// <summary>Nothing is due yet; a person may still start one.</summary>
    NotDue,

    /// <summary>A rotation is open: it goes on, and none is begun beside it.</summary>
    IsOpen,

    /// <summary>The mode lets nothing be rotated.</summary>
    ModeForbids,

    /// <summary>Something stands in the way, each with its remedy.</summary>
    Blocked,
}

/// <summary>One call that a step would make.</summary>
/// <param name="Kind"><c>vault</c>, <c>provider</c>, <c>consumer</c> or <c>notification</c>.</param>
public sealed record PlannedCall(string Kind, string Operation, bool IsEffect);

/// <summary>One step as it would go.</summary>
/// <param name="MayStop">What can say no there, in words.</param>
public sealed record PlannedStep(RotationStep Step, string What, IReadOnlyList<PlannedCall> Calls, IReadOnlyList<string> MayStop);

/// <summary>Who would be asked.</summary>
/// <param name="Group">The group whose members answer: the binding's, or the fallback group while that has nobody left.</param>
/// <param name="Needed">How many different people must approve; 0 asks nobody.</param>
public sealed record PlannedApproval(string Group, string? GroupName, OwnerState State, int People, int Reachable, bool IsFallback, int Needed, string Why);

/// <summary>The times a rotation begun now would go by; null where none is stated.</summary>
public sealed record PlannedTimes(DateTimeOffset? DueOn, DateTimeOffset ApproveBy, DateTimeOffset? LastSafeMoment, DateTimeOffset? OldEndsOn, DateTimeOffset? ReserveFrom, DateTimeOffset NewExpiresOn);

/// <summary>What would happen now to one secret, and what stands in the way. Nothing of it was done.</summary>
/// <param name="ModeFrom">The setting that decides the mode.</param>
/// <param name="DueBecause">Why it is due; null when it is not.</param>
/// <param name="Binding">The binding that would be frozen: the registry's, or what the tags ask for.</param>
public sealed record RehearsalReport(
    SecretName Secret,
    bool IsManaged,
    RehearsalVerdict Verdict,
    string Says,
    RotationMode Mode,
    string ModeFrom,
    string Version,
    DateTimeOffset? ExpiresOn,
    string? DueBecause,
    Binding? Binding,
    PlannedTimes? Times,
    PlannedApproval? Approval,
    IReadOnlyList<PlannedStep> Steps,
    IReadOnlyList<Finding> InTheWay,
    RotationId? Open);
