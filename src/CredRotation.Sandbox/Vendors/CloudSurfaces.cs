using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Vendors;

/// <summary>Communication and infrastructure services whose keys are made and deleted by calls.</summary>
internal static class CloudSurfaces
{
    private const string Account = "AC5ef8732a3c49700934481addd5ce1659";
    private const string CloudflareAccount = "023e105f4ecef8ad9ca31a8372d0c353";

    /// <summary>Source: Twilio API reference, Key resource: a form makes one, next_page_uri is relative, and a standard key may not read keys.</summary>
    public static VendorSurface TwilioKey { get; } = new("twilio-api-key", Account, new VendorClass("overlap-list", Truths.UntilRetired),
    [
        new("GET", "/2010-04-01/Accounts/{account}/Keys.json", "list", call => call.List(listed => TwilioPage(call, listed))),
        new("POST", "/2010-04-01/Accounts/{account}/Keys.json", "create", call => call.Form("FriendlyName") is not { Length: > 0 and <= 64 } name
            ? call.Fail(400, "20001")
            : call.Issue((receipt, id) => new JsonObject { ["sid"] = id, ["friendly_name"] = name, ["secret"] = receipt.Credential!.Value.RevealToRemote(), ["date_created"] = Rfc2822(receipt.Credential.CreatedOn) }, 201, marker: name)),
        new("DELETE", "/2010-04-01/Accounts/{account}/Keys/{sid}.json", "delete", call => call.Retire(call["sid"], 204)),
        new("GET", "/2010-04-01/Accounts/{account}/Messages.json", "use", call => call.Use(
            call.Basic is { } pair && call.Find(pair.User) is { } named && named.Value.RevealToRemote() == pair.Password ? pair.Password : null,
            (_, _) => new JsonObject { ["messages"] = new JsonArray(), ["page"] = 0 })),
    ])
    {
        Manager = call => call.Password("SKmain"),
        Management = new Dictionary<string, string?> { ["main-key-sid"] = "SKmain", ["main-key-secret"] = null },
        Id = number => string.Create(CultureInfo.InvariantCulture, $"SK{number:x32}"),
        Stored = (credential, id) => new JsonObject { ["sid"] = id.ToString(), ["secret"] = credential.Value.RevealToRemote() }.ToJsonString(),
        Secret = stored => Member(stored, "secret"),
        NeverGiven = value => new JsonObject { ["sid"] = "SKnobodys", ["secret"] = value }.ToJsonString(),
        Envelope = Twilio,
    };

    /// <summary>
    /// Source: Twilio IAM reference, AuthTokens (secondary, promote), and the Account resource, which shows the primary token. Both tokens work until
    /// the secondary is promoted, which ends the old primary at once. A second secondary is refused.
    /// </summary>
    public static VendorSurface TwilioAuthToken { get; } = new("twilio-auth-token", Account, new VendorClass("pair-promote", Truths.UntilRetired with
    {
        Topology = Topology.Pair,
        IssueReplay = IssueReplay.ReissueCancelsPending,
        RetireBy = RetireBy.Promote,
        CanList = false,
        Slots = 2,
    }),
    [
        new("GET", "/2010-04-01/Accounts/{account}.json", "use", call => call.Use(call.Password(Account), (_, _) => new JsonObject { ["sid"] = Account, ["auth_token"] = Primary(call).Value.RevealToRemote(), ["status"] = "active" }), call => call.Password(Account) is not null),
        new("GET", "/2010-04-01/Accounts/{account}.json", "look", call => call.Look(() => new JsonObject { ["sid"] = Account, ["status"] = "active" })),
        new("POST", "/v1/AuthTokens/Secondary", "secondary", call => call.Refusal() ?? (Secondary(call) is not null ? call.Fail(409, "20409")
            : call.Issue((receipt, _) => new JsonObject { ["account_sid"] = Account, ["secondary_auth_token"] = receipt.Credential!.Value.RevealToRemote() }, 201))),
        new("DELETE", "/v1/AuthTokens/Secondary", "clear", call =>
        {
            if (call.Refusal() is { } refusal) return refusal;
            if (Secondary(call) is not { } secondary) return call.Fail(404, "20404");
            call.Model.End(secondary.Id, "rotator");
            return new Reply(204);
        }, IsPrelude: true),
        new("POST", "/v1/AuthTokens/Promote", "promote", call => call.Refusal() ?? (Secondary(call) is not { } secondary ? call.Fail(404, "20404")
            : call.Model.Retire("rotator", call.Management, call.Target, Primary(call).Id) is { IsOk: true }
                ? new Reply(200, new JsonObject { ["account_sid"] = Account, ["auth_token"] = secondary.Value.RevealToRemote() })
                : call.Fail(409, "20409"))),
    ])
    {
        Manager = call => call.Password("SKmain"),
        Management = new Dictionary<string, string?> { ["main-key-sid"] = "SKmain", ["main-key-secret"] = null },
        Addresses = new Dictionary<string, string> { ["baseUrl"] = "", ["accountsUrl"] = "" },
        Envelope = Twilio,
    };

