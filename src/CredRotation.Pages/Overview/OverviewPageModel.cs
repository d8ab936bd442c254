using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect.Findings;

namespace CredRotation.Pages.Overview;

/// <summary>One object's end.</summary>
/// <param name="Credential">The managed credential's id; null: nobody rotates it here.</param>
public sealed record EndLine(string Name, string Place, DateTimeOffset On, string? Credential);

/// <summary>An open rotation, and what it waits for.</summary>
public sealed record OpenLine(string Rotation, string Name, RotationState State, string? Question, bool IsIncident);

/// <summary>A week of ends in the picture; the first one holds everything that has ended.</summary>
public sealed record EndWeek(string Label, int Managed, int Unmanaged);

/// <summary>Everything at a glance: what needs somebody, what ends when, who answers, what is under way. Pure.</summary>
public sealed record OverviewPageModel
{
    /// <summary>Lines of one table; the rest is a number.</summary>
    public const int ShownMax = 25;

    /// <summary>Weeks in the picture.</summary>
    public const int Weeks = 13;

    public required IReadOnlyList<ObjectFinding> Findings { get; init; }

    /// <summary>By end, the nearest first.</summary>
    public required IReadOnlyList<EndLine> Ends { get; init; }

    public required IReadOnlyDictionary<OwnerState, int> Owners { get; init; }

    public required IReadOnlyList<OpenLine> Open { get; init; }

    /// <summary>What waits for the viewer.</summary>
    public required int Tasks { get; init; }

    /// <summary>The directory did not say for everything whether the viewer answers for it.</summary>
    public bool IsUnsure { get; init; }

    /// <summary>There is more than was read.</summary>
    public bool IsCut { get; init; }

    public required int Managed { get; init; }

    public required string Person { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>How many end in which week; later ends are left out of the picture.</summary>
    public IReadOnlyList<EndWeek> Picture =>
    [
        Week("ended", end => end.On <= Now),
        .. Enumerable.Range(0, Weeks).Select(week => Week(week == 0 ? "this week" : $"{week} wk", end => end.On > Now && (int)((end.On - Now).TotalDays / 7) == week)),
    ];

    private EndWeek Week(string label, Func<EndLine, bool> isIn)
        => new(label, Ends.Count(end => end.Credential is not null && isIn(end)), Ends.Count(end => end.Credential is null && isIn(end)));
}
