namespace CredRotation.Engine;

/// <summary>How far a rotation has got. Each <c>...Sent</c> was saved before its remote effect began. A hold stands beside the state.</summary>
public enum RotationState
{
    Detected,
    Authorized,
    IssueSent,
    Issued,
    VerifySent,
    Verified,
    PromoteSent,
    Promoted,
    Reloaded,
    RetireSent,

    /// <summary>The old credential stopped working, or its end was recorded as unproven.</summary>
    Retired,

    /// <summary>A person took the promotion back.</summary>
    RolledBack,

    /// <summary>Rejected or given up; nothing of ours lives.</summary>
    Abandoned,

    /// <summary>The binding or the current version changed before Issue.</summary>
    Superseded,
}

/// <summary>The steps of a rotation, in their order: names of folders, log events, cards and docs.</summary>
public enum RotationStep { Detect, Authorize, Issue, Verify, Promote, Reload, Retire }

/// <summary>What follows from a state alone.</summary>
public static class RotationStates
{
    public static bool IsEnd(this RotationState state)
        => state is RotationState.Retired or RotationState.RolledBack or RotationState.Abandoned or RotationState.Superseded;

    /// <summary>The step that moves a rotation out of this state; null at an end.</summary>
    public static RotationStep? NextStep(this RotationState state) => state switch
    {
        RotationState.Detected => RotationStep.Authorize,
        RotationState.Authorized or RotationState.IssueSent => RotationStep.Issue,
        RotationState.Issued or RotationState.VerifySent => RotationStep.Verify,
        RotationState.Verified or RotationState.PromoteSent => RotationStep.Promote,
        RotationState.Promoted => RotationStep.Reload,
        RotationState.Reloaded or RotationState.RetireSent => RotationStep.Retire,
        _ => null,
    };
}
