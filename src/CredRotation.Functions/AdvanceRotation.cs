using CredRotation.Engine;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>Takes one credential's open rotation as far as it can go now.</summary>
public sealed partial class AdvanceRotation(RotationEngine engine, ILogger<AdvanceRotation> logger)
{
    /// <summary>The queue that ways in fill and this one empties; messages are credential ids.</summary>
    public const string Queue = "rotations";

    [Function(nameof(AdvanceRotation))]
    public Task RunAsync([QueueTrigger(Queue, Connection = "AzureWebJobsStorage")] string body, CancellationToken cancellationToken)
    {
        if (CredentialId.TryParse(body?.Trim().Trim('"'), out var credential)) return engine.AdvanceAsync(credential, cancellationToken);

        // Completed, not thrown: a repeat would read no better.
        LogNotAnId(logger, body?.Length ?? 0);
        return Task.CompletedTask;
    }

    [LoggerMessage(1, LogLevel.Warning, "A message of {Length} characters on the queue is no credential id and was dropped. Nothing is lost: open rotations are woken from the registry. Find out who writes to the queue.")]
    private static partial void LogNotAnId(ILogger logger, int length);
}
