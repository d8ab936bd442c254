using CredRotation.Engine.Detect;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>Reads the properties of every secret in every watched vault: the truth that events only hint at.</summary>
public sealed class SweepForExpiry(CredentialSweep sweep)
{
    [Function(nameof(SweepForExpiry))]
    public Task RunAsync([TimerTrigger("%SweepSchedule%")] TimerInfo timer, CancellationToken cancellationToken)
        => sweep.RunAsync(cancellationToken);
}
