using CredRotation.Engine;
using CredRotation.Engine.Ladder;
using CredRotation.Pages.Credentials;

namespace CredRotation.Pages.Tasks;

/// <summary>A rotation that waits for the viewer, among others.</summary>
/// <param name="CanApprove">Its hold offers to approve, and the viewer may.</param>
public sealed record DecisionTask(Rotation Rotation, Hold Hold, bool CanApprove, bool CanHandIn);

/// <summary>A reminder that the viewer may take on.</summary>
public sealed record ReminderTask(LadderNotice Notice, string Rung);

/// <summary>Everything that waits for this very person. Pure.</summary>
public sealed record TasksPageModel(
    IReadOnlyList<DecisionTask> Decisions,
    IReadOnlyList<ReminderTask> Reminders,
    IReadOnlyList<CredentialLine> Changes,
    IReadOnlyList<CredentialLine> Releases,
    bool IsUnsure,
    string Person,
    DateTimeOffset Now)
{
    /// <summary>Tasks of one kind on the page.</summary>
    public const int ShownMax = 100;

    /// <summary>What waits for the viewer; a reminder that somebody took on waits for nobody.</summary>
    public int Count => Decisions.Count + Reminders.Count(task => !task.Notice.IsAcknowledged) + Changes.Count + Releases.Count;
}
