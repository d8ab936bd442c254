using CredRotation.Engine;
using CredRotation.Engine.Registry;

namespace CredRotation.Pages.Rotations;

/// <summary>Everything the rotation page says, made from the registry's records alone. Pure.</summary>
public sealed record RotationPageModel
{
    /// <summary>The newest entries shown of one rotation.</summary>
    public const int LedgerMax = 200;

    private static readonly RotationStep[] s_steps = Enum.GetValues<RotationStep>();

    public required CredentialRow Credential { get; init; }

    public required Rotation Rotation { get; init; }

    /// <summary>Oldest first.</summary>
    public required IReadOnlyList<LedgerLine> Ledger { get; init; }

    public required Viewer Viewer { get; init; }

    public required DateTimeOffset Now { get; init; }

    public required IReadOnlyList<StepMark> Steps { get; init; }

    public required string Next { get; init; }

    public required string StillWorks { get; init; }

    public required IReadOnlyList<HoldButton> Buttons { get; init; }

    public static RotationPageModel Of(CredentialRow credential, Rotation rotation, IReadOnlyList<LedgerLine> ledger, Viewer viewer, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(rotation);
        ArgumentNullException.ThrowIfNull(ledger);
        return new RotationPageModel
        {
            Credential = credential,
            Rotation = rotation,
            Ledger = ledger,
            Viewer = viewer,
            Now = now,
            Steps = [.. s_steps.Select(step => new StepMark(step, StatusOf(step, rotation, ledger), DoneOn(step, rotation, ledger)))],
            Next = NextWords.Next(rotation, now),
            StillWorks = NextWords.StillWorks(rotation),
            Buttons = rotation.Hold is { } hold ? [.. hold.Choices.Select(choice => HoldButton.Of(choice, hold))] : [],
        };
    }

    private static StepStatus StatusOf(RotationStep step, Rotation rotation, IReadOnlyList<LedgerLine> ledger)
    {
        if (rotation.State == RotationState.Retired) return StepStatus.Done;
        if (rotation.State.NextStep() is not { } next) return DoneOn(step, rotation, ledger) is null ? StepStatus.NotReached : StepStatus.Done;
        if (step != next) return step < next ? StepStatus.Done : StepStatus.Ahead;

        return rotation.Hold is null ? StepStatus.Current : StepStatus.Held;
    }

    private static DateTimeOffset? DoneOn(RotationStep step, Rotation rotation, IReadOnlyList<LedgerLine> ledger)
    {
        var state = Reached(step).ToString();
        return step == RotationStep.Detect ? rotation.Plan.OpenedOn : ledger.LastOrDefault(line => line.Entry.What == state)?.Entry.At;
    }

    private static RotationState Reached(RotationStep step) => step switch
    {
        RotationStep.Detect => RotationState.Detected,
        RotationStep.Authorize => RotationState.Authorized,
        RotationStep.Issue => RotationState.Issued,
        RotationStep.Verify => RotationState.Verified,
        RotationStep.Promote => RotationState.Promoted,
        RotationStep.Reload => RotationState.Reloaded,
        _ => RotationState.Retired,
    };
}
