using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Rehearse;

namespace CredRotation.Functions.Answers;

/// <summary>A rehearsal as JSON: the verdict in one sentence first, then everything it rests on.</summary>
public sealed record RehearsalView(
    string Vault,
    string Secret,
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
    string? OpenRotation)
{
    public static RehearsalView Of(RehearsalReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new(report.Secret.VaultUri.AbsoluteUri, report.Secret.Name, report.IsManaged, report.Verdict, report.Says, report.Mode, report.ModeFrom, report.Version, report.ExpiresOn,
            report.DueBecause, report.Binding, report.Times, report.Approval, report.Steps, report.InTheWay, report.Open?.Value);
    }
}
