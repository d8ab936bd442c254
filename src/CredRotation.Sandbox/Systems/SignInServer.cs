using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;
using Microsoft.AspNetCore.WebUtilities;

namespace CredRotation.Sandbox.Systems;

/// <summary>Speaks the client-credentials part of a tenant's token endpoint, in front of the app registrations. Source: Microsoft Entra, "OAuth 2.0 client credentials flow".</summary>
public sealed class SignInServer : IAsyncDisposable
{
    private readonly ApplicationModel _model;
    private readonly FaultyWire _wire;
    private LoopbackServer? _server;

    private SignInServer(ApplicationModel model, FaultyWire wire) => (_model, _wire) = (model, wire);

    public Uri Address => _server!.Addresses[0];

    /// <summary>Whose tokens are handed out instead of the caller's, as no real endpoint would.</summary>
    public string? ForeignTenant { get; set; }

    public static async Task<SignInServer> StartAsync(ApplicationModel model, FaultyWire wire, CancellationToken cancellationToken)
    {
        var server = new SignInServer(model, wire);
        server._server = await LoopbackServer.StartAsync(null, [0], server.HandleAsync, cancellationToken);
        return server;
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task HandleAsync(HttpContext context)
    {
        var parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (context.Request.Method is not "POST" || parts is not [var tenant, "oauth2", "v2.0", "token"] || await FaultyWire.ReadTextAsync(context) is not { } text)
        {
            await _wire.WriteAsync(context, new Reply(404));
            return;
        }

        var form = QueryHelpers.ParseQuery(text);
        string Member(string name) => form.TryGetValue(name, out var values) ? values.ToString() : "";
        await _wire.AnswerAsync(context, "signin.token", () =>
        {
            if (Member("grant_type") is not "client_credentials" || !Member("scope").EndsWith("/.default", StringComparison.Ordinal)) return Error(new RemoteError(400, "invalid_scope", "1002012", "The provided value for scope is not valid."));
            var answer = _model.SignIn(tenant, Member("client_id"), Member("client_secret"));
            return answer.IsOk
                ? new Reply(200, new JsonObject { ["token_type"] = "Bearer", ["expires_in"] = 3599, ["ext_expires_in"] = 3599, ["access_token"] = Token(answer.Value) })
                : Error(answer.Error);
        }, Error);
    }

    // Nobody here checks its signature: the claims are what a probe reads.
    private string Token(AppRegistration app)
    {
        var claims = new JsonObject { ["aud"] = "https://graph.microsoft.com", ["appid"] = app.AppId, ["tid"] = ForeignTenant ?? ApplicationModel.Tenant, ["idtyp"] = "app", ["ver"] = "1.0" };
        return $"{Part("""{"typ":"JWT","alg":"RS256"}""")}.{Part(claims.ToJsonString())}.{Part("signature")}";
    }

    private static string Part(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static Reply Error(RemoteError error)
    {
        var code = int.TryParse(error.InnerCode, NumberStyles.None, CultureInfo.InvariantCulture, out var inner) ? inner : error.Status is 429 ? 90055 : 90033;
        return new Reply(error.Status, new JsonObject
        {
            ["error"] = error.Code,
            ["error_description"] = string.Create(CultureInfo.InvariantCulture, $"AADSTS{code}: {error.Message}"),
            ["error_codes"] = new JsonArray(code),
            ["trace_id"] = "00000000-0000-4000-8000-000000000002",
        });
    }
}
