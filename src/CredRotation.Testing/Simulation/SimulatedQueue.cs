using CredRotation.Engine;
using CredRotation.Engine.Registry;

namespace CredRotation.Testing.Simulation;

/// <summary>An installation's queue: at least once, in any order, and whatever the storm makes of it.</summary>
internal sealed class SimulatedQueue(TimeProvider clock)
{
    private readonly List<(CredentialId Credential, DateTimeOffset VisibleOn, long Number)> _messages = [];
    private long _number;

    /// <summary>Decides what becomes of a message: how many copies, and how much later.</summary>
    public Func<(int Copies, TimeSpan Later)>? Storm { get; set; }

    public DateTimeOffset? NextVisibleOn => _messages.Count == 0 ? null : _messages.Min(message => message.VisibleOn);

    public void Send(CredentialId credential, TimeSpan delay)
    {
        if (delay > TimeSpan.Zero && delay <= BusyPause) delay = BusyPause * 9;
        var (copies, later) = Storm?.Invoke() ?? (1, TimeSpan.Zero);
        for (var copy = 0; copy < copies; copy++) _messages.Add((credential, clock.GetUtcNow() + delay + (later * copy), _number++));
    }

    /// <summary>Whoever finds a credential busy asks again in seconds; a queue may deliver later than that, and here it does.</summary>
    private static readonly TimeSpan BusyPause = TimeSpan.FromSeconds(5);

    /// <summary>Takes a message that is visible now.</summary>
    public bool TryTake(out CredentialId credential)
    {
        var now = clock.GetUtcNow();
        var found = _messages.FindIndex(message => message.VisibleOn <= now);
        credential = found < 0 ? default : _messages[found].Credential;
        if (found < 0) return false;
        if (Storm is not null) _messages.RemoveAt(found);
        // Out of a storm a visit that ends at once makes its doubles needless.
        else _messages.RemoveAll(message => message.VisibleOn <= now);
        return found >= 0;
    }

    /// <summary>This queue as one host reaches it.</summary>
    public IWorkQueue Through(FaultInjector faults) => new Port(this, faults);

    private sealed class Port(SimulatedQueue queue, FaultInjector faults) : IWorkQueue
    {
        public async Task SendAsync(CredentialId credential, TimeSpan delay, CancellationToken cancellationToken)
        {
            var answer = await faults.RunAsync<bool>("queue.send", () =>
            {
                queue.Send(credential, delay);
                return true;
            }, cancellationToken);
            if (answer.Error is { } error) throw new RemoteTroubleException("queue", RemoteTrouble.Unknown, $"The queue answered {error.Status}.");
        }
    }
}
