using CredRotation.Engine;

namespace CredRotation.Pages.Rotations;

/// <summary>How a step stands.</summary>
public enum StepStatus { Done, Current, Held, Ahead, NotReached }

/// <summary>One of the seven steps as the picture shows it.</summary>
/// <param name="On">When it was done.</param>
public sealed record StepMark(RotationStep Step, StepStatus Status, DateTimeOffset? On)
{
    public string Words => Status switch
    {
        StepStatus.Done => "done",
        StepStatus.Current => "now",
        StepStatus.Held => "waits for a person",
        StepStatus.Ahead => "ahead",
        _ => "not reached",
    };
}
