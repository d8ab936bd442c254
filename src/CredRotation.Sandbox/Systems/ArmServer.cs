using System.Globalization;
using System.Text.Json.Nodes;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>Speaks the part of Azure Resource Manager that lists and regenerates keys, in front of one model.</summary>
public sealed class ArmServer : IAsyncDisposable
{
    private const string OperationsPath = "subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Sandbox/locations/westeurope/operationsStatus/";
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(15);

    private readonly ArmModel _model;
    private readonly FaultyWire _wire;
    private readonly List<string> _requests = [];
    private readonly Lock _gate = new();
    private LoopbackServer? _server;

    private ArmServer(ArmModel model, FaultyWire wire) => (_model, _wire) = (model, wire);

    public Uri Address => _server!.Addresses[0];

    /// <summary>Every request that carried a token, as method, path and query.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_gate) return [.. _requests];
        }
    }

    public static async Task<ArmServer> StartAsync(ArmModel model, FaultyWire wire, CancellationToken cancellationToken)
    {
        var server = new ArmServer(model, wire);
        server._server = await LoopbackServer.StartAsync(null, [0], server.HandleAsync, cancellationToken);
        return server;
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task HandleAsync(HttpContext context)
    {
        if (FaultyWire.Bearer(context) is null)
        {
            await _wire.WriteAsync(context, Error(new RemoteError(401, "AuthenticationFailed", null, "Authentication failed. The 'Authorization' header is missing.")));
            return;
        }

        var path = context.Request.Path.Value!;
        lock (_gate) _requests.Add($"{context.Request.Method} {path}{context.Request.QueryString}");
        var version = context.Request.Query["api-version"].FirstOrDefault();
        if (context.Request.Method is "GET" && path.StartsWith($"/{OperationsPath}", StringComparison.Ordinal))
            await _wire.AnswerAsync(context, "arm.operation", () => Watch(context, path[(OperationsPath.Length + 1)..]), Error);
        else if (context.Request.Method is "POST" && _model.Find(path) is { } found)
        {
            var body = await FaultyWire.ReadAsync(context);
            await _wire.AnswerAsync(context, found.Action == found.Resource.Api.List ? "arm.list" : "arm.regenerate", () => Act(context, found.Resource, found.Action, version, body), Error);
        }
        else
            await _wire.AnswerAsync(context, "arm.nothing", () => Error(new RemoteError(404, "ResourceNotFound", null, "The resource was not found.")), Error);
    }

    private Reply Act(HttpContext context, ArmResource resource, string action, string? version, JsonObject? body)
    {
        var answer = _model.Act(resource, action, version, body);
        if (!answer.IsOk) return Error(answer.Error);
        if (answer.Value.Operation is { } operation)
        {
            context.Response.Headers[resource.Api.Style is ArmOperationStyle.Status ? "Azure-AsyncOperation" : "Location"] = new Uri(Address, $"{OperationsPath}{operation}?api-version={version}").AbsoluteUri;
            Wait(context);
        }

        return new Reply(answer.Value.Status, answer.Value.Body);
    }

    private Reply Watch(HttpContext context, string operation)
    {
        if (_model.Watch(operation) is not { } watched) return Error(new RemoteError(404, "NotFound", null, "The operation was not found."));
        if (!watched.IsDone) Wait(context);
        return (watched.Style, watched.IsDone) switch
        {
            (ArmOperationStyle.Location, false) => new Reply(202),
            (ArmOperationStyle.Location, true) => new Reply(200, new JsonObject()),
            _ => new Reply(200, new JsonObject { ["status"] = watched.IsDone ? "Succeeded" : "InProgress" }),
        };
    }

    private static void Wait(HttpContext context) => context.Response.Headers.RetryAfter = s_poll.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);

    private static Reply Error(RemoteError error) => new(error.Status, new JsonObject { ["error"] = new JsonObject { ["code"] = error.Code, ["message"] = error.Message } });
}
