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
        if (Route(context.Request.Method, parts, key, context.Request.Headers["Idempotency-Key"].FirstOrDefault()) is { } route)
            await _wire.AnswerAsync(context, $"gateway.{route.Operation}", route.Effect, Error);
        else
            await _wire.WriteAsync(context, Error(new RemoteError(404, "00_404", null, "Not Found")));
    }

    private (string Operation, Func<Reply> Effect)? Route(string method, string[] parts, string? key, string? reference) => (method, parts) switch
    {
        ("POST", ["payments"]) => ("payment", () => Reply(_model.Pay(key, reference), transaction => new JsonObject { ["pspReference"] = transaction, ["resultCode"] = "Authorised" })),
        ("POST", ["v3", "merchants", var merchant, "apiCredentials", var id, "generateApiKey"])
            => ("generate", () => Reply(_model.Generate(key, merchant, id), issued => new JsonObject { ["apiKey"] = issued.Value.RevealToRemote() })),
        ("GET", ["v3", "merchants", var merchant, "apiCredentials", var id]) => ("credential", () => Reply(_model.Read(key, merchant, id), Describe)),
        ("GET", ["v3", "me"]) => ("me", () => Reply(_model.Me(key), Describe)),
        _ => null,
    };

    private Reply Reply<T>(Answer<T> answer, Func<T, JsonNode> body) => answer.IsOk ? new Reply(200, body(answer.Value)) : Error(answer.Error);

    private static JsonObject Describe(GatewayCredential credential) => new()
    {
        ["id"] = credential.Id,
        ["username"] = credential.Username,
        ["companyName"] = credential.CompanyName,
        ["active"] = credential.IsActive,
        ["roles"] = new JsonArray([.. credential.Roles.Select(role => (JsonNode?)role)]),
        ["allowedIpAddresses"] = new JsonArray(),
    };

    private Reply Error(RemoteError error) => new(error.Status, new JsonObject
    {
        ["type"] = $"https://docs.adyen.com/errors/{(error.Status is 401 ? "unauthorized" : error.Status is 403 ? "forbidden" : "general")}",
        ["errorCode"] = error.Code,
        ["title"] = error.Message,
        ["detail"] = error.Message,
        ["status"] = error.Status,
        ["requestId"] = string.Create(CultureInfo.InvariantCulture, $"REQ{Interlocked.Increment(ref _requests):D10}"),
    });
}
