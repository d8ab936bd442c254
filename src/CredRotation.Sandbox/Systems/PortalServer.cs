using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>
/// Gateways whose keys are made in a portal alone: what each documents of the one read that a key is tried with, in front of one model. A person
/// makes and ends keys at the model; no path here does.
/// </summary>
public sealed class PortalServer : IAsyncDisposable
{
    private const string Owner = "acct_1032D82eZvKYlo2C";
    private readonly VendorModel _model;
    private readonly FaultyWire _wire;
    private readonly Portal _portal;
    private LoopbackServer? _server;

    private PortalServer(VendorModel model, FaultyWire wire, Portal portal) => (_model, _wire, _portal) = (model, wire, portal);

    /// <summary>The kinds that are known, by their provider files' names.</summary>
    public static IReadOnlyList<string> Kinds => [.. s_portals.Select(portal => portal.Kind)];

    public Uri BaseUri => _server!.Addresses[0];

    // Sources: each vendor's API reference, the operation's page.
    private static readonly Portal[] s_portals =
    [
        new("mollie-api-key", "pfl_QkEhN94Ba", "GET", "/v2/profiles/me", Bearer, id => new JsonObject { ["resource"] = "profile", ["mode"] = "live", ["id"] = id, ["status"] = "verified" },
            status => new JsonObject { ["status"] = status, ["title"] = "Unauthorized Request", ["detail"] = "Missing authentication, or failed to authenticate" }),
        new("gocardless-access-token", "CR123", "GET", "/creditors", Bearer, id => new JsonObject { ["creditors"] = new JsonArray(new JsonObject { ["id"] = id, ["name"] = "Shop" }), ["meta"] = new JsonObject { ["limit"] = 1 } },
            status => new JsonObject { ["error"] = new JsonObject { ["type"] = "invalid_api_usage", ["code"] = status, ["errors"] = new JsonArray(new JsonObject { ["reason"] = "access_token_not_found" }) } })
        {
            // Without its version header the API answers 400 and looks at no token.
            Needs = request => request.Headers["GoCardless-Version"] == "2015-07-06" && request.Query["limit"] == "1",
        },
        new("stripe-secret-key", Owner, "GET", "/v1/account", Bearer, id => new JsonObject { ["id"] = id, ["object"] = "account" },
            _ => new JsonObject { ["error"] = new JsonObject { ["type"] = "invalid_request_error", ["message"] = "Invalid API Key provided: sk_live_********" } }),
        new("paypal-client-secret", "AYiPC9BjTuwNCnVl", "POST", "/v1/oauth2/token", Basic, id => new JsonObject { ["scope"] = "openid", ["access_token"] = "canary-fresh-token", ["token_type"] = "Bearer", ["app_id"] = $"APP-{id[..8]}", ["expires_in"] = 31_668 },
            _ => new JsonObject { ["error"] = "invalid_client", ["error_description"] = "Client Authentication failed" })
        {
            Needs = request => request.HasFormContentType && request.Form["grant_type"] == "client_credentials",
        },
    ];

    /// <summary>The object that keys of this kind belong to, as the vendor writes such ids.</summary>
    public static string TargetOf(string kind) => Find(kind).Target;

    public static async Task<PortalServer> StartAsync(string kind, VendorModel model, FaultyWire wire, X509Certificate2? certificate, CancellationToken cancellationToken)
    {
        var server = new PortalServer(model, wire, Find(kind));
        server._server = await LoopbackServer.StartAsync(certificate, [0], server.HandleAsync, cancellationToken);
        return server;
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static Portal Find(string kind) => s_portals.Single(portal => portal.Kind == kind);

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Method != _portal.Method || request.Path != _portal.Path) await _wire.WriteAsync(context, Refused(404));
        else if (!_portal.Needs(request)) await _wire.WriteAsync(context, Refused(400));
        else await _wire.AnswerAsync(context, "portal.use", () => Use(_portal.KeyIn(request, _portal.Target)), error => Refused(error.Status));
    }

    private Reply Use(string? key)
        => key is { Length: > 0 } && _model.Use("portal", new SecretText(key)) is { IsOk: true, Value: var used } ? new Reply(200, _portal.Answer(used.Target)) : Refused(401);

    private Reply Refused(int status) => new(status, _portal.Refusal(status));

    private static string? Bearer(HttpRequest request, string target)
        => request.Headers.Authorization.FirstOrDefault() is { } header && header.StartsWith("Bearer ", StringComparison.Ordinal) ? header["Bearer ".Length..] : null;

    /// <summary>The password, where the user is the app.</summary>
    private static string? Basic(HttpRequest request, string target)
    {
        if (request.Headers.Authorization.FirstOrDefault() is not { } header || !header.StartsWith("Basic ", StringComparison.Ordinal)) return null;

        var pair = new byte[header.Length];
        if (!Convert.TryFromBase64String(header["Basic ".Length..], pair, out var length)) return null;
        return Encoding.UTF8.GetString(pair, 0, length).Split(':', 2) is [var user, var password] && user == target ? password : null;
    }

    private sealed record Portal(string Kind, string Target, string Method, string Path, Func<HttpRequest, string, string?> KeyIn, Func<string, JsonObject> Answer, Func<int, JsonObject> Refusal)
    {
        public Func<HttpRequest, bool> Needs { get; init; } = _ => true;
    }
}
