using System.Collections.Concurrent;
using System.Diagnostics;

namespace CredRotation.Benchmarks.UnderFire;

/// <summary>What a request's slice of the run was.</summary>
internal enum LoadSlice { Warm, Quiet, Rotating }

/// <summary>Sends orders at a steady rate, whether those before were answered or not; a late answer counts from when the order was due.</summary>
internal sealed class OpenLoad : IAsyncDisposable
{
    private readonly IReadOnlyList<Uri> _shops;
    private readonly TimeSpan _gap;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.FromMinutes(30) }) { Timeout = TimeSpan.FromSeconds(30) };
    private readonly ConcurrentDictionary<LoadSlice, ConcurrentBag<double>> _latencies = new();
    private readonly ConcurrentDictionary<Task, bool> _open = new();
    private readonly CancellationTokenSource _ending = new();
    private Task _running = Task.CompletedTask;
    private long _failed;
    private int _slice;

    public OpenLoad(IReadOnlyList<Uri> shops, int rps) => (_shops, _gap) = (shops, TimeSpan.FromSeconds(1) / rps);

    public LoadSlice Slice { get => (LoadSlice)Volatile.Read(ref _slice); set => Volatile.Write(ref _slice, (int)value); }

    public long Failed => Interlocked.Read(ref _failed);

    public long Count => _latencies.Where(pair => pair.Key is not LoadSlice.Warm).Sum(pair => (long)pair.Value.Count);

    /// <summary>Sorted.</summary>
    public IReadOnlyList<double> Latencies(LoadSlice slice) => _latencies.TryGetValue(slice, out var found) ? [.. found.Order()] : [];

    public void Begin(CancellationToken cancellationToken)
    {
        var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        _running = Task.Run(async () =>
        {
            using (ending) await SendAsync(ending.Token);
        }, CancellationToken.None);
    }

    public async Task EndAsync()
    {
        await _ending.CancelAsync();
        await _running;
        await Task.WhenAll(_open.Keys);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _http.Dispose();
        _ending.Dispose();
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        var (started, sent) = (Stopwatch.GetTimestamp(), 0L);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var due = (long)(Stopwatch.GetElapsedTime(started) / _gap);
                for (; sent < due; sent++)
                {
                    var order = OrderAsync(_shops[(int)(sent % _shops.Count)], started + (long)(sent * _gap.TotalSeconds * Stopwatch.Frequency), Slice);
                    if (order.IsCompleted) continue;
                    _open.TryAdd(order, true);
                    _ = order.ContinueWith(done => _open.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The load ends.
        }
    }

    private async Task OrderAsync(Uri shop, long due, LoadSlice slice)
    {
        var isPaid = false;
        try
        {
            using var answer = await _http.PostAsync(new Uri(shop, "/buy"), null);
            isPaid = answer.IsSuccessStatusCode;
        }
        catch (Exception trouble) when (trouble is HttpRequestException or TaskCanceledException)
        {
            // It failed, whatever the reason.
        }

        if (!isPaid && slice is not LoadSlice.Warm) Interlocked.Increment(ref _failed);
        _latencies.GetOrAdd(slice, _ => []).Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
    }
}
