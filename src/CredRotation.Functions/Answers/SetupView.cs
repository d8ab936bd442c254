using CredRotation.Engine;
using CredRotation.Engine.Setup;

namespace CredRotation.Functions.Answers;

/// <summary>What the app needs as JSON, what is missing first.</summary>
public sealed record SetupView(DateTimeOffset On, bool IsComplete, RotationMode Mode, IReadOnlyList<string> Lowered, IReadOnlyList<NeedView> Needs)
{
    public static SetupView Of(SetupReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new(report.On, report.IsComplete, report.Mode, report.Lowered,
            [.. report.Needs.OrderBy(need => need.State switch { NeedState.Missing => 0, NeedState.Unknown => 1, _ => 2 }).Select(need => new NeedView(need.Name, need.State, need.Detail, need.Without, need.Command, need.WhoMayGrant))]);
    }
}

/// <summary>One need.</summary>
public sealed record NeedView(string Name, NeedState State, string Detail, string Without, string? Command, string? WhoMayGrant);

/// <summary>What was done, in a sentence.</summary>
public sealed record SentView(string Says);
