using System.ComponentModel.DataAnnotations;

namespace CredRotation.Engine.Detect.Health;

/// <summary>When a heartbeat counts as late: three intervals of its schedule, written down because the schedule is the platform's.</summary>
public sealed class HealthOptions
{
    public const string Section = "Health";

    /// <summary>For <c>SweepSchedule</c>, every hour by default, and for each vault the sweep reads.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan SweepLateAfter { get; init; } = TimeSpan.FromHours(3);

    /// <summary>For the daily anchor of the chain heads, which a sweep takes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "90.00:00:00")]
    public TimeSpan AnchorLateAfter { get; init; } = TimeSpan.FromDays(3);

    /// <summary>For <c>RemindSchedule</c>, every hour by default.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan RemindersLateAfter { get; init; } = TimeSpan.FromHours(3);

    /// <summary>For <c>WakeSchedule</c>, every minute by default.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan WakeLateAfter { get; init; } = TimeSpan.FromMinutes(3);
}
