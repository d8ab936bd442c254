using CredRotation.Engine.Detect.Health;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Logging;

namespace CredRotation.Engine.Detect;

/// <summary>
/// Puts every open credential whose wake is due back on the queue, those with the least time left first. What it sent for a row that nobody
/// visited since waits on the queue still, most likely: that is sent again only after a while, so that a backlog does not grow by every wake.
/// </summary>
public sealed partial class Sleepers
{
    /// <summary>How long a message is trusted to be on its way. Kept in memory alone: whoever starts anew sends once more.</summary>
    public static readonly TimeSpan SendAgainAfter = TimeSpan.FromMinutes(10);

    private readonly CredentialRegistry _registry;
    private readonly IWorkQueue _queue;
    private readonly Heartbeats _heartbeats;
    private readonly TimeProvider _clock;
    private readonly ILogger<Sleepers> _logger;

    // Only of what is due now, so never more than the open-work index.
    private Dictionary<CredentialId, Sent> _sent = [];

    internal Sleepers(CredentialRegistry registry, IWorkQueue queue, Heartbeats heartbeats, TimeProvider clock, ILogger<Sleepers> logger)
        => (_registry, _queue, _heartbeats, _clock, _logger) = (registry, queue, heartbeats, clock, logger);

    /// <summary>Answers how many were woken.</summary>
    public async Task<int> WakeAsync(CancellationToken cancellationToken)
    {
        await _heartbeats.StartAsync(Heartbeats.Wake, cancellationToken);
        var now = _clock.GetUtcNow();
        var due = new List<(CredentialId Id, DateTimeOffset? End, DateTimeOffset? SavedOn)>();
        await foreach (var row in _registry.ListOpenAsync(cancellationToken))
        {
            if (row.WakeOn is not { } wakeOn || wakeOn <= now) due.Add((row.Id, row.Seen.ExpiresOn, row.SavedOn));
        }

        var (sent, woken) = (new Dictionary<CredentialId, Sent>(), 0);
        foreach (var (id, _, savedOn) in due.OrderBy(row => row.End ?? DateTimeOffset.MaxValue))
        {
            if (_sent.TryGetValue(id, out var before) && before.SavedOn == savedOn && _clock.GetElapsedTime(before.At) < SendAgainAfter)
            {
                sent[id] = before;
                continue;
            }

            await _queue.SendAsync(id, TimeSpan.Zero, cancellationToken);
            sent[id] = new Sent(savedOn, _clock.GetTimestamp());
            woken++;
        }

        _sent = sent;
        await _heartbeats.SucceedAsync(Heartbeats.Wake, cancellationToken);
        if (woken > 0) LogWoke(_logger, woken);
        return woken;
    }

    /// <param name="SavedOn">The row's last write: a visit since then would have written it.</param>
    private readonly record struct Sent(DateTimeOffset? SavedOn, long At);

    [LoggerMessage(1, LogLevel.Information, "Woke {Count} credentials")]
    private static partial void LogWoke(ILogger logger, int count);
}
