using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Vendors;

/// <summary>Identity providers, and services whose secrets are chosen by the caller, replaced in place, or end by a timer.</summary>
internal static class IdentitySurfaces
{
    private const string TokenName = "deployer";
    private const string SubscribeKey = "sub-c-5f1b7c8e";
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(12);

    private static readonly ProviderTraits CallerMade = Truths.UntilRetired with { SecretOrigin = SecretOrigin.Caller, IssueReplay = IssueReplay.SameMaterial, ListShowsMarker = false, Slots = 2 };

    /// <summary>Source: Okta developer guide, client secret rotation: two secrets, listed in clear, deactivated before they are deleted.</summary>
    public static VendorSurface Okta { get; } = new("okta-client-secret", "0oa1gjh63g214q0Hq0g4", new VendorClass("overlap-disable-delete", CallerMade with { RetireBy = RetireBy.DisableThenDelete }) { ShowsHandle = false },
    [
        new("GET", "/api/v1/apps/{app}/credentials/secrets", "list", call => call.List(listed => VendorCall.Array(listed.Select(one => OktaSecret(call, one))))),
        new("GET", "/api/v1/apps/{app}/credentials/secrets/{id}", "read", call => call.Refusal() ?? (call.Find(call["id"]) is { GoneOn: null } one ? new Reply(200, OktaSecret(call, one)) : call.Fail(404, "E0000007"))),
        new("POST", "/api/v1/apps/{app}/credentials/secrets", "create", call => call.At("client_secret") is not { Length: >= 14 and <= 100 } value ? call.Fail(400, "E0000001")
            : call.Refusal() ?? (call.Model.Alive(call.Target).Count >= 2 ? call.Fail(409, "quota")
            : call.Issue((receipt, _) => OktaSecret(call, receipt.Credential!), 201, material: value))),
        new("POST", "/api/v1/apps/{app}/credentials/secrets/{id}/lifecycle/deactivate", "deactivate", call => call.Refusal() ?? (call.Find(call["id"]) is { GoneOn: null } one && call.Model.Disable("rotator", call.Management, call.Target, one.Id).IsOk
            ? new Reply(200, OktaSecret(call, call.Find(call["id"])!))
            : call.Fail(404, "E0000007"))),
        new("DELETE", "/api/v1/apps/{app}/credentials/secrets/{id}", "delete", call => call.Retire(call["id"], 204)),
        new("POST", "/oauth2/default/v1/token", "use", call => call.Form("scope") != "shop.read" ? new Reply(400, new JsonObject { ["error"] = "invalid_scope" })
            : call.Use(call.Password(call.Target), (used, _) => Tokens.Given(call, used.Value.RevealToRemote()), refused: Tokens.InvalidClient)),
    ])
    {
        Parameters = new Dictionary<string, string> { ["scope"] = "shop.read" },
        Manager = call => call.Header("Authorization") is { } header && header.StartsWith("SSWS ", StringComparison.Ordinal) ? header["SSWS ".Length..] : null,
        Id = number => string.Create(CultureInfo.InvariantCulture, $"ocs2f4zrZbs8nUa{number:D5}"),
        Envelope = error => new Reply(error.Code is "quota" or "enabled" ? 400 : error.Status, new JsonObject
        {
            ["errorCode"] = error.Code == "quota" ? "E0000001" : error.Status is 401 ? "E0000011" : error.Code,
            ["errorSummary"] = error.Message,
            ["errorCauses"] = error.Code == "quota" ? new JsonArray(new JsonObject { ["errorSummary"] = "You have reached the maximum number of client secrets per client." }) : new JsonArray(),
        }),
    };

    /// <summary>Source: Vonage account API reference, secret management: the caller chooses 8 to 25 characters, and an account has two secrets.</summary>
    public static VendorSurface Vonage { get; } = new("vonage-api-secret", "abcd1234", new VendorClass("overlap-caller-made", CallerMade) { ShowsHandle = false },
    [
        new("GET", "/accounts/{key}/secrets", "use", call => call.Use(call.Password(call.Target), (_, _) => new JsonObject { ["_embedded"] = new JsonObject { ["secrets"] = new JsonArray() } }), call => call.Basic?.User == call.Target),
        new("GET", "/accounts/{key}/secrets", "list", call => call.List(listed => new JsonObject
        {
            ["_links"] = new JsonObject(),
            ["_embedded"] = new JsonObject { ["secrets"] = VendorCall.Array(listed.Select(one => (JsonNode)new JsonObject { ["id"] = call.IdOf(one), ["created_at"] = VendorCall.Iso(one.CreatedOn) })) },
        })),
        new("POST", "/accounts/{key}/secrets", "create", call => call.At("secret") is not { Length: >= 8 and <= 25 } value || !value.Any(char.IsAsciiLetterLower) || !value.Any(char.IsAsciiLetterUpper) || !value.Any(char.IsAsciiDigit)
            ? call.Fail(400, "validation")
            : call.Refusal() ?? (call.Model.Alive(call.Target).Count >= 2 ? call.Fail(409, "quota")
            : call.Issue((receipt, id) => new JsonObject { ["id"] = id, ["created_at"] = VendorCall.Iso(receipt.Credential!.CreatedOn) }, 201, material: value))),
        new("DELETE", "/accounts/{key}/secrets/{id}", "revoke", call => call.Model.Alive(call.Target).Count == 1 && call.Find(call["id"])?.GoneOn is null && call.Find(call["id"]) is not null ? call.Fail(403, "delete-last-secret") : call.Retire(call["id"], 204)),
    ])
    {
        Parameters = new Dictionary<string, string> { ["managementKey"] = "primary1" },
        Manager = call => call.Password("primary1"),
        Id = number => string.Create(CultureInfo.InvariantCulture, $"ad6dc56f-07b5-46e1-a527-{number:x12}"),
        Envelope = error => new Reply(error.Code == "quota" ? 403 : error.Status, new JsonObject
        {
            ["type"] = $"https://developer.nexmo.com/api-errors/account/secret-management#{(error.Code == "quota" ? "add-excess-secret" : error.Code)}",
            ["title"] = error.Message,
            ["detail"] = error.Message,
            ["instance"] = "797a8f199c45014ab7b08bfe9cc1c12c",
        }),
    };

