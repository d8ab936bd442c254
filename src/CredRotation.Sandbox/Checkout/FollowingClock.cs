namespace CredRotation.Sandbox.Checkout;

/// <summary>
/// The system clock, set by the dates of the sandbox's answers as a machine is set by its time server: when the sandbox's clock jumps,
/// an app in another process says the same day.
/// </summary>
public sealed class FollowingClock : TimeProvider
{
    // A date header has whole seconds and takes a moment to arrive; less is no jump.
    private static readonly TimeSpan s_tolerance = TimeSpan.FromSeconds(5);
    private long _ahead;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ahead));

    public void Follow(DateTimeOffset? date)
    {
        if (date is { } remote && (remote - GetUtcNow()).Duration() > s_tolerance) Interlocked.Exchange(ref _ahead, (remote - System.GetUtcNow()).Ticks);
    }
}
