using CredRotation.Adapters.EventGrid;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>The same by way of a storage queue, where events wait while the app is away; what fails five times is kept in the poison queue.</summary>
public sealed class HearEvent(EventHearing hearing)
{
    /// <summary>The queue that Event Grid fills.</summary>
    public const string Queue = "events";

    [Function(nameof(HearEvent))]
    public Task RunAsync([QueueTrigger(Queue, Connection = "AzureWebJobsStorage")] string message, CancellationToken cancellationToken)
        => hearing.HearAsync(nameof(HearEvent), KeyVaultEvents.ParseMessage(message), cancellationToken);
}