    /// <summary>Source: SendGrid Web API v3 reference, API keys: a hundred keys, and the limit answers 403; without scopes a key may do everything.</summary>
    public static VendorSurface SendGrid { get; } = new("sendgrid-api-key", "mailer", new VendorClass("overlap-list", Truths.UntilRetired) { ShowsHandle = false },
    [
        new("GET", "/v3/api_keys", "list", call => call.List(listed => new JsonObject { ["result"] = VendorCall.Array(listed.Select(one => (JsonNode)new JsonObject { ["api_key_id"] = call.IdOf(one), ["name"] = one.Marker ?? "made by hand" })) })),
        new("POST", "/v3/api_keys", "create", call => call.At("name") is not { Length: > 0 } name || call.Node("scopes") is not JsonArray { Count: > 0 }
            ? call.Fail(400, "missing required argument")
            : call.Issue((receipt, id) => new JsonObject { ["api_key"] = receipt.Credential!.Value.RevealToRemote(), ["api_key_id"] = id, ["name"] = name, ["scopes"] = call.Node("scopes")!.DeepClone() }, 201, marker: name)),
        new("DELETE", "/v3/api_keys/{id}", "delete", call => call.Retire(call["id"], 204)),
        new("GET", "/v3/scopes", "use", call => call.Use(call.Bearer, (_, _) => new JsonObject { ["scopes"] = new JsonArray("mail.send", "sender_verification_eligible") })),
    ])
    {
        Parameters = new Dictionary<string, string> { ["scopes"] = "mail.send" },
        Cap = 100,
        Id = number => string.Create(CultureInfo.InvariantCulture, $"sdaj8jh-{number:D4}_qxO"),
        Envelope = error => new Reply(error.Code == "quota" ? 403 : error.Status, new JsonObject
        {
            ["errors"] = new JsonArray(new JsonObject { ["field"] = null, ["message"] = error.Code == "quota" ? "Cannot create more than 100 API Keys" : error.Status is 401 ? "authorization required" : error.Message }),
        }),
    };

    /// <summary>Source: Datadog API reference, key management, JSON:API; a name is taken once, and a key can be read again by its id.</summary>
    public static VendorSurface Datadog { get; } = new("datadog-api-key", "agents", new VendorClass("overlap-read-back", Truths.UntilRetired with { IssueReplay = IssueReplay.ReadBack }) { ShowsHandle = false },
    [
        new("GET", "/api/v2/api_keys", "list", call => call.List(listed => new JsonObject
        {
            ["data"] = VendorCall.Array(VendorCall.Page(listed, DatadogPage(call) * VendorCall.PageSize).Select(one => DatadogKey(call, one, false))),
            ["meta"] = new JsonObject { ["page"] = new JsonObject { ["total_filtered_count"] = listed.Count } },
        })),
        new("POST", "/api/v2/api_keys", "create", call => call.At("data.type") != "api_keys" || call.At("data.attributes.name") is not { Length: > 0 } name ? call.Fail(400, "Invalid request body")
            : call.Model.Alive(call.Target).Any(one => one.Marker == name) ? call.Fail(409, "API key name must be unique")
            : call.Issue((receipt, _) => new JsonObject { ["data"] = DatadogKey(call, receipt.Credential!, true) }, 201, marker: name)),
        new("GET", "/api/v2/api_keys/{id}", "read", call => call.Refusal() ?? (call.Find(call["id"]) is { } one && one.IsAlive(call.Model.Now) ? new Reply(200, new JsonObject { ["data"] = DatadogKey(call, one, true) }) : call.Fail(404, "API key not found"))),
        new("DELETE", "/api/v2/api_keys/{id}", "delete", call => call.Retire(call["id"], 204)),
        new("GET", "/api/v1/validate", "use", call => call.Use(call.Header("DD-API-KEY"), (_, _) => new JsonObject { ["valid"] = true }, refused: () => call.Fail(403, "Forbidden"))),
    ])
    {
        Cap = 50,
        // Two headers: a key that shows the organisation, and one that shows who asks.
        Manager = call => call.Header("DD-API-KEY") is "dd-org-7f21" ? call.Header("DD-APPLICATION-KEY") : null,
        Management = new Dictionary<string, string?> { ["api-key"] = "dd-org-7f21", ["application-key"] = null },
        Id = number => string.Create(CultureInfo.InvariantCulture, $"2f5ac1b8-0000-4000-8000-{number:x12}"),
        Envelope = error => new Reply(error.Code == "quota" ? 400 : error.Status is 401 ? 403 : error.Status, new JsonObject { ["errors"] = new JsonArray(error.Code == "quota" ? "Maximum number of API keys reached" : error.Status is 401 ? "Forbidden" : error.Code) }),
    };

