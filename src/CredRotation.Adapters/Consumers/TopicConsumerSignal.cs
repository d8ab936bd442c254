using System.Globalization;
using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Messaging;
using Azure.Messaging.EventGrid;
using CredRotation.Engine;
using CredRotation.Engine.Reload;

namespace CredRotation.Adapters.Consumers;

/// <summary>
/// Publishes the signal to a consumer's own topic of the CloudEvents schema. A rehearsal is published, too: whoever hears it does nothing, and
/// it shows that the topic takes our events. Needs the role EventGrid Data Sender on the topic.
/// </summary>
internal sealed class TopicConsumerSignal(TokenCredential credential, Action<EventGridPublisherClientOptions>? configure) : IConsumerChannel
{
    public const string RequestedType = "CredRotation.ReloadRequested";

    public IReadOnlyList<ConsumerKind> Kinds { get; } = [ConsumerKind.EventGrid];

    public async Task<SignalAnswer> SignalAsync(ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken)
    {
        var options = new EventGridPublisherClientOptions();
        options.Retry.MaxRetries = 1;
        options.Diagnostics.IsLoggingContentEnabled = false;
        configure?.Invoke(options);
        var data = BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(SignalBody.Of(signal), JsonSerializerOptions.Web));
        var requested = new CloudEvent($"/credrotation/credentials/{CredentialId.Of(signal.Secret).Value}", RequestedType, data, "application/json", CloudEventDataFormat.Json)
        {
            // The same signal again is the same event.
            Id = $"{signal.Rotation.Value}-{signal.Version}{(signal.Rehearsal ? "-rehearsal" : "")}",
            Subject = $"{signal.Secret.VaultHost}/{signal.Secret.Name}",
        };
        try
        {
            await new EventGridPublisherClient(consumer.Topic!, credential, options).SendEventAsync(requested, cancellationToken);
            return new SignalAnswer.Told();
        }
        catch (RequestFailedException failed)
        {
            return new SignalAnswer.Silent(failed.Status switch
            {
                401 or 403 => string.Create(CultureInfo.InvariantCulture, $"Its topic did not admit us (HTTP {failed.Status}). Give the app's identity the role EventGrid Data Sender on it."),
                400 => "Its topic refused the event (HTTP 400). It has to take the CloudEvents schema 1.0.",
                404 => "There is no such topic (HTTP 404). Correct the consumer's Topic.",
                0 => "Its topic could not be reached.",
                _ => string.Create(CultureInfo.InvariantCulture, $"Its topic answered HTTP {failed.Status}."),
            });
        }
        catch (AggregateException unreached) when (unreached.InnerExceptions.All(inner => inner is RequestFailedException))
        {
            return new SignalAnswer.Silent("Its topic could not be reached.");
        }
    }
}
