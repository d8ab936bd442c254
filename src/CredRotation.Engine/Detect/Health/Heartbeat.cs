namespace CredRotation.Engine.Detect.Health;

/// <summary>When something that must run again and again last began, last succeeded, and what last went wrong.</summary>
/// <param name="Name"><c>sweep</c>, <c>wake</c>, or <c>vault-</c> with a host.</param>
/// <param name="FirstOn">When it was first seen to begin: the age of one that never succeeded.</param>
/// <param name="Trouble">What failed since the last success; null after one.</param>
public sealed record Heartbeat(string Name, DateTimeOffset FirstOn, DateTimeOffset StartedOn, DateTimeOffset? SucceededOn, string? Trouble)
{
    public const int CurrentFormat = 1;

    /// <summary>Rows from before it was written are of format 1.</summary>
    public int Format { get; init; } = CurrentFormat;
}
