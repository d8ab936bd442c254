namespace CredRotation.Engine.Issue;

/// <summary>
/// Lets the visits of one process wait for an account's lane in the order of time left, so that who finds it taken need not go to the end of
/// the queue. It only orders: what keeps two visits apart is the lane's row.
/// </summary>
internal sealed class AccountTurns(TimeProvider clock)
{
    /// <summary>A visit that waits holds its credential and a place of the host: it comes back later instead.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, PriorityQueue<TaskCompletionSource<IDisposable>, (DateTimeOffset End, long Number)>> _waiting = new(StringComparer.OrdinalIgnoreCase);
    private long _number;

    /// <summary>The turn, to be given back; null when it did not come in time.</summary>
    public async Task<IDisposable?> TakeAsync(string account, DateTimeOffset? end, CancellationToken cancellationToken)
    {
        TaskCompletionSource<IDisposable> mine;
        lock (_gate)
        {
            if (!_waiting.TryGetValue(account, out var others))
            {
                _waiting.Add(account, new());
                return new Turn(this, account);
            }

            mine = new TaskCompletionSource<IDisposable>(TaskCreationOptions.RunContinuationsAsynchronously);
            others.Enqueue(mine, (end ?? DateTimeOffset.MaxValue, _number++));
        }

        try
        {
            return await mine.Task.WaitAsync(WaitMax, clock, cancellationToken);
        }
        catch (Exception given) when (given is TimeoutException or OperationCanceledException)
        {
            // It may have come in this very moment.
            if (!mine.TrySetCanceled(CancellationToken.None)) (await mine.Task).Dispose();
            if (given is OperationCanceledException) throw;
            return null;
        }
    }

    private void Pass(string account)
    {
        lock (_gate)
        {
            while (_waiting[account].TryDequeue(out var next, out _))
                if (next.TrySetResult(new Turn(this, account))) return;
            _waiting.Remove(account);
        }
    }

    private sealed class Turn(AccountTurns turns, string account) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0) turns.Pass(account);
        }
    }
}
