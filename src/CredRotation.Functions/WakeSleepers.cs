using CredRotation.Engine.Detect;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>Puts every credential whose next visit is due back on the queue, whatever got lost.</summary>
public sealed class WakeSleepers(Sleepers sleepers)
{
    [Function(nameof(WakeSleepers))]
    public Task RunAsync([TimerTrigger("%WakeSchedule%")] TimerInfo timer, CancellationToken cancellationToken)
        => sleepers.WakeAsync(cancellationToken);
}
