using System.Collections.Concurrent;

namespace CredRotation.Engine.Detect.Health;

/// <summary>When each watched vault was last heard of by an event: the only sign from inside that a subscription exists and delivers.</summary>
public sealed class EventsHeard
{
    /// <summary>How coarse it is, so that a storm of events costs a few writes.</summary>
    private static readonly TimeSpan s_step = TimeSpan.FromHours(1);

    private readonly Heartbeats _heartbeats;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, DateTimeOffset> _noted = new(StringComparer.Ordinal);

    internal EventsHeard(Heartbeats heartbeats, TimeProvider clock) => (_heartbeats, _clock) = (heartbeats, clock);

    /// <param name="vaultHost">A watched one: what else calls itself a vault is not remembered.</param>
    public async Task NoteAsync(string vaultHost, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        if (_noted.TryGetValue(vaultHost, out var on) && now - on < s_step) return;
        await _heartbeats.SucceedAsync(Heartbeats.OfEvents(vaultHost), cancellationToken);
        _noted[vaultHost] = now;
    }

    public async Task<DateTimeOffset?> LastAsync(string vaultHost, CancellationToken cancellationToken)
        => (await _heartbeats.ReadAsync(cancellationToken)).Find(Heartbeats.OfEvents(vaultHost))?.SucceededOn;
}
