using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>Speaks Key Vault's secrets data plane, and the lists of keys and certificates, over HTTPS as clients expect it, one vault per port, in front of one model.</summary>
public sealed class VaultServer : IAsyncDisposable
{
    private const string Challenge = "Bearer authorization=\"https://login.microsoftonline.com/00000000-0000-0000-0000-0000000000aa\", resource=\"https://vault.azure.net\"";
    private readonly VaultModel _model;
    private readonly FaultyWire _wire;
    private readonly Func<string, string> _nameOf;
    private LoopbackServer? _server;

    private VaultServer(VaultModel model, FaultyWire wire, Func<string, string> nameOf) => (_model, _wire, _nameOf) = (model, wire, nameOf);

    /// <summary>Vault URIs by alias.</summary>
    public IReadOnlyDictionary<string, Uri> Vaults { get; private set; } = new Dictionary<string, Uri>();

    /// <param name="ports">Of each alias; where one is taken, all vaults take free ones.</param>
    /// <param name="nameOf">Names the caller of a bearer token for the audit log and for <see cref="VaultModel.Restrict"/>.</param>
    public static async Task<VaultServer> StartAsync(
        VaultModel model,
        FaultyWire wire,
        X509Certificate2 certificate,
        IReadOnlyList<string> aliases,
        IReadOnlyList<int> ports,
        Func<string, string> nameOf,
        CancellationToken cancellationToken)
    {
        var server = new VaultServer(model, wire, nameOf);
        server._server = await ListenAsync(certificate, ports, server.HandleAsync, cancellationToken);
        server.Vaults = aliases.Zip(server._server.Addresses).ToDictionary(pair => pair.First, pair => pair.Second);
        foreach (var (alias, uri) in server.Vaults) model.AddVault(SecretName.HostOf(uri), alias);
        return server;
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static async Task<LoopbackServer> ListenAsync(X509Certificate2 certificate, IReadOnlyList<int> ports, RequestDelegate handle, CancellationToken cancellationToken)
    {
        try
        {
            return await LoopbackServer.StartAsync(certificate, ports, handle, cancellationToken);
        }
        catch (Exception taken) when (taken is IOException or System.Net.Sockets.SocketException)
        {
            // Another program took one of them between the look and now.
            return await LoopbackServer.StartAsync(certificate, [.. ports.Select(_ => 0)], handle, cancellationToken);
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (FaultyWire.Bearer(context) is not { } token)
        {
            context.Response.Headers.WWWAuthenticate = Challenge;
            await _wire.WriteAsync(context, Error(new RemoteError(401, "Unauthorized", null, "AKV10000: Request is missing a Bearer or PoP token.")));
            return;
        }

        var id = context.Request.Headers["x-ms-client-request-id"].ToString();
        if (context.Request.Headers.ContainsKey("x-ms-return-client-request-id") && id.Length > 0) context.Response.Headers["x-ms-client-request-id"] = id;
        var call = new Call(context.Request.Host.Value!.ToLowerInvariant(), new VaultCaller(_nameOf(token), id), context.Request.Query["$skiptoken"].FirstOrDefault(), await FaultyWire.ReadAsync(context));
        var parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (Route(context.Request.Method, parts, call) is { } route)
            await _wire.AnswerAsync(context, $"vault.{route.Operation}@{_model.AliasOf(call.Vault)}", route.Effect, Error);
        else
            await _wire.WriteAsync(context, Error(new RemoteError(404, "NotFound", null, "No such resource.")));
    }

    private (string Operation, Func<Reply> Effect)? Route(string method, string[] parts, Call call) => (method, parts) switch
    {
        ("GET", ["secrets"]) => ("list", () => Reply(_model.List(call.Vault, call.After, call.Caller), page => Page(page, "secrets", call, item => Item(item, withVersion: false), item => item.Name))),
        ("GET", ["keys"]) => ("keys", () => Reply(_model.ListKeys(call.Vault, call.After, call.Caller), page => Page(page, "keys", call, item => Listed(item, "keys", "kid"), item => item.Name))),
        ("GET", ["certificates"]) => ("certificates", () => Reply(_model.ListCertificates(call.Vault, call.After, call.Caller), page => Page(page, "certificates", call, item => Listed(item, "certificates", "id"), item => item.Name))),
        ("GET", ["secrets", var name]) => ("read", () => Reply(_model.Get(call.Vault, name, null, call.Caller), Bundle)),
        ("GET", ["secrets", var name, "versions"]) => ("versions", () => Reply(_model.ListVersions(call.Vault, name, call.After, call.Caller), page => Page(page, $"secrets/{name}/versions", call, item => Item(item, withVersion: true), item => item.Id))),
        ("GET", ["secrets", var name, var version]) => ("read", () => Reply(_model.Get(call.Vault, name, version, call.Caller), Bundle)),
        ("PUT", ["secrets", var name]) => ("write", () => Content(call.Body) is { } content ? Reply(_model.Set(call.Vault, name, content, call.Caller), Bundle) : BadBody()),
        ("PATCH", ["secrets", var name, var version]) => ("patch", () => Change(call.Body) is { } change ? Reply(_model.Update(call.Vault, name, version, change, call.Caller), updated => Item(updated, withVersion: true)) : BadBody()),
        ("DELETE", ["secrets", var name]) => ("delete", () => Reply(_model.Delete(call.Vault, name, call.Caller), Deleted)),
        ("GET", ["deletedsecrets"]) => ("deleted", () => Reply(_model.ListDeleted(call.Vault, call.After, call.Caller), page => Page(page, "deletedsecrets", call, Deleted, item => item.Latest.Name))),
        ("GET", ["deletedsecrets", var name]) => ("deleted", () => Reply(_model.GetDeleted(call.Vault, name, call.Caller), Deleted)),
        ("POST", ["deletedsecrets", var name, "recover"]) => ("recover", () => Reply(_model.Recover(call.Vault, name, call.Caller), version => Item(version, withVersion: true))),
        ("DELETE", ["deletedsecrets", var name]) => ("purge", () => _model.Purge(call.Vault, name, call.Caller) is { Error: { } error } ? Error(error) : new Reply(204)),
        _ => null,
    };

    private static Reply Reply<T>(Answer<T> answer, Func<T, JsonNode> body) => answer.IsOk ? new Reply(200, body(answer.Value)) : Error(answer.Error);

    private static Reply Error(RemoteError error)
    {
        var inner = new JsonObject { ["code"] = error.Code, ["message"] = error.Message };
        if (error.InnerCode is { } code) inner["innererror"] = new JsonObject { ["code"] = code };
        return new Reply(error.Status, new JsonObject { ["error"] = inner });
    }

    private static Reply BadBody() => Error(new RemoteError(400, "BadParameter", null, "The request body is not the JSON object that this operation takes."));

    private static JsonObject Page<T>(VaultPage<T> page, string path, Call call, Func<T, JsonObject> item, Func<T, string> token) => new()
    {
        ["value"] = new JsonArray([.. page.Items.Select(item)]),

        // Absolute, as the real one: the SDK follows it verbatim.
        ["nextLink"] = page.Next is null ? null : $"https://{call.Vault}/{path}?api-version=2026-04-01&$skiptoken={Uri.EscapeDataString(token(page.Items[^1]))}&maxresults={VaultModel.PageSize}",
    };

    private static JsonObject Bundle(VaultVersion version)
    {
        var bundle = Item(version, withVersion: true);
        bundle["value"] = version.Value.RevealToRemote();
        return bundle;
    }

    private static JsonObject Item(VaultVersion version, bool withVersion)
    {
        var attributes = new JsonObject { ["enabled"] = version.IsEnabled, ["created"] = version.Created, ["updated"] = version.Updated, ["recoveryLevel"] = "Recoverable", ["recoverableDays"] = 90 };
        if (version.NotBefore is { } notBefore) attributes["nbf"] = notBefore;
        if (version.Expires is { } expires) attributes["exp"] = expires;
        var id = $"https://{version.Vault}/secrets/{version.Name}";
        var item = new JsonObject { ["id"] = withVersion ? $"{id}/{version.Id}" : id, ["attributes"] = attributes };
        if (version.ContentType is { } contentType) item["contentType"] = contentType;
        if (version.Tags.Count > 0) item["tags"] = Tags(version.Tags);
        if (version.IsManaged) item["managed"] = true;
        return item;
    }

    private static JsonObject Listed(VaultListed listed, string path, string id)
    {
        var attributes = new JsonObject { ["enabled"] = listed.IsEnabled, ["created"] = listed.Created, ["updated"] = listed.Updated, ["recoveryLevel"] = "Recoverable", ["recoverableDays"] = 90 };
        if (listed.Expires is { } expires) attributes["exp"] = expires;
        var item = new JsonObject { [id] = $"https://{listed.Vault}/{path}/{listed.Name}", ["attributes"] = attributes };
        if (listed.IsManaged) item["managed"] = true;
        if (listed.Tags.Count > 0) item["tags"] = Tags(listed.Tags);
        return item;
    }

    private static JsonObject Tags(IReadOnlyDictionary<string, string> tags) => [.. tags.Select(tag => KeyValuePair.Create(tag.Key, (JsonNode?)tag.Value))];

    private static JsonObject Deleted(VaultDeleted deleted)
    {
        var item = Item(deleted.Latest, withVersion: true);
        item["recoveryId"] = $"https://{deleted.Latest.Vault}/deletedsecrets/{deleted.Latest.Name}";
        item["deletedDate"] = deleted.DeletedOn;
        item["scheduledPurgeDate"] = deleted.PurgeOn;
        return item;
    }

    private static VaultContent? Content(JsonObject? body)
        => body is not null && TryRead<SetBody>(body) is { Value: { Length: > 0 } value } set
            ? new VaultContent(new SecretText(value), set.ContentType, set.Attributes?.Enabled ?? true, set.Attributes?.Nbf, set.Attributes?.Exp, set.Tags ?? [])
            : null;

    private static VaultChange? Change(JsonObject? body)
        => body is not null && TryRead<SetBody>(body) is { } set
            ? new VaultChange(set.ContentType, set.Attributes?.Enabled, set.Attributes?.Nbf, set.Attributes?.Exp, set.Tags)
            : null;

    private static T? TryRead<T>(JsonObject body) where T : class
    {
        try
        {
            return body.Deserialize<T>(s_web);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static readonly JsonSerializerOptions s_web = new(JsonSerializerDefaults.Web);

    private sealed record Call(string Vault, VaultCaller Caller, string? After, JsonObject? Body);

    private sealed record SetBody(string? Value, string? ContentType, SetAttributes? Attributes, Dictionary<string, string>? Tags);

    private sealed record SetAttributes(bool? Enabled, long? Nbf, long? Exp);
}
