namespace CredRotation.Testing.Simulation;

/// <summary>Runs everything that is awaited on the thread that asked, in the order in which it became ready: one seed, one interleaving.</summary>
internal sealed class OneThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Run, object? State)> _ready = new();

    public override void Post(SendOrPostCallback d, object? state) => _ready.Enqueue((d, state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Does something and everything that becomes ready by it.</summary>
    public void Run(Action begin)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            begin();
            while (_ready.TryDequeue(out var next)) next.Run(next.State);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>For what never waits: the ports of a front without mishaps.</summary>
    public void Run(Func<Task> begin)
    {
        Task? task = null;
        Run(() => { task = begin(); });
        if (!task!.IsCompleted) throw new InvalidOperationException("It waits for something that nobody gives.");
        task.GetAwaiter().GetResult();
    }
}
