using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>An event that a topic accepted.</summary>
/// <param name="Sender">Who was signed in.</param>
public sealed record PublishedEvent(DateTimeOffset At, string Sender, JsonObject Body);

/// <summary>An Event Grid topic of the CloudEvents schema: takes batches from whoever may send, all or none, and keeps them.</summary>
public sealed class TopicServer : IAsyncDisposable
{
    private const string Path = "/api/events";
    private const string Batch = "application/cloudevents-batch+json";
    private readonly Lock _gate = new();
    private readonly List<PublishedEvent> _events = [];
    private readonly TimeProvider _clock;
    private readonly FaultyWire _wire;
    private readonly Func<string, string?> _senderOf;
    private LoopbackServer? _server;

    private TopicServer(TimeProvider clock, FaultyWire wire, Func<string, string?> senderOf) => (_clock, _wire, _senderOf) = (clock, wire, senderOf);

    public Uri Endpoint => new(_server!.Addresses[0], Path);

    public IReadOnlyList<PublishedEvent> Events
    {
        get
        {
            lock (_gate) return [.. _events];
        }
    }

    /// <param name="senderOf">Names the bearer of a token that may send; null refuses it.</param>
    public static async Task<TopicServer> StartAsync(TimeProvider clock, FaultyWire wire, X509Certificate2 certificate, Func<string, string?> senderOf, CancellationToken cancellationToken)
    {
        var server = new TopicServer(clock, wire, senderOf);
        server._server = await LoopbackServer.StartAsync(certificate, [0], server.HandleAsync, cancellationToken);
        return server;
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Method is not "POST" || request.Path != Path || request.Query["api-version"] != "2018-01-01")
            await _wire.WriteAsync(context, Error(new RemoteError(404, "NotFound", null, "The resource was not found.")));
        else if (FaultyWire.Bearer(context) is not { } token || _senderOf(token) is not { } sender)
            await _wire.WriteAsync(context, Error(new RemoteError(401, "Unauthorized", null, "The request did not carry a token of somebody who may send to this topic.")));
        else if (await FaultyWire.ReadTextAsync(context) is not { } body)
            await _wire.WriteAsync(context, Error(new RemoteError(413, "RequestEntityTooLarge", null, "The batch is too large.")));
        else
            await _wire.AnswerAsync(context, "topic.publish", () => Take(request.ContentType, body, sender), Error);
    }

    private Reply Take(string? contentType, string body, string sender)
    {
        if (contentType?.StartsWith(Batch, StringComparison.OrdinalIgnoreCase) is not true || Read(body) is not { } batch)
            return Error(new RemoteError(400, "BadRequest", null, "This topic takes batches of the CloudEvents v1.0 schema."));

        lock (_gate) _events.AddRange(batch.Select(one => new PublishedEvent(_clock.GetUtcNow(), sender, one)));
        return new Reply(200);
    }

    /// <summary>Null when not every one is a CloudEvent.</summary>
    private static List<JsonObject>? Read(string body)
    {
        try
        {
            return JsonNode.Parse(body) is JsonArray array && array.All(IsCloudEvent) ? [.. array.Select(one => one!.AsObject())] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsCloudEvent(JsonNode? node)
        => node is JsonObject one && Text(one, "specversion") == "1.0" && Text(one, "id") is { Length: > 0 } && Text(one, "source") is { Length: > 0 } && Text(one, "type") is { Length: > 0 };

    private static string? Text(JsonObject one, string member) => one[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static Reply Error(RemoteError error) => new(error.Status, new JsonObject { ["error"] = new JsonObject { ["code"] = error.Code, ["message"] = error.Message, ["details"] = new JsonArray() } });
}
