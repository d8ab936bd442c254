namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>Counts the functions and requests that run now, so that a replay knows when nothing does.</summary>
internal sealed class HostActivity
{
    private int _inFlight;

    public int InFlight => Volatile.Read(ref _inFlight);

    public IDisposable Enter()
    {
        Interlocked.Increment(ref _inFlight);
        return new Work(this);
    }

    private sealed class Work(HostActivity activity) : IDisposable
    {
        private HostActivity? _activity = activity;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _activity, null) is { } entered) Interlocked.Decrement(ref entered._inFlight);
        }
    }
}
