using CredRotation.Engine.Ladder;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>Checks that those who answer are there, and reminds them of ends that nothing has replaced.</summary>
public sealed class RemindOwners(LadderClimber ladder)
{
    [Function(nameof(RemindOwners))]
    public Task RunAsync([TimerTrigger("%RemindSchedule%")] TimerInfo timer, CancellationToken cancellationToken)
        => ladder.RunAsync(cancellationToken);
}
