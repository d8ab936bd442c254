using CredRotation.Benchmarks.KilledProcess;

namespace CredRotation.Tests.Sandbox;

/// <summary>Runs every kill of the sample at once, because each mostly waits for an end; a few at a time start their processes.</summary>
public sealed class KilledRotations : IAsyncDisposable
{
    private const int BusyMax = 3;
    private readonly CancellationTokenSource _leaving = new();
    private readonly SemaphoreSlim _busy = new(BusyMax);
    private readonly Dictionary<Kill, Task<KillEnd>> _ends;

    public KilledRotations()
        => _ends = KillPlan.Sample.Select((kill, index) => (kill, index)).ToDictionary(one => one.kill, one => Task.Run(() => KillEnd.OfAsync(one.kill, 100 + one.index, _busy, _leaving.Token)));

    internal Task<KillEnd> OfAsync(Kill kill, CancellationToken cancellationToken) => _ends[kill].WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        await Task.WhenAll(_ends.Values).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _leaving.Dispose();
        _busy.Dispose();
    }
}
