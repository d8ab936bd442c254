using System.Globalization;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Vendors;

/// <summary>Payment gateways that have an API for their keys.</summary>
internal static class GatewaySurfaces
{
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(6);

    /// <summary>Source: Solidgate API v2 reference, API keys (rotate, get) and authentication.</summary>
    public static VendorSurface Solidgate { get; } = new("solidgate-api-key", "akey_01hv2n", new VendorClass("timer-issue-idempotent", Truths.OnTimer with
    {
        IssueReplay = IssueReplay.IdempotencyKey,
        IssueReplayWindow = TimeSpan.FromHours(24),
        OldLife = Overlap,
    })
    { ShowsHandle = false, ActivationDelay = TimeSpan.FromSeconds(5) },
    [
        // Every call is a POST, reads included.
        new("POST", "/v2/api-keys/get", "get", call => call.At("id") != call.Target ? call.Fail(404, "not_found") : call.Look(() => new JsonObject { ["id"] = call.Target, ["name"] = "checkout" })),
        new("POST", "/v2/api-keys/rotate", "rotate", call => call.At("id") != call.Target ? call.Fail(404, "not_found")
            : call.NumberAt("period_seconds") != (long)Overlap.TotalSeconds ? call.Fail(422, "period_seconds")
            : call.Issue((receipt, _) => new JsonObject
            {
                ["id"] = call.Target,
                ["name"] = "checkout",
                ["rotate_secret"] = receipt.Credential!.Value.RevealToRemote(),
                ["rotate_at"] = VendorCall.Iso(receipt.OldEndsOn ?? receipt.Credential.CreatedOn + Overlap),
            }, 200, token: call.Header("Idempotency-Key") ?? Truths.Once(call))),
        new("POST", "/v2/payment/list", "use", call => call.Use(call.Bearer, (_, _) => new JsonObject { ["data"] = new JsonArray() })),
    ])
    {
        Parameters = new Dictionary<string, string> { ["overlapSeconds"] = ((long)Overlap.TotalSeconds).ToString(CultureInfo.InvariantCulture), ["verifyResource"] = "payment/list" },
        Envelope = error => new Reply(error.Status, new JsonObject { ["error"] = new JsonObject { ["code"] = error.Code, ["messages"] = new JsonArray(error.Message) } }),
    };

    /// <summary>Source: Paddle API reference, API keys, rotate an API key; the clock of the old one starts with the first use of the new.</summary>
    public static VendorSurface Paddle { get; } = new("paddle-api-key", "apikey_01hv8gq3318ktkfengj2r75gfx", new VendorClass("timer-first-use", Truths.OnTimer with
    {
        ClockStart = ClockStart.FirstUse,
        IssueReplay = IssueReplay.ReissueCancelsPending,
        ProbeStartsClock = true,
        OldLife = Overlap,
    })
    { ShowsHandle = false },
    [
        new("GET", "/api-keys/{id}/rotations", "rotations", call => call["id"] != call.Target ? call.Fail(404, "not_found") : call.Look(() => new JsonObject { ["data"] = new JsonArray(), ["meta"] = new JsonObject { ["request_id"] = "r" } })),
        new("POST", "/api-keys/{id}/rotations", "rotate", call => call["id"] != call.Target ? call.Fail(404, "not_found")
            : call.NumberAt("grace_period_seconds") is not { } grace || grace != (long)Overlap.TotalSeconds ? call.Fail(400, "invalid_field")
            : call.Issue((receipt, id) => new JsonObject
            {
                ["data"] = new JsonObject { ["id"] = $"apkrot_{id}", ["api_key_id"] = call.Target, ["new_key"] = receipt.Credential!.Value.RevealToRemote(), ["status"] = "pending" },
                ["meta"] = new JsonObject { ["request_id"] = "r" },
            }, 201)),
        new("GET", "/event-types", "use", call => call.Use(call.Bearer, (_, _) => new JsonObject { ["data"] = new JsonArray() })),
    ])
    {
        Parameters = new Dictionary<string, string> { ["graceSeconds"] = ((long)Overlap.TotalSeconds).ToString(CultureInfo.InvariantCulture) },
        // Authenticated by the very key that is rotated.
        Management = new Dictionary<string, string?> { ["current"] = "current" },
        Manager = call => call.Bearer is { } key && call.Model.Accepts(new SecretText(key)) ? call.Model.ManagementValue.RevealToRemote() : null,
        Envelope = error => new Reply(error.Status, new JsonObject { ["error"] = new JsonObject { ["type"] = "request_error", ["code"] = error.Code, ["detail"] = error.Message }, ["meta"] = new JsonObject { ["request_id"] = "r" } }),
    };

