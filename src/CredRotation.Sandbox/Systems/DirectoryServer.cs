using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;
using Microsoft.AspNetCore.WebUtilities;

namespace CredRotation.Sandbox.Systems;

/// <summary>Speaks the part of Microsoft Graph v1.0 that an owner check reads and that sends mail, in front of one model and one inbox.</summary>
public sealed class DirectoryServer : IAsyncDisposable
{
    private const int DefaultPage = 100;
    private const int BatchMax = 20;
    private readonly DirectoryModel _model;
    private readonly InboxModel _inbox;
    private readonly FaultyWire _wire;
    private readonly ApplicationRoutes? _applications;
    private LoopbackServer? _server;
    private int _calls;

    private DirectoryServer(DirectoryModel model, InboxModel inbox, ApplicationModel? applications, FaultyWire wire)
    {
        (_model, _inbox, _wire) = (model, inbox, wire);
        if (applications is not null) _applications = new ApplicationRoutes(applications, Error, () => BaseUri);
    }

    /// <summary>HTTP requests that carried a token; a batch is one.</summary>
    public int Calls => _calls;

    /// <summary>The Graph base URI, version included.</summary>
    public Uri BaseUri => new(_server!.Addresses[0], "v1.0");

    /// <param name="certificate">Null: plain http.</param>
    /// <param name="applications">Null: the directory shows no app registration.</param>
    public static async Task<DirectoryServer> StartAsync(DirectoryModel model, InboxModel inbox, FaultyWire wire, X509Certificate2? certificate, CancellationToken cancellationToken, ApplicationModel? applications = null)
    {
        var server = new DirectoryServer(model, inbox, applications, wire);
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

        Interlocked.Increment(ref _calls);
        var parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (context.Request.Method is "GET" && Route(new Question(context.Request.Query, context.Request.Headers["ConsistencyLevel"]), parts) is { } route)
            await _wire.AnswerAsync(context, $"directory.{route.Operation}", _model.Grant is DirectoryGrant.Nothing ? Denied : route.Effect, Error);
        else if (context.Request.Method is "POST" && parts is ["v1.0", "$batch"])
            await BatchAsync(context);
        else if (_applications is not null && parts is ["v1.0", var set, ..] && set.StartsWith("applications", StringComparison.Ordinal))
            await ApplicationsAsync(context, _applications, parts);
        else if (context.Request.Method is "POST" && parts is ["v1.0", "users", var sender, "sendMail"] && await FaultyWire.ReadAsync(context) is { } mail)
            await _wire.AnswerAsync(context, "mail.send", () => Send(Uri.UnescapeDataString(sender), mail), Error);
        else
            await _wire.WriteAsync(context, Error(new RemoteError(400, "Request_BadRequest", null, "Resource not found for the segment.")));
    }

    private async Task ApplicationsAsync(HttpContext context, ApplicationRoutes applications, string[] parts)
    {
        var body = context.Request.Method is "POST" ? await FaultyWire.ReadAsync(context) : null;
        if (applications.Route(context.Request.Method, parts, context.Request.Query, body) is { } route) await _wire.AnswerAsync(context, $"directory.{route.Operation}", route.Effect, Error);
        else await _wire.WriteAsync(context, Error(new RemoteError(400, "Request_BadRequest", null, "Resource not found for the segment.")));
    }

    /// <summary>Each question is answered by itself, in no order that anybody promised.</summary>
    private async Task BatchAsync(HttpContext context)
    {
        if (await FaultyWire.ReadAsync(context) is not { } body || body["requests"] is not JsonArray { Count: > 0 and <= BatchMax } questions)
        {
            await _wire.WriteAsync(context, Error(new RemoteError(400, "BadRequest", null, $"A batch holds 1 to {BatchMax} requests.")));
            return;
        }

        var answers = new List<JsonNode>();
        foreach (var question in questions.Reverse()) answers.Add(await AnswerAsync(question!));
        await _wire.AnswerAsync(context, "directory.batch", () => new Reply(200, new JsonObject { ["responses"] = new JsonArray([.. answers]) }), Error);
    }

