using CredRotation.Engine.Detect.Health;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Logging;

namespace CredRotation.Engine.Detect;

/// <summary>Puts every open credential whose wake is due back on the queue, those with the least time left first.</summary>
public sealed partial class Sleepers
{
    private readonly CredentialRegistry _registry;
    private readonly IWorkQueue _queue;
    private readonly Heartbeats _heartbeats;
    private readonly TimeProvider _clock;
    private readonly ILogger<Sleepers> _logger;

    internal Sleepers(CredentialRegistry registry, IWorkQueue queue, Heartbeats heartbeats, TimeProvider clock, ILogger<Sleepers> logger)
        => (_registry, _queue, _heartbeats, _clock, _logger) = (registry, queue, heartbeats, clock, logger);

    /// <summary>Answers how many were woken.</summary>
    public async Task<int> WakeAsync(CancellationToken cancellationToken)
    {
        await _heartbeats.StartAsync(Heartbeats.Wake, cancellationToken);
        var now = _clock.GetUtcNow();
        var due = new List<CredentialRow>();
        await foreach (var row in _registry.ListOpenAsync(cancellationToken))
        {
            if (row.WakeOn is not { } wakeOn || wakeOn <= now) due.Add(row);
        }

        foreach (var row in due.OrderBy(row => row.Seen.ExpiresOn ?? DateTimeOffset.MaxValue)) await _queue.SendAsync(row.Id, TimeSpan.Zero, cancellationToken);
        await _heartbeats.SucceedAsync(Heartbeats.Wake, cancellationToken);
        if (due.Count > 0) LogWoke(_logger, due.Count);
        return due.Count;
    }

    [LoggerMessage(1, LogLevel.Information, "Woke {Count} credentials")]
    private static partial void LogWoke(ILogger logger, int count);
}
