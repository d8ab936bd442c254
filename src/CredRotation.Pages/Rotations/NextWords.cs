using CredRotation.Engine;

namespace CredRotation.Pages.Rotations;

/// <summary>What happens next, and what works meanwhile, in plain words. Pure.</summary>
public static class NextWords
{
    public static string Next(Rotation rotation, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(rotation);
        if (rotation.State.NextStep() is not { } step) return End(rotation.State);
        if (rotation.Rollback is { IsRestored: false } asked) return $"{asked.PersonName} takes the promotion back: the old credential is tried, and becomes current again.";
        if (rotation.Hold is { } hold) return $"Nothing, until an owner answers: {HoldWords.Question(hold.Reason)}";
        if (rotation.WindowOpensOn is { } opens) return $"{step}, as soon as a change window opens: {Shown.Time(opens)}.";
        if (rotation.Failures > 0) return $"{step} is tried again. {rotation.Failures} of {RetryPolicy.FailuresMax} tries failed so far.";

        return rotation.WakeOn > now ? Waiting(rotation, step) : Doing(step);
    }

    /// <summary>Which credential consumers can rely on now.</summary>
    public static string StillWorks(Rotation rotation)
    {
        ArgumentNullException.ThrowIfNull(rotation);
        return rotation.State switch
        {
            RotationState.Promoted or RotationState.Reloaded when rotation.Rollback is { IsRestored: true } => "Both: the old one is current again, the new one is not ended yet.",
            RotationState.Retired => "The new credential. The old one has ended.",
            RotationState.Promoted or RotationState.Reloaded or RotationState.RetireSent when rotation.Plan.Traits.OldValidity is OldValidity.Immediate => "The new credential. The old one ended when the new one was issued.",
            RotationState.Promoted or RotationState.Reloaded or RotationState.RetireSent when rotation.OldEndsOn is { } end => $"Both: the new one is current, the old one until {Shown.Time(end)}.",
            RotationState.Promoted or RotationState.Reloaded => "Both: the new one is current, the old one is not retired.",
            RotationState.RetireSent => "The new one. The old one is being ended.",
            _ when rotation is { Plan.Traits.OldValidity: OldValidity.Immediate, Attempts.Count: > 0 } => "What has reloaded: the old credential ended when the new one was issued.",
            _ when rotation.OldEndsOn is { } end => $"The old credential, until {Shown.Time(end)}.",
            _ => "The old credential, as before.",
        };
    }

    private static string End(RotationState state) => state switch
    {
        RotationState.Retired => "Nothing. The old credential is retired, the new one is in use.",
        RotationState.RolledBack => "Nothing. A person took the new version back.",
        RotationState.Superseded => "Nothing. The secret or its binding changed before anything was issued.",
        _ => "Nothing. It was given up, and nothing of ours lives.",
    };

    private static string Doing(RotationStep step) => step switch
    {
        RotationStep.Authorize => "Who answers is read, and the plan is checked against what configuration grants.",
        RotationStep.Issue => "The provider issues a new credential; its value goes to the staging vault first.",
        RotationStep.Verify => "The staged credential is tried before any consumer sees it.",
        RotationStep.Promote => "The proven credential becomes the current version of the secret.",
        RotationStep.Reload => "Consumers are told and prove, instance by instance, that they run it.",
        _ => "The old credential is ended, and its end is shown.",
    };

    private static string Waiting(Rotation rotation, RotationStep step) => step switch
    {
        RotationStep.Verify => "The new credential may need a while to be accepted. It is tried again.",
        RotationStep.Reload => $"{rotation.Consumers.Count(consumer => consumer.IsAdopted)} of {rotation.Consumers.Count} consumers run the new version. The others are asked again.",
        RotationStep.Retire when rotation.OldEndsOn is { } end => $"The provider ends the old credential at {Shown.Time(end)}. Then its end is checked.",
        _ => $"{step} goes on. {Doing(step)}",
    };
}