    /// <summary>Source: a third-party copy of Spreedly's API specification, environment access secrets.</summary>
    public static VendorSurface Spreedly { get; } = new("spreedly-access-secret", "C7cRfNJGODKh4Iu5Ox3PToKjniY", new VendorClass("overlap-list", Truths.UntilRetired) { ShowsHandle = false },
    [
        new("GET", "/v1/environments/{env}/access_secrets", "list", call => call.List(listed => new JsonObject
        {
            ["access_secrets"] = VendorCall.Array(listed.Select(one => (JsonNode)new JsonObject { ["key"] = call.IdOf(one), ["name"] = one.Marker ?? "made by hand", ["created_at"] = VendorCall.Iso(one.CreatedOn) })),
        })),
        new("POST", "/v1/environments/{env}/access_secrets", "create", call => call.At("access_secret.name") is not { Length: > 0 and <= 100 } name || name.IndexOfAny([.. "\\|`#$%{};\"<>"]) >= 0
            ? call.Fail(422, "invalid_name")
            : call.Issue((receipt, id) => new JsonObject
            {
                ["access_secret"] = new JsonObject { ["key"] = id, ["name"] = name, ["access_secret"] = receipt.Credential!.Value.RevealToRemote(), ["created_at"] = VendorCall.Iso(receipt.Credential.CreatedOn) },
            }, 201, marker: name)),
        new("DELETE", "/v1/environments/{env}/access_secrets/{id}", "delete", call => call.Retire(call["id"], 204)),
        new("GET", "/v1/gateways.json", "use", call => call.Use(call.Password(call.Target), (_, _) => new JsonObject { ["gateways"] = new JsonArray() })),
    ])
    {
        Manager = call => call.Password(call.Target),
        Id = number => string.Create(CultureInfo.InvariantCulture, $"Ss{number:D25}"),
        Envelope = error => new Reply(error.Status, new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["attribute"] = "access_secret", ["key"] = $"errors.{error.Code}", ["message"] = error.Message }) }),
    };

    /// <summary>
    /// Source: Braintree GraphQL schema (createOAuthClientSecret, disable, delete) and its guide to access tokens. No id and no list: the value is the
    /// handle. Failures come as 200 with an errors array.
    /// </summary>
    public static VendorSurface Braintree { get; } = new("braintree-oauth-client-secret", "client_id$production$2fj3", new VendorClass("overlap-no-list", Truths.UntilRetired with { RetireBy = RetireBy.SecretValue, CanList = false }) { ShowsHandle = false },
    [
        new("POST", "/graphql", "token", call => Token(call), call => Says(call, "createOAuthAccessTokenFromClientCredentials") && call.Password(call.Target) == call.Model.ManagementValue.RevealToRemote(), IsPrelude: true),
        new("POST", "/graphql", "token", call => Token(call), call => Says(call, "createOAuthAccessTokenFromClientCredentials")),
        new("POST", "/graphql", "create", call => call.Issue((receipt, _) => Data("createOAuthClientSecret", new JsonObject { ["secret"] = receipt.Credential!.Value.RevealToRemote() }), 200), call => Says(call, "createOAuthClientSecret")),
        new("POST", "/graphql", "disable", Disable, call => Says(call, "disableOAuthClientSecret")),
        new("POST", "/graphql", "delete", Delete, call => Says(call, "deleteOAuthClientSecret")),
        new("POST", "/graphql", "use", call => call.Use(call.Tokens.SecretOf(call.Bearer), (_, _) => Data("ping", "pong")), call => Says(call, "ping")),
    ])
    {
        Manager = call => call.Tokens.SecretOf(call.Bearer),
        Envelope = error => error.Status == 429 ? new Reply(429, new JsonObject { ["errors"] = new JsonArray() }) : new Reply(200, new JsonObject
        {
            ["errors"] = new JsonArray(new JsonObject
            {
                ["message"] = error.Message,
                ["extensions"] = new JsonObject { ["errorClass"] = error.Status switch { 401 => "AUTHENTICATION", 403 => "AUTHORIZATION", 404 => "NOT_FOUND", _ => "VALIDATION" } },
            }),
            ["data"] = null,
        }),
    };

    /// <summary>
    /// Source: Finix API reference, users (create, update, fetch, list) and its guide to pagination. A key is a user; it is disabled, never deleted, and
    /// stays in the list. Without the version header lists come in other pages.
    /// </summary>
    public static VendorSurface Finix { get; } = new("finix-api-key", "APc9vhYcPsRuTSpKD9KpMtPe", new VendorClass("overlap-list", Truths.UntilRetired),
    [
        new("GET", "/applications/{application}", "look", call => call["application"] != call.Target ? call.Fail(404, "NOT_FOUND") : call.Look(() => new JsonObject { ["id"] = call.Target, ["enabled"] = true, ["name"] = "Shop" })),
        new("POST", "/applications/{application}/users", "create", call => call["application"] != call.Target ? call.Fail(404, "NOT_FOUND")
            : call.At("tags.rotation") is { Length: > 500 } ? call.Fail(422, "INVALID_FIELD")
            : call.Issue((receipt, _) => User(call, receipt.Credential!, receipt.Credential!.Value.RevealToRemote()), 201, marker: call.At("tags.rotation") ?? ""), IsVersioned),
        new("PUT", "/users/{id}", "update", Update, IsVersioned),
        new("GET", "/users", "list", call => call.List(listed =>
        {
            var from = call.Query("after_cursor") is { } cursor ? listed.TakeWhile(one => call.IdOf(one).ToString() != cursor).Count() + 1 : 0;
            var page = VendorCall.Page(listed, from);
            return new JsonObject
            {
                ["_embedded"] = new JsonObject { ["users"] = VendorCall.Array(page.Select(one => (JsonNode)User(call, one, null))) },
                ["page"] = new JsonObject { ["limit"] = 100, ["next_cursor"] = from + VendorCall.PageSize < listed.Count ? call.IdOf(page[^1]) : null },
            };
        }, withEnded: true), IsVersioned),
        // A user's id is its name, and it may read itself.
        new("GET", "/users/{id}", "use", call => call.Use(
            call.Basic is { } pair && call.Find(pair.User) is { } named && named.Value.RevealToRemote() == pair.Password ? pair.Password : null,
            (used, _) => User(call, used, null)), IsVersioned),
    ])
    {
        Manager = call => call.Password("USmanagement"),
        Management = new Dictionary<string, string?> { ["management-id"] = "USmanagement", ["management-password"] = null },
        Id = number => string.Create(CultureInfo.InvariantCulture, $"US{number:D22}"),
        Stored = (credential, id) => new JsonObject { ["username"] = id.ToString(), ["password"] = credential.Value.RevealToRemote() }.ToJsonString(),
        Secret = stored => CloudSurfaces.Member(stored, "password"),
        NeverGiven = value => new JsonObject { ["username"] = "USnobodys", ["password"] = value }.ToJsonString(),
        Envelope = error => new Reply(error.Status, new JsonObject { ["total"] = 1, ["_embedded"] = new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["code"] = error.Status == 401 ? "AUTHENTICATION_ERROR" : error.Code, ["message"] = error.Message }) } }),
    };

    private static bool IsVersioned(VendorCall call) => call.Header("Finix-Version") == "2022-02-01";

    private static JsonObject User(VendorCall call, VendorCredential one, string? password) => new JsonObject
    {
        ["id"] = call.IdOf(one),
        ["created_at"] = VendorCall.Iso(one.CreatedOn),
        ["enabled"] = one.IsAlive(call.Model.Now),
        ["identity"] = "IDpYDM7J9n57q849o9E9yNrG",
        ["password"] = password,
        ["role"] = "ROLE_PARTNER",
        ["tags"] = one.Marker is { Length: > 0 } marker ? new JsonObject { ["rotation"] = marker } : new JsonObject(),
    };

    /// <summary>To disable one that is disabled changes nothing, and is answered alike.</summary>
    private static Reply Update(VendorCall call)
    {
        if (call.Refusal() is { } refusal) return refusal;
        if (call.Find(call["id"]) is not { } found) return call.Fail(404, "NOT_FOUND");
        if (call.Body["enabled"]?.GetValueKind() is not System.Text.Json.JsonValueKind.False) return call.Fail(422, "INVALID_FIELD");

        call.Model.Retire("rotator", call.Management, call.Target, found.Id);
        return new Reply(200, User(call, call.Find(call["id"])!, null));
    }

    // The version header is part of every request; without it the API answers another version's shapes.
    private static bool Says(VendorCall call, string field) => call.Header("Braintree-Version") is { Length: 10 } && call.At("query")?.Contains(field, StringComparison.Ordinal) is true;

    private static JsonObject Data(string field, JsonNode value) => new() { ["data"] = new JsonObject { [field] = value }, ["extensions"] = new JsonObject { ["requestId"] = "r" } };

    private static Reply Token(VendorCall call)
    {
        var secret = call.Password(call.Target);
        return secret is not null && (secret == call.Model.ManagementValue.RevealToRemote() || call.Model.Accepts(new SecretText(secret)))
            ? new Reply(200, Data("createOAuthAccessTokenFromClientCredentials", new JsonObject { ["accessToken"] = new JsonObject { ["accessToken"] = call.Tokens.Give(secret) } }))
            : call.Fail(401, "unauthorized");
    }

    private static VendorCredential? Named(VendorCall call)
        => call.At("variables.input.secret") is { Length: > 0 } value && call.Model.Find(new SecretText(value)) is { } found && found.EndsOn is not { } ? found : null;

    private static Reply Disable(VendorCall call)
        => call.Refusal() ?? (Named(call) is { } found && call.Model.Disable("rotator", call.Management, call.Target, found.Id).IsOk
            ? new Reply(200, Data("disableOAuthClientSecret", new JsonObject { ["maskedSecret"] = "client_secret$production$...", ["disabled"] = true }))
            : call.Fail(404, "not_found"));

    /// <summary>Only of one that is disabled.</summary>
    private static Reply Delete(VendorCall call)
        => call.Refusal() ?? (Named(call) is not { } found ? call.Fail(404, "not_found")
            : found.DisabledOn is null ? call.Fail(422, "must_be_disabled")
            : call.Model.RetireByValue("rotator", call.Management, call.Target, found.Value) is { IsOk: true } ? new Reply(200, Data("deleteOAuthClientSecret", new JsonObject { ["clientMutationId"] = null }))
            : call.Fail(404, "not_found"));
}
