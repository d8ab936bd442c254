using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>Speaks the parts of Adyen's Management API v3 that a rotation uses, and takes payments, in front of one model.</summary>
public sealed class GatewayServer : IAsyncDisposable
{
    private readonly GatewayModel _model;
    private readonly FaultyWire _wire;
    private LoopbackServer? _server;
    private int _requests;

    private GatewayServer(GatewayModel model, FaultyWire wire) => (_model, _wire) = (model, wire);

    /// <summary>What accounts take as <c>baseUrl</c>.</summary>
    public Uri ManagementUri => new(Address, "v3");

    public Uri PaymentsUri => new(Address, "payments");

    private Uri Address => _server!.Addresses[0];

    public static async Task<GatewayServer> StartAsync(GatewayModel model, FaultyWire wire, X509Certificate2? certificate, CancellationToken cancellationToken)
    {
        var server = new GatewayServer(model, wire);
        server._server = await LoopbackServer.StartAsync(certificate, [0], server.HandleAsync, cancellationToken);
        return server;
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task HandleAsync(HttpContext context)
    {
        var key = context.Request.Headers["X-API-Key"].FirstOrDefault();
        var parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var body = context.Request.Method is "PATCH" or "POST" ? await FaultyWire.ReadAsync(context) : null;
        if (Route(context.Request, parts, key, body) is { } route)
            await _wire.AnswerAsync(context, $"gateway.{route.Operation}", route.Effect, Error);
        else
            await _wire.WriteAsync(context, Error(new RemoteError(404, "00_404", null, "Not Found")));
    }

    private (string Operation, Func<Reply> Effect)? Route(HttpRequest request, string[] parts, string? key, JsonObject? body) => (request.Method, parts) switch
    {
        ("POST", ["payments"]) => ("payment", () => Reply(_model.Pay(key, request.Headers["Idempotency-Key"].FirstOrDefault()), transaction => new JsonObject { ["pspReference"] = transaction, ["resultCode"] = "Authorised" })),
        ("POST", ["v3", "merchants", var merchant, "apiCredentials", var id, "generateApiKey"])
            => ("generate", () => Reply(_model.Generate(key, merchant, id), issued => new JsonObject { ["apiKey"] = issued.Value.RevealToRemote() })),
        ("POST", ["v3", "merchants", var merchant, "apiCredentials"])
            => ("create", () => Reply(_model.Create(key, merchant, Texts(body?["roles"]), Text(body?["description"])), made => WithSecrets(Describe(made.Credential), made.Key))),
        ("GET", ["v3", "merchants", var merchant, "apiCredentials"])
            => ("credentials", () => Reply(_model.List(key, merchant, Number(request, "pageNumber"), Number(request, "pageSize")), page => new JsonObject
            {
                ["itemsTotal"] = page.ItemsTotal,
                ["pagesTotal"] = page.PagesTotal,
                ["data"] = new JsonArray([.. page.Items.Select(Describe)]),
            })),
        ("PATCH", ["v3", "merchants", var merchant, "apiCredentials", var id])
            => ("update", () => Reply(_model.Update(key, merchant, id, Flag(body?["active"])), Describe)),
        ("GET", ["v3", "merchants", var merchant, "apiCredentials", var id]) => ("credential", () => Reply(_model.Read(key, merchant, id), Describe)),
        ("GET", ["v3", "me"]) => ("me", () => Reply(_model.Me(key), Describe)),
        _ => null,
    };

    private Reply Reply<T>(Answer<T> answer, Func<T, JsonNode> body) => answer.IsOk ? new Reply(200, body(answer.Value)) : Error(answer.Error);

    private static JsonObject Describe(GatewayCredential credential)
    {
        var described = new JsonObject
        {
            ["id"] = credential.Id,
            ["username"] = credential.Username,
            ["companyName"] = credential.CompanyName,
            ["active"] = credential.IsActive,
            ["roles"] = new JsonArray([.. credential.Roles.Select(role => (JsonNode?)role)]),
            ["allowedIpAddresses"] = new JsonArray(),
        };
        if (credential.Description is { } description) described["description"] = description;
        return described;
    }

    /// <summary>Said once, when the credential is made.</summary>
    private static JsonObject WithSecrets(JsonObject described, GatewayKey key)
    {
        described["apiKey"] = key.Value.RevealToRemote();
        described["password"] = $"password of {key.Label}";
        described["clientKey"] = $"test_{key.Label}";
        return described;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static bool? Flag(JsonNode? node) => node is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

    private static List<string>? Texts(JsonNode? node) => node is JsonArray items && items.Select(Text).OfType<string>().ToList() is var texts && texts.Count == items.Count ? texts : null;

    /// <summary>What is no number becomes one that is refused.</summary>
    private static int? Number(HttpRequest request, string name)
        => request.Query[name].FirstOrDefault() is { } text ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1 : null;

    private Reply Error(RemoteError error)
    {
        var reply = Envelope(error);
        if (error.InnerCode is { } field) reply["invalidFields"] = new JsonArray(new JsonObject { ["name"] = field, ["message"] = error.Message });
        return new Reply(error.Status, reply);
    }

    private JsonObject Envelope(RemoteError error) => new()
    {
        ["type"] = $"https://docs.adyen.com/errors/{(error.Status is 401 ? "unauthorized" : error.Status is 403 ? "forbidden" : error.Status is 422 ? "validation" : "general")}",
        ["errorCode"] = error.Code,
        ["title"] = error.Message,
        ["detail"] = error.Message,
        ["status"] = error.Status,
        ["requestId"] = string.Create(CultureInfo.InvariantCulture, $"REQ{Interlocked.Increment(ref _requests):D10}"),
    };
}
