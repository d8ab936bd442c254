namespace CredRotation.Sandbox.Systems;

/// <summary>
/// One clock for every part of a sandbox: it runs at real speed and can jump forwards. A jump moves the timestamp too, and fires the
/// timers it passes. Whoever has work in flight says so with <see cref="Busy"/>, so that nobody jumps over it.
/// </summary>
public sealed class SandboxClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly HashSet<JumpingTimer> _timers = [];
    private readonly List<string> _busy = [];
    private readonly DateTimeOffset _start = System.GetUtcNow();
    private readonly long _startTimestamp = System.GetTimestamp();
    private TimeSpan _jumped;

    /// <summary>Whether nothing is in flight.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate) return _busy.Count == 0;
        }
    }

    /// <summary>What is in flight.</summary>
    public IReadOnlyList<string> BusyWith
    {
        get
        {
            lock (_gate) return [.. _busy];
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    private TimeSpan Elapsed
    {
        get
        {
            lock (_gate) return System.GetElapsedTime(_startTimestamp) + _jumped;
        }
    }

    public override long GetTimestamp() => Elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    /// <summary>Moves to a moment and fires what it passes. A moment that is over changes nothing: time does not run backwards.</summary>
    public void JumpTo(DateTimeOffset moment)
    {
        JumpingTimer[] timers;
        lock (_gate)
        {
            var distance = moment - GetUtcNow();
            if (distance <= TimeSpan.Zero) return;
            _jumped += distance;
            timers = [.. _timers];
        }

        foreach (var timer in timers) timer.Rearm();
    }

    /// <summary>Marks work in flight until disposed.</summary>
    public IDisposable Busy(string what)
    {
        lock (_gate) _busy.Add(what);
        return new BusyScope(this, what);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new JumpingTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class BusyScope(SandboxClock clock, string what) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 1) return;
            lock (clock._gate) clock._busy.Remove(what);
        }
    }

    private sealed class JumpingTimer : ITimer
    {
        private readonly SandboxClock _clock;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private readonly ITimer _alarm;
        private TimeSpan? _due;
        private TimeSpan _period;
        private bool _isDisposed;

        public JumpingTimer(SandboxClock clock, TimerCallback callback, object? state)
        {
            (_clock, _callback, _state) = (clock, callback, state);
            _alarm = System.CreateTimer(_ => Ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_clock._gate)
            {
                if (_isDisposed) return false;
                _due = dueTime == Timeout.InfiniteTimeSpan ? null : _clock.Elapsed + dueTime;
                _period = period;
                if (_due is null) _clock._timers.Remove(this);
                else _clock._timers.Add(this);
                Arm();
                return true;
            }
        }

        public void Rearm()
        {
            lock (_clock._gate) Arm();
        }

        public void Dispose()
        {
            lock (_clock._gate)
            {
                _isDisposed = true;
                _due = null;
                _clock._timers.Remove(this);
            }

            _alarm.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        // The real alarm may ring early after a change of plan, and cannot be set for years: it only asks whether it is time.
        private void Ring()
        {
            lock (_clock._gate)
            {
                if (_due is not { } due) return;
                if (_clock.Elapsed < due)
                {
                    Arm();
                    return;
                }

                _due = _period > TimeSpan.Zero ? _clock.Elapsed + _period : null;
                if (_due is null) _clock._timers.Remove(this);
                Arm();
            }

            _callback(_state);
        }

        private void Arm()
        {
            if (_isDisposed) return;
            if (_due is not { } due)
            {
                _alarm.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }

            var wait = due - _clock.Elapsed;
            _alarm.Change(wait <= TimeSpan.Zero ? TimeSpan.Zero : wait < s_longest ? wait + TimeSpan.FromMilliseconds(1) : s_longest, Timeout.InfiniteTimeSpan);
        }

        private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);
    }
}