    private async Task<JsonObject> AnswerAsync(JsonNode question)
    {
        var uri = new Uri(new Uri("http://batch/"), (string?)question["url"] ?? "");
        string[] parts = ["v1.0", .. uri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
        var asked = new Question(new QueryCollection(QueryHelpers.ParseQuery(uri.Query)), (string?)Member(question["headers"], "ConsistencyLevel"));
        var (reply, retryAfter) = (string?)question["method"] is "GET" && Route(asked, parts) is { } route
            ? await _wire.AnswerPartAsync($"directory.{route.Operation}", _model.Grant is DirectoryGrant.Nothing ? Denied : route.Effect, Error)
            : (Error(new RemoteError(400, "Request_BadRequest", null, "Resource not found for the segment.")), null);
        var headers = new JsonObject { ["Content-Type"] = "application/json" };
        if (retryAfter is { } after) headers["Retry-After"] = after.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        return new JsonObject { ["id"] = (string?)question["id"], ["status"] = reply.Status, ["headers"] = headers, ["body"] = reply.Body };
    }

    private (string Operation, Func<Reply> Effect)? Route(Question question, string[] parts) => parts switch
    {
        ["v1.0", "groups", var id] => ("group", () => _model.FindGroup(id) is { } group ? new Reply(200, Group(group)) : NotFound(id)),
        ["v1.0", "directory", "deletedItems", var id, "graph.group" or "microsoft.graph.group"] => ("deleted", () => _model.FindDeletedGroup(id) is { } group ? new Reply(200, Group(group)) : NotFound(id)),
        ["v1.0", "groups", var id, "transitiveMembers", "graph.user" or "microsoft.graph.user"] => ("members", () => Members(question, id)),
        ["v1.0", "users", var id, "manager"] => ("manager", () => _model.ManagerOf(id) is { } manager ? new Reply(200, User(manager, _model.Grant is DirectoryGrant.MembersWithoutProperties)) : NotFound(id)),
        _ => null,
    };

    private Reply Members(Question question, string id)
    {
        if (_model.FindGroup(id) is not { } group) return NotFound(id);

        // A cast is an advanced query: the real one refuses it without this header, on every page.
        if (!string.Equals(question.ConsistencyLevel, "eventual", StringComparison.OrdinalIgnoreCase))
            return Error(new RemoteError(400, "Request_UnsupportedQuery", null, "The specified query needs ConsistencyLevel: eventual."));
        if (Number(question, "$top") is > DirectoryModel.LargestPage) return Error(new RemoteError(400, "Request_BadRequest", null, "Invalid page size specified: must be between 1 and 999 inclusive."));
        var (start, top) = (Number(question, "$skiptoken") ?? 0, Number(question, "$top") ?? DefaultPage);
        var size = Math.Clamp(top, 1, _model.PageMax);
        var users = _model.TransitiveUsers(id);
        var isHidden = group.HidesMembers || _model.Grant is DirectoryGrant.MembersWithoutProperties;
        var body = new JsonObject { ["@odata.context"] = $"{BaseUri}/$metadata#users", ["@odata.count"] = users.Count };
        if (start + size < users.Count)
            body["@odata.nextLink"] = string.Create(CultureInfo.InvariantCulture, $"{BaseUri}/groups/{group.Id}/transitiveMembers/graph.user?$count=true&$top={top}&$skiptoken={start + size}");
        body["value"] = new JsonArray([.. users.Skip(start).Take(size).Select(user => User(user, isHidden))]);
        return new Reply(200, body);
    }

    // 202 is no delivery; only what has a sender's mailbox and receivers is accepted. Members are read in any case, as there.
    private Reply Send(string sender, JsonObject mail)
    {
        if (_model.FindUser(sender) is not { Mail: { } from }) return Error(new RemoteError(404, "ErrorInvalidUser", null, $"The requested user '{sender}' is invalid."));
        var message = Member(mail, "message");
        var to = (Member(message, "toRecipients") as JsonArray ?? []).Select(receiver => (string?)Member(Member(receiver, "emailAddress"), "address")).OfType<string>().ToList();
        if (to.Count == 0) return Error(new RemoteError(400, "ErrorInvalidRecipients", null, "At least one recipient is not valid."));
        _inbox.ReceiveMail(from, to, (string?)Member(message, "subject") ?? "", (string?)Member(Member(message, "body"), "content") ?? "");
        return new Reply(202);
    }

    private static JsonNode? Member(JsonNode? parent, string name)
        => (parent as JsonObject)?.FirstOrDefault(member => string.Equals(member.Key, name, StringComparison.OrdinalIgnoreCase)).Value;

    private static int? Number(Question question, string name)
        => int.TryParse(question.Query[name].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private Reply Denied() => Error(new RemoteError(403, "Authorization_RequestDenied", null, "Insufficient privileges to complete the operation."));

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

    /// <summary>What a read says beside its path, alone or in a batch.</summary>
    private sealed record Question(IQueryCollection Query, string? ConsistencyLevel);
}