    /// <summary>Source: Auth0 documentation, rotate client secrets, and the Management API's update a client: one secret, up to 30 seconds to spread.</summary>
    public static VendorSurface Auth0 { get; } = new("auth0-client-secret", "AaiyAPdpYdesoKnqjj8HJqRn4T5titww", new VendorClass("in-place-caller-made", Truths.InPlace with { SecretOrigin = SecretOrigin.Caller, IssueReplay = IssueReplay.SameMaterial }) { ShowsHandle = false, ActivationDelay = TimeSpan.FromSeconds(20) },
    [
        new("POST", "/oauth/token", "token", call => call.Form("client_secret") == call.Model.ManagementValue.RevealToRemote() && call.Form("audience") == "https://shop.eu.auth0.com/api/v2/" ? new Reply(200, Tokens.Given(call, call.Form("client_secret")!)) : AccessDenied(), call => call.Form("client_id") == "manager", IsPrelude: true),
        new("POST", "/oauth/token", "use", call => call.Form("client_id") != call.Target || call.Form("audience") != "https://shop.example/api" ? AccessDenied() : call.Use(call.Form("client_secret"), (used, _) => Tokens.Given(call, used.Value.RevealToRemote()), refused: AccessDenied)),
        new("GET", "/api/v2/clients/{client}", "look", call => call["client"] != call.Target ? call.Fail(404, "inexistent_client") : call.Look(() => new JsonObject { ["client_id"] = call.Target })),
        new("PATCH", "/api/v2/clients/{client}", "update", call => call["client"] != call.Target ? call.Fail(404, "inexistent_client")
            : call.At("client_secret") is not { Length: >= 48 } value ? call.Fail(400, "invalid_body")
            : call.Issue((_, _) => new JsonObject { ["client_id"] = call.Target, ["client_secret"] = value }, 200, material: value)),
    ])
    {
        Parameters = new Dictionary<string, string> { ["managementClientId"] = "manager", ["managementAudience"] = "https://shop.eu.auth0.com/api/v2/", ["audience"] = "https://shop.example/api" },
        Manager = call => call.Tokens.SecretOf(call.Bearer),
        Envelope = error => new Reply(error.Status, new JsonObject { ["statusCode"] = error.Status, ["error"] = error.Message, ["message"] = error.Message, ["errorCode"] = error.Code }),
    };

    /// <summary>Source: PubNub Admin API, rotate a secret key: without expiresAt the old key dies at once; calls with a key are signed.</summary>
    public static VendorSurface PubNub { get; } = new("pubnub-secret-key", "1234567", new VendorClass("timer-issue", Truths.OnTimer with { OldLife = Overlap }) { ShowsHandle = false },
    [
        new("GET", "/v2/keysets/{id}", "look", call => call["id"] != call.Target ? call.Fail(404, "not_found") : call.Look(() => new JsonObject { ["id"] = call.Target })),
        new("POST", "/v2/keysets/{id}/secret-keys", "rotate", RotatePubNub),
        new("GET", "/v2/auth/audit/sub-key/{sub}", "use", call => call.Use(Signer(call)?.RevealToRemote(), (_, _) => new JsonObject { ["status"] = 200, ["payload"] = new JsonObject { ["subscribe_key"] = SubscribeKey } }, refused: () => call.Fail(403, "Signature Does Not Match"))),
    ])
    {
        Parameters = new Dictionary<string, string> { ["publishKey"] = "pub-c-1", ["subscribeKey"] = SubscribeKey, ["overlap"] = "PT12H" },
        Addresses = new Dictionary<string, string> { ["baseUrl"] = "", ["networkUrl"] = "" },
        Manager = call => call.Header("Authorization"),
        Envelope = error => new Reply(error.Status, new JsonObject { ["error"] = true, ["status"] = error.Status, ["message"] = error.Code }),
    };

