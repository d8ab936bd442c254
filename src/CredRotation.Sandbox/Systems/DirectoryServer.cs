using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>Speaks the part of Microsoft Graph v1.0 that an owner check reads, in front of one model; pages are small so that paging is always used.</summary>
public sealed class DirectoryServer : IAsyncDisposable
{
    private const int PageSize = 2;
    private readonly DirectoryModel _model;
    private readonly FaultyWire _wire;
    private LoopbackServer? _server;

    private DirectoryServer(DirectoryModel model, FaultyWire wire) => (_model, _wire) = (model, wire);

    /// <summary>The Graph base URI, version included.</summary>
    public Uri BaseUri => new(_server!.Addresses[0], "v1.0");

    public static async Task<DirectoryServer> StartAsync(DirectoryModel model, FaultyWire wire, X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        var server = new DirectoryServer(model, wire);
        server._server = await LoopbackServer.StartAsync(certificate, [0], server.HandleAsync, cancellationToken);
        return server;
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task HandleAsync(HttpContext context)
    {
        if (FaultyWire.Bearer(context) is null)
        {
            await _wire.WriteAsync(context, Error(new RemoteError(401, "InvalidAuthenticationToken", null, "Access token is empty.")));
            return;
        }

        var parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (context.Request.Method is "GET" && Route(context, parts) is { } route)
            await _wire.AnswerAsync(context, $"directory.{route.Operation}", route.Effect, Error);
        else
            await _wire.WriteAsync(context, Error(new RemoteError(400, "Request_BadRequest", null, "Resource not found for the segment.")));
    }

    private (string Operation, Func<Reply> Effect)? Route(HttpContext context, string[] parts) => parts switch
    {
        ["v1.0", "groups", var id] => ("group", () => _model.FindGroup(id) is { } group ? new Reply(200, Group(group)) : NotFound(id)),
        ["v1.0", "directory", "deletedItems", var id, "graph.group" or "microsoft.graph.group"] => ("deleted", () => _model.FindDeletedGroup(id) is { } group ? new Reply(200, Group(group)) : NotFound(id)),
        ["v1.0", "groups", var id, "transitiveMembers", "graph.user" or "microsoft.graph.user"] => ("members", () => Members(context, id)),
        _ => null,
    };

    private Reply Members(HttpContext context, string id)
    {
        if (_model.FindGroup(id) is not { } group) return NotFound(id);

        // A cast is an advanced query: the real one refuses it without this header, on every page.
        if (!string.Equals(context.Request.Headers["ConsistencyLevel"], "eventual", StringComparison.OrdinalIgnoreCase))
            return Error(new RemoteError(400, "Request_UnsupportedQuery", null, "The specified query needs ConsistencyLevel: eventual."));
        var start = int.TryParse(context.Request.Query["$skiptoken"].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var token) ? token : 0;
        var users = _model.TransitiveUsers(id);
        var body = new JsonObject { ["@odata.context"] = $"{BaseUri}/$metadata#users", ["@odata.count"] = users.Count };
        if (start + PageSize < users.Count)
            body["@odata.nextLink"] = string.Create(CultureInfo.InvariantCulture, $"{BaseUri}/groups/{group.Id}/transitiveMembers/graph.user?$count=true&$skiptoken={start + PageSize}");
        body["value"] = new JsonArray([.. users.Skip(start).Take(PageSize).Select(user => User(user, group.HidesMembers))]);
        return new Reply(200, body);
    }

    private static JsonObject Group(DirectoryGroup group)
    {
        var body = new JsonObject { ["@odata.type"] = "#microsoft.graph.group", ["id"] = group.Id, ["displayName"] = group.Name, ["mail"] = group.Mail, ["mailEnabled"] = group.Mail is not null, ["securityEnabled"] = true, ["groupTypes"] = new JsonArray() };
        if (group.DeletedOn is { } deletedOn) body["deletedDateTime"] = deletedOn.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return body;
    }

    // What a missing permission looks like: a 200 with type and id, everything else null.
    private static JsonObject User(DirectoryUser user, bool isHidden) => new()
    {
        ["@odata.type"] = "#microsoft.graph.user",
        ["id"] = user.Id,
        ["displayName"] = isHidden ? null : user.Name,
        ["mail"] = isHidden ? null : user.Mail,
        ["userPrincipalName"] = isHidden ? null : user.Mail,
        ["accountEnabled"] = isHidden ? null : user.IsEnabled,
        ["userType"] = isHidden ? null : user.UserType,
    };

    private Reply NotFound(string id) => Error(new RemoteError(404, "Request_ResourceNotFound", null, $"Resource '{id}' does not exist or one of its queried reference-property objects are not present."));

    private Reply Error(RemoteError error) => new(error.Status, new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["code"] = error.Code,
            ["message"] = error.Message,
            ["innerError"] = new JsonObject { ["date"] = _model.Now.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) },
        },
    });
}