    /// <summary>Source: Cloudflare API reference, account API tokens: every answer is an envelope, and verify shows the token's own id and status.</summary>
    public static VendorSurface Cloudflare { get; } = new("cloudflare-api-token", "dns", new VendorClass("overlap-list", Truths.UntilRetired),
    [
        new("GET", "/client/v4/accounts/{account}/tokens/verify", "use", call => call.Use(call.Bearer, (_, id) => Result(new JsonObject { ["id"] = id, ["status"] = "active" }))),
        new("GET", "/client/v4/accounts/{account}/tokens", "list", call => call.List(listed =>
        {
            var page = int.Parse(call.Query("page") ?? "1", CultureInfo.InvariantCulture);
            var result = Result(VendorCall.Array(VendorCall.Page(listed, (page - 1) * VendorCall.PageSize).Select(one => (JsonNode)new JsonObject { ["id"] = call.IdOf(one), ["name"] = one.Marker ?? "made by hand", ["status"] = "active", ["issued_on"] = VendorCall.Iso(one.CreatedOn) })));
            result["result_info"] = new JsonObject { ["page"] = page, ["per_page"] = VendorCall.PageSize, ["total_count"] = listed.Count, ["total_pages"] = (listed.Count + VendorCall.PageSize - 1) / VendorCall.PageSize };
            return result;
        })),
        new("POST", "/client/v4/accounts/{account}/tokens", "create", call => call.At("name") is not { Length: > 0 } name || call.Node("policies") is not JsonArray { Count: > 0 }
            ? call.Fail(400, "1001")
            : call.Issue((receipt, id) => Result(new JsonObject { ["id"] = id, ["name"] = name, ["value"] = receipt.Credential!.Value.RevealToRemote(), ["status"] = "active" }), 200, marker: name)),
        new("DELETE", "/client/v4/accounts/{account}/tokens/{id}", "delete", call => call.Retire(call["id"], 200, Result(new JsonObject { ["id"] = call["id"] }))),
    ])
    {
        Parameters = new Dictionary<string, string> { ["accountId"] = CloudflareAccount, ["policies"] = """[{"effect":"allow","permission_groups":[{"id":"c8fed203ed3043cba015a93ad1616f1f"}],"resources":{"com.cloudflare.api.account.zone.*":"*"}}]""" },
        Id = number => string.Create(CultureInfo.InvariantCulture, $"ed17574386854bf78a67040be{number:x7}"),
        Envelope = error => new Reply(error.Status, new JsonObject { ["success"] = false, ["errors"] = new JsonArray(new JsonObject { ["code"] = 1000 + error.Status, ["message"] = error.Message }), ["messages"] = new JsonArray(), ["result"] = null }),
    };

    internal static string? Member(string stored, string name)
    {
        try
        {
            return JsonNode.Parse(stored)?[name]?.GetValue<string>();
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static Reply Twilio(RemoteError error)
        => new(error.Status, new JsonObject { ["code"] = error.Status is 401 ? 20003 : error.Status is 404 ? 20404 : 20001, ["message"] = error.Message, ["more_info"] = "https://www.twilio.com/docs/errors/20003", ["status"] = error.Status });

    private static JsonObject TwilioPage(VendorCall call, IReadOnlyList<VendorCredential> listed)
    {
        var page = int.Parse(call.Query("Page") ?? "0", CultureInfo.InvariantCulture);
        var isLast = (page + 1) * VendorCall.PageSize >= listed.Count;
        return new JsonObject
        {
            ["keys"] = VendorCall.Array(VendorCall.Page(listed, page * VendorCall.PageSize).Select(one => (JsonNode)new JsonObject { ["sid"] = call.IdOf(one), ["friendly_name"] = one.Marker ?? "made by hand", ["date_created"] = Rfc2822(one.CreatedOn) })),
            ["next_page_uri"] = isLast ? null : string.Create(CultureInfo.InvariantCulture, $"/2010-04-01/Accounts/{Account}/Keys.json?PageSize={VendorCall.PageSize}&Page={page + 1}&PageToken=PASK{page}"),
        };
    }

    private static VendorCredential Primary(VendorCall call) => call.Model.Alive(call.Target).OrderBy(one => VendorCall.Number(one)).First();

    private static VendorCredential? Secondary(VendorCall call) => call.Model.Alive(call.Target).OrderBy(one => VendorCall.Number(one)).Skip(1).FirstOrDefault();

    private static int DatadogPage(VendorCall call) => int.Parse(call.Query("page[number]") ?? "0", CultureInfo.InvariantCulture);

    private static JsonObject DatadogKey(VendorCall call, VendorCredential one, bool isWhole)
    {
        var attributes = new JsonObject { ["name"] = one.Marker ?? $"made by hand {one.Id}", ["created_at"] = VendorCall.Iso(one.CreatedOn), ["last4"] = "abcd" };
        if (isWhole) attributes["key"] = one.Value.RevealToRemote();
        return new JsonObject { ["type"] = "api_keys", ["id"] = call.IdOf(one), ["attributes"] = attributes };
    }

    private static JsonObject Result(JsonNode result) => new() { ["success"] = true, ["errors"] = new JsonArray(), ["messages"] = new JsonArray(), ["result"] = result };

    private static string Rfc2822(DateTimeOffset at) => at.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture);
}
