using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure;
using Azure.Core;
using Azure.Messaging;
using Azure.Messaging.EventGrid;
using CredRotation.Engine;
using CredRotation.Engine.Evidence;

namespace CredRotation.Adapters.EventGrid;

/// <summary>Publishes completed rotations to an Event Grid topic of the CloudEvents schema, signed in as the app; the event's id is the rotation's, so that a repeat is seen as one.</summary>
public sealed class EventGridRotationEvents : IRotationEvents
{
    public const string CompletedType = "CredRotation.RotationCompleted";

    public const string AnchoredType = "CredRotation.ChainAnchored";

    private readonly EventGridPublisherClient _client;

    /// <param name="configure">What a head that is not on Azure adds (transport).</param>
    public EventGridRotationEvents(Uri topic, TokenCredential credential, Action<EventGridPublisherClientOptions>? configure)
    {
        var options = new EventGridPublisherClientOptions();
        // The visit itself comes back; a long wait here would only eat its claim.
        options.Retry.MaxRetries = 1;
        options.Diagnostics.IsLoggingContentEnabled = false;
        configure?.Invoke(options);
        _client = new EventGridPublisherClient(topic, credential, options);
    }

    /// <summary>False for an address that a token must not travel to; without a topic nothing is to be published.</summary>
    public static bool TryTopic(string? setting, out Uri? topic)
    {
        topic = null;
        return string.IsNullOrWhiteSpace(setting) || (Uri.TryCreate(setting, UriKind.Absolute, out topic) && topic.Scheme == Uri.UriSchemeHttps);
    }

    public Task PublishAsync(RotationCompleted completed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(completed);
        var data = new JsonObject
        {
            ["credential"] = completed.Credential.Value,
            ["rotation"] = completed.Rotation.Value,
            ["state"] = completed.State.ToString(),
            ["vault"] = completed.Vault,
            ["secret"] = completed.Secret,
            ["version"] = completed.Version,
            ["planHash"] = completed.PlanHash,
            ["chain"] = new JsonObject { ["sequence"] = completed.Chain.Sequence, ["hash"] = completed.Chain.Hash },
        };
        var notice = new CloudEvent($"/credrotation/credentials/{completed.Credential.Value}", CompletedType, BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(data)), "application/json", CloudEventDataFormat.Json)
        {
            Id = completed.Rotation.Value,
            Subject = $"{completed.Vault}/{completed.Secret}",
            Time = completed.EndedOn,
        };
        return SendAsync(notice, cancellationToken);
    }

    public Task AnchorAsync(ChainAnchor anchor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(anchor);
        var data = new JsonObject
        {
            ["takenOn"] = anchor.TakenOn.ToString("O", CultureInfo.InvariantCulture),
            ["digest"] = anchor.Digest,
            ["credentials"] = anchor.Credentials,
            ["part"] = anchor.Part,
            ["parts"] = anchor.Parts,
            ["heads"] = new JsonArray([.. anchor.Heads.Select(head => (JsonNode)new JsonObject { ["credential"] = head.Credential.Value, ["sequence"] = head.Sequence, ["hash"] = head.Hash })]),
        };
        return SendAsync(new CloudEvent("/credrotation/chains", AnchoredType, BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(data)), "application/json", CloudEventDataFormat.Json)
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{anchor.TakenOn.ToUnixTimeSeconds()}-{anchor.Part}"),
            Subject = anchor.Digest,
            Time = anchor.TakenOn,
        }, cancellationToken);
    }

    private async Task SendAsync(CloudEvent notice, CancellationToken cancellationToken)
    {
        try
        {
            await _client.SendEventAsync(notice, cancellationToken);
        }
        catch (RequestFailedException failed)
        {
            // Its own message quotes the answer's body, so neither is kept.
            var trouble = failed.Status switch
            {
                400 or 413 => RemoteTrouble.BadRequest,
                401 or 403 => RemoteTrouble.Denied,
                404 => RemoteTrouble.NotFound,
                429 => RemoteTrouble.Throttled,
                _ => RemoteTrouble.Unknown,
            };
            throw Trouble(trouble, failed.Status > 0 ? string.Create(CultureInfo.InvariantCulture, $"answered HTTP {failed.Status}") : "could not be reached");
        }
        catch (AggregateException unreached) when (unreached.InnerExceptions.All(inner => inner is RequestFailedException))
        {
            // So the client says that every one of its tries broke off.
            throw Trouble(RemoteTrouble.Unknown, "could not be reached");
        }
    }

    private static RemoteTroubleException Trouble(RemoteTrouble trouble, string what)
        => new("eventgrid", trouble, $"The topic for completed rotations {what}; rotations themselves are done. Check EventGrid:TopicEndpoint, that the topic takes CloudEvents, and that the app has the role EventGrid Data Sender on it.");
}
