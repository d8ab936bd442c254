namespace CredRotation.Tests.Sandbox;

/// <summary>Runs every kill at once, because each mostly waits for the old key's end; a few at a time start their processes.</summary>
public sealed class KilledRotations : IAsyncDisposable
{
    private const int BusyMax = 3;
    private readonly CancellationTokenSource _leaving = new();
    private readonly SemaphoreSlim _busy = new(BusyMax);
    private readonly Dictionary<Kill, Task<KilledOutcome>> _outcomes;

    public KilledRotations()
        => _outcomes = Kill.All.Select((kill, index) => (kill, index)).ToDictionary(one => one.kill, one => Task.Run(() => KilledRotation.RunAsync(one.kill, 100 + one.index, _busy, _leaving.Token)));

    public Task<KilledOutcome> OfAsync(Kill kill, CancellationToken cancellationToken) => _outcomes[kill].WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        await Task.WhenAll(_outcomes.Values).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _leaving.Dispose();
        _busy.Dispose();
    }
}
