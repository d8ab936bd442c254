using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>Receives what is posted to a Teams workflow's webhook: 202 with nothing, and the message is kept.</summary>
public sealed class TeamsServer : IAsyncDisposable
{
    private const string Path = "/powerautomate/automations/direct/workflows/";
    private const string Signature = "sandbox";
    private readonly InboxModel _model;
    private readonly FaultyWire _wire;
    private LoopbackServer? _server;

    private TeamsServer(InboxModel model, FaultyWire wire) => (_model, _wire) = (model, wire);

    public static async Task<TeamsServer> StartAsync(InboxModel model, FaultyWire wire, X509Certificate2? certificate, CancellationToken cancellationToken)
    {
        var server = new TeamsServer(model, wire);
        server._server = await LoopbackServer.StartAsync(certificate, [0], server.HandleAsync, cancellationToken);
        return server;
    }

    /// <summary>A channel's webhook; like the real one it is good only with its whole query.</summary>
    public Uri Webhook(string channel) => new(_server!.Addresses[0], $"{Path}{channel}/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={Signature}");

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (context.Request.Method is not "POST" || !path.StartsWith(Path, StringComparison.Ordinal) || context.Request.Query["sig"] != Signature)
        {
            await _wire.WriteAsync(context, Error(new RemoteError(401, "AuthorizationFailed", null, "The signature is invalid.")));
            return;
        }

        var channel = path[Path.Length..].Split('/')[0];
        var body = await FaultyWire.ReadTextAsync(context);
        await _wire.AnswerAsync(context, "notify", () => Receive(context, channel, body), Error);
    }

    private Reply Receive(HttpContext context, string channel, string? body)
    {
        if (body is null || !context.Request.HasJsonContentType()) return Error(new RemoteError(400, "InvalidRequestContent", null, "The request content is not valid."));
        _model.Receive(channel, body);
        return new Reply(202);
    }

    private static Reply Error(RemoteError error) => new(error.Status, new JsonObject { ["error"] = new JsonObject { ["code"] = error.Code, ["message"] = error.Message } });
}
