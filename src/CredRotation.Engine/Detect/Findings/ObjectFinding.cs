using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Findings;

/// <summary>A finding about a watched object as it is remembered: since when, last seen when, told when, over when.</summary>
public sealed record ObjectFinding
{
    public const int CurrentFormat = 1;

    /// <summary>Rows from before it was written are of format 1.</summary>
    public int Format { get; init; } = CurrentFormat;

    public required WatchedName About { get; init; }

    public required Finding Finding { get; init; }

    /// <summary>A sweep found it, so a sweep that no longer does clears it; what others noted is cleared by age.</summary>
    public required bool IsOfSweep { get; init; }

    /// <summary>The group that hears of it; null is the default receiver.</summary>
    public string? Receiver { get; init; }

    /// <summary>The reminders of the ladder tell of it, and not the digests.</summary>
    public bool IsByLadder { get; init; }

    /// <summary>The object's end, where it has one.</summary>
    public DateTimeOffset? ExpiresOn { get; init; }

    /// <summary>How often it was noted, for what comes from outside again and again; at least, since a delivery may come twice. Null for what a sweep finds.</summary>
    public int? Times { get; init; }

    /// <summary>To the half day where a sweep finds it: one that sees only what it saw before writes nothing.</summary>
    public required DateTimeOffset LastSeenOn { get; init; }

    public DateTimeOffset? AnnouncedOn { get; init; }

    /// <summary>How bad it was when it was announced; announced again only when it is worse.</summary>
    public int? AnnouncedWeight { get; init; }

    /// <summary>When a whole look no longer saw it; kept for a while as the record that it is over.</summary>
    public DateTimeOffset? ClearedOn { get; init; }

    public bool IsOpen => ClearedOn is null;

    public bool IsToBeAnnounced => IsOpen && !IsByLadder && (AnnouncedWeight is not { } told || Finding.Weight > told);
}