    /// <summary>
    /// Source: GitLab documentation, personal access tokens API: a rotation revokes the old token and gives a new id, and a rotation of what is revoked
    /// already revokes the whole family.
    /// </summary>
    public static VendorSurface GitLab { get; } = new("gitlab-access-token", TokenName, new VendorClass("in-place-provider-made", Truths.InPlace),
    [
        new("GET", "/api/v4/personal_access_tokens", "search", call => call.Look(() => GitLabRows(call, call.Model.Alive(call.Target))), call => call.Query("revoked") is not null, IsPrelude: true),
        new("GET", "/api/v4/personal_access_tokens", "look", call => call.Look(() => GitLabRows(call, call.Model.Alive(call.Target)))),
        new("GET", "/api/v4/personal_access_tokens/self", "use", call => call.Use(call.Header("PRIVATE-TOKEN"), (_, id) => new JsonObject { ["id"] = id, ["name"] = TokenName, ["user_id"] = 7, ["revoked"] = false, ["active"] = true })),
        new("POST", "/api/v4/personal_access_tokens/{id}/rotate", "rotate", call =>
        {
            if (call.Refusal() is { } refusal) return refusal;
            if (call.Query("expires_at") is not { } date || !DateTime.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var end)) return call.Fail(400, "expires_at is invalid");
            if (call.Find(call["id"]) is not { } found) return call.Fail(404, "404 Personal Access Token Not Found");
            if (found.IsAlive(call.Model.Now)) return call.Issue((receipt, id) => new JsonObject { ["id"] = id, ["name"] = TokenName, ["token"] = receipt.Credential!.Value.RevealToRemote(), ["active"] = true, ["expires_at"] = date }, 200, expiresOn: new DateTimeOffset(end));

            foreach (var one in call.Model.Alive(call.Target)) call.Model.End(one.Id, "reuse detection");
            return call.Fail(401, "401 Unauthorized");
        }),
    ])
    {
        Manager = call => call.Header("PRIVATE-TOKEN"),
        Id = number => JsonValue.Create(4200 + number),
        Envelope = error => new Reply(error.Status, new JsonObject { ["message"] = error.Status is 401 ? "401 Unauthorized" : error.Code }),
    };

    private static JsonObject OktaSecret(VendorCall call, VendorCredential one) => new()
    {
        ["id"] = call.IdOf(one),
        ["status"] = one.DisabledOn is null ? "ACTIVE" : "INACTIVE",
        ["client_secret"] = one.Value.RevealToRemote(),
        ["secret_hash"] = "yk4SVx4sUWVJVbHt6M-UPA",
        ["created"] = VendorCall.Iso(one.CreatedOn),
        ["lastUpdated"] = VendorCall.Iso(one.DisabledOn ?? one.CreatedOn),
    };

    private static Reply AccessDenied() => new(401, new JsonObject { ["error"] = "access_denied", ["error_description"] = "Unauthorized" });

    private static Reply RotatePubNub(VendorCall call)
    {
        if (call["id"] != call.Target) return call.Fail(404, "not_found");
        if (call.Refusal() is { } refusal) return refusal;
        var end = DateTimeOffset.TryParse(call.At("expiresAt"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var said) ? said : (DateTimeOffset?)null;
        if (end is { } given && (given - call.Model.Now - Overlap).Duration() > TimeSpan.FromMinutes(1)) return call.Fail(400, "expiresAt");
        var before = call.Model.Alive(call.Target);
        var reply = call.Issue((receipt, _) => new JsonObject { ["secretKey"] = receipt.Credential!.Value.RevealToRemote() }, 201);
        // Left out, it means at once.
        if (end is null) foreach (var old in before) call.Model.End(old.Id, "rotation without overlap");
        return reply;
    }

    /// <summary>The key whose signature a request carries.</summary>
    private static SecretText? Signer(VendorCall call)
    {
        var pairs = call.QueryText.Split('&');
        if (pairs.FirstOrDefault(pair => pair.StartsWith("signature=v2.", StringComparison.Ordinal)) is not { } signature || !pairs.Any(pair => pair.StartsWith("timestamp=", StringComparison.Ordinal))) return null;

        var signed = $"GET\npub-c-1\n{call.Path}\n{string.Join('&', pairs.Where(pair => pair != signature).Order(StringComparer.Ordinal))}\n";
        return call.Model.Credentials.Select(one => one.Value).FirstOrDefault(value
            => signature == $"signature=v2.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(value.RevealToRemote()), Encoding.UTF8.GetBytes(signed)))}");
    }

    /// <summary>A search finds names that merely begin alike, too.</summary>
    private static JsonArray GitLabRows(VendorCall call, IReadOnlyList<VendorCredential> listed)
        => VendorCall.Array(listed.Select(one => (JsonNode)new JsonObject { ["id"] = call.IdOf(one), ["name"] = TokenName, ["revoked"] = false, ["active"] = true, ["user_id"] = 7 })
            .Append(new JsonObject { ["id"] = 1, ["name"] = $"{TokenName}-of-another-team", ["revoked"] = false, ["active"] = true, ["user_id"] = 8 }));
}
