using System.Collections.Concurrent;

namespace CredRotation.Functions.Access;

/// <summary>
/// Lets each person make only so many calls of a kind in a minute, in this process: a bound on what one signed-in person can cost, not a proof against
/// many of them. Time is measured monotonically, and what is held is bounded.
/// </summary>
public sealed class CallLimits(TimeProvider time)
{
    private const int BucketsMax = 10_000;
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string Person, EndpointName Call), Bucket> _buckets = new();

    /// <summary>Null: it may be made. Else how long to wait.</summary>
    public TimeSpan? Refusal(Caller caller, AuthorizationRow row)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(row);
        if (row.PerMinute is not { } most) return null;

        if (_buckets.Count >= BucketsMax) Forget();
        // Whoever comes when all are taken shares one: too many people at once is a reason to slow down.
        var person = _buckets.Count < BucketsMax || _buckets.ContainsKey((caller.ObjectId, row.Name)) ? caller.ObjectId : "";
        return _buckets.GetOrAdd((person, row.Name), _ => new Bucket(most, time.GetTimestamp())).Take(most, time);
    }

    private void Forget()
    {
        foreach (var (key, bucket) in _buckets)
            if (bucket.IsFull(time)) _buckets.TryRemove(key, out _);
    }

    /// <summary>Calls that are left; they come back evenly over the window.</summary>
    private sealed class Bucket(double left, long at)
    {
        private readonly Lock _gate = new();
        private double _left = left;
        private long _at = at;

        public TimeSpan? Take(int most, TimeProvider time)
        {
            lock (_gate)
            {
                var now = time.GetTimestamp();
                _left = Math.Min(most, _left + (most * (time.GetElapsedTime(_at, now) / s_window)));
                _at = now;
                if (_left < 1) return (1 - _left) / most * s_window;
                _left--;
                return null;
            }
        }

        /// <summary>Not used for a whole window: a new one is the same.</summary>
        public bool IsFull(TimeProvider time)
        {
            lock (_gate) return time.GetElapsedTime(_at) >= s_window;
        }
    }
}
