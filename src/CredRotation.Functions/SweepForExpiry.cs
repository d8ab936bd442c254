using CredRotation.Engine.Detect;
using CredRotation.Engine.Setup;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>Reads the properties of every secret in every watched vault: the truth that events only hint at.</summary>
public sealed partial class SweepForExpiry(CredentialSweep sweep, SetupCheck setup, ILogger<SweepForExpiry> logger)
{
    [Function(nameof(SweepForExpiry))]
    public async Task RunAsync([TimerTrigger("%SweepSchedule%")] TimerInfo timer, CancellationToken cancellationToken)
    {
        try
        {
            await setup.AnnounceAsync(cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // The sweep is the truth; what is missing is told next time.
            LogNotChecked(logger, failure);
        }

        await sweep.RunAsync(cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Error, "The setup could not be checked. The sweep goes on.")]
    private static partial void LogNotChecked(ILogger logger, Exception failure);
}
