namespace CredRotation.Testing.Simulation;

/// <summary>One host's own clock: it may be off and may jump; its monotonic side does neither.</summary>
internal sealed class HostClock(TimeProvider truth) : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override long TimestampFrequency => truth.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => truth.GetUtcNow() + Offset;

    public override long GetTimestamp() => truth.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => truth.CreateTimer(callback, state, dueTime, period);
}
