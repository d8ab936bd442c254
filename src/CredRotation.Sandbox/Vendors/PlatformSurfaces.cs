using System.Globalization;
using System.Text.Json.Nodes;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Vendors;

/// <summary>Data and developer platforms whose keys are made and deleted by calls.</summary>
internal static class PlatformSurfaces
{
    private const string Project = "proj_abc123";
    private const string Organization = "5f7b1c2d3e4f5a6b7c8d9e0f";
    private const long Lifetime = 90 * 24 * 3600;

    /// <summary>Source: Confluent Cloud API reference, IAM v2 API keys: 202 means that it is still spreading, and the quota answers 402.</summary>
    public static VendorSurface Confluent { get; } = new("confluent-cloud-api-key", "sa-l7v772", new VendorClass("overlap-list", Truths.UntilRetired) { ActivationDelay = TimeSpan.FromMinutes(2) },
    [
        new("GET", "/iam/v2/api-keys", "list", call => call.Query("spec.owner") != call.Target ? call.Fail(400, "invalid_filter") : call.List(listed =>
        {
            var from = int.Parse(call.Query("page_token") ?? "0", CultureInfo.InvariantCulture);
            var metadata = new JsonObject { ["total_size"] = listed.Count };
            if (from + VendorCall.PageSize < listed.Count) metadata["next"] = string.Create(CultureInfo.InvariantCulture, $"{call.Address}iam/v2/api-keys?spec.owner={call.Target}&page_size=100&page_token={from + VendorCall.PageSize}");
            return new JsonObject { ["api_version"] = "iam/v2", ["kind"] = "ApiKeyList", ["data"] = VendorCall.Array(VendorCall.Page(listed, from).Select(one => ConfluentKey(call, one, false))), ["metadata"] = metadata };
        })),
        new("POST", "/iam/v2/api-keys", "create", call => call.At("spec.owner.id") != call.Target || call.At("spec.display_name") is not { Length: > 0 } name
            ? call.Fail(400, "invalid_spec")
            : call.Issue((receipt, _) => ConfluentKey(call, receipt.Credential!, true), 202, marker: name)),
        new("DELETE", "/iam/v2/api-keys/{id}", "delete", call => call.Retire(call["id"], 204)),
        new("GET", "/org/v2/environments", "use", call => call.Use(
            call.Basic is { } pair && call.Find(pair.User) is { } named && named.Value.RevealToRemote() == pair.Password ? pair.Password : null,
            (_, _) => new JsonObject { ["kind"] = "EnvironmentList", ["data"] = new JsonArray() })),
    ])
    {
        Cap = 10,
        PauseHeader = "X-RateLimit-Reset",
        Manager = call => call.Password("CLOUDKEY"),
        Management = new Dictionary<string, string?> { ["cloud-key-id"] = "CLOUDKEY", ["cloud-key-secret"] = null },
        Id = number => string.Create(CultureInfo.InvariantCulture, $"A{number:D15}"),
        Stored = (credential, id) => new JsonObject { ["key"] = id.ToString(), ["secret"] = credential.Value.RevealToRemote() }.ToJsonString(),
        Secret = stored => CloudSurfaces.Member(stored, "secret"),
        NeverGiven = value => new JsonObject { ["key"] = "NOBODYS", ["secret"] = value }.ToJsonString(),
        Envelope = error => new Reply(error.Code == "quota" ? 402 : error.Status, new JsonObject
        {
            ["errors"] = new JsonArray(new JsonObject { ["id"] = "e", ["status"] = error.Status.ToString(CultureInfo.InvariantCulture), ["code"] = error.Code, ["title"] = error.Message, ["detail"] = error.Message }),
        }),
    };

    /// <summary>Source: Elasticsearch reference, create, get and invalidate API keys: what is invalidated stays in the list, and a 200 may hold errors.</summary>
    public static VendorSurface Elastic { get; } = new("elastic-api-key", "ingest", new VendorClass("overlap-list", Truths.UntilRetired with { LifetimeMax = TimeSpan.FromDays(90) }),
    [
        new("GET", "/_security/api_key", "list", call => call.List(listed => new JsonObject
        {
            ["api_keys"] = VendorCall.Array(listed.Select(one => (JsonNode)new JsonObject
            {
                ["id"] = call.IdOf(one),
                ["name"] = one.Marker ?? "made by hand",
                ["creation"] = one.CreatedOn.ToUnixTimeMilliseconds(),
                ["invalidated"] = one.GoneOn is not null,
                ["username"] = "rotator",
                ["metadata"] = new JsonObject { ["marker"] = one.Marker ?? "none" },
            })),
        }, withEnded: true), call => call.Query("owner") == "true"),
        new("POST", "/_security/api_key", "create", call => call.At("name") is not { Length: > 0 } name || call.At("expiration") != "90d" || call.Node("role_descriptors") is not JsonObject || call.At("metadata.marker") != name
            ? call.Fail(400, "action_request_validation_exception")
            : call.Issue((receipt, id) => new JsonObject
            {
                ["id"] = id,
                ["name"] = name,
                ["expiration"] = receipt.Credential!.ExpiresOn!.Value.ToUnixTimeMilliseconds(),
                ["api_key"] = "only-half-of-it",
                ["encoded"] = receipt.Credential.Value.RevealToRemote(),
            }, 200, marker: name, expiresOn: call.Model.Now.AddSeconds(Lifetime))),
        new("DELETE", "/_security/api_key", "invalidate", call =>
        {
            if (call.Node("ids") is not JsonArray { Count: 1 } ids || ids[0]?.GetValue<string>() is not { } id) return call.Fail(400, "action_request_validation_exception");
            var known = call.Find(id);
            var before = known?.GoneOn is not null;
            return call.Retire(id, 200, Invalidated([id], []), gone: () => new Reply(200, Invalidated([], before ? [id] : [])));
        }),
        new("GET", "/_security/_authenticate", "use", call => call.Use(call.Header("Authorization")?["ApiKey ".Length..], (used, id) => new JsonObject
        {
            ["username"] = "rotator",
            ["enabled"] = true,
            ["authentication_type"] = "api_key",
            ["api_key"] = new JsonObject { ["id"] = id, ["name"] = used.Marker ?? "made by hand" },
        }), call => call.Header("Authorization")?.StartsWith("ApiKey ", StringComparison.Ordinal) is true),
        new("GET", "/_security/_authenticate", "look", call => call.Look(() => new JsonObject { ["username"] = "rotator", ["enabled"] = true, ["authentication_type"] = "token" })),
    ])
    {
        Parameters = new Dictionary<string, string> { ["roles"] = """{"ingest":{"index":[{"names":["logs-*"],"privileges":["create_doc"]}]}}""" },
        Id = number => string.Create(CultureInfo.InvariantCulture, $"VuaCfGcBCdbkQm-e5{number:D3}"),
        Envelope = error => new Reply(error.Status, new JsonObject
        {
            ["error"] = new JsonObject { ["root_cause"] = new JsonArray(), ["type"] = error.Status is 401 ? "security_exception" : error.Code, ["reason"] = error.Message },
            ["status"] = error.Status,
        }),
    };

    /// <summary>Source: Grafana HTTP API reference, service account tokens: ids are numbers, and the list is a bare array.</summary>
    public static VendorSurface Grafana { get; } = new("grafana-service-account-token", "42", new VendorClass("overlap-list", Truths.UntilRetired with { LifetimeMax = TimeSpan.FromDays(90) }) { ShowsHandle = false },
    [
        new("GET", "/api/serviceaccounts/{account}/tokens", "list", call => call.List(listed => VendorCall.Array(listed.Select(one => (JsonNode)new JsonObject
        {
            ["id"] = call.IdOf(one),
            ["name"] = one.Marker ?? "made by hand",
            ["created"] = VendorCall.Iso(one.CreatedOn),
            ["expiration"] = null,
            ["hasExpired"] = false,
        })))),
        new("POST", "/api/serviceaccounts/{account}/tokens", "create", call => call.At("name") is not { Length: > 0 } name || call.NumberAt("secondsToLive") != Lifetime
            ? call.Fail(400, "bad request data")
            : call.Issue((receipt, id) => new JsonObject { ["id"] = id, ["name"] = name, ["key"] = receipt.Credential!.Value.RevealToRemote() }, 200, marker: name, expiresOn: call.Model.Now.AddSeconds(Lifetime))),
        new("DELETE", "/api/serviceaccounts/{account}/tokens/{id}", "delete", call => call.Retire(call["id"], 200, new JsonObject { ["message"] = "Service account token deleted" })),
        new("GET", "/api/org", "use", call => call.Use(call.Bearer, (_, _) => new JsonObject { ["id"] = 1, ["name"] = "Main Org." })),
    ])
    {
        Id = number => JsonValue.Create(100 + number),
        Envelope = error => new Reply(error.Status, new JsonObject { ["message"] = error.Status is 401 ? "Invalid API key" : error.Message }),
    };

    /// <summary>Source: OpenAI API reference, project service accounts: what is deleted is the account, for its key cannot be.</summary>
    public static VendorSurface OpenAI { get; } = new("openai-project-service-account", Project, new VendorClass("overlap-list", Truths.UntilRetired) { ShowsHandle = false },
    [
        new("GET", "/v1/organization/projects/{project}/service_accounts", "list", call => call.List(listed =>
        {
            var from = call.Query("after") is { } after ? listed.ToList().FindIndex(one => call.IdOf(one).ToString() == after) + 1 : 0;
            var page = VendorCall.Page(listed, from);
            return new JsonObject
            {
                ["object"] = "list",
                ["data"] = VendorCall.Array(page.Select(one => (JsonNode)new JsonObject { ["object"] = "organization.project.service_account", ["id"] = call.IdOf(one), ["name"] = one.Marker ?? "made by hand", ["role"] = "member", ["created_at"] = one.CreatedOn.ToUnixTimeSeconds() })),
                ["first_id"] = page.Count == 0 ? null : call.IdOf(page[0]),
                ["last_id"] = page.Count == 0 ? null : call.IdOf(page[^1]),
                ["has_more"] = from + page.Count < listed.Count,
            };
        })),
        new("POST", "/v1/organization/projects/{project}/service_accounts", "create", call => call.At("name") is not { Length: > 0 } name
            ? call.Fail(400, "invalid_request_error")
            : call.Issue((receipt, id) => new JsonObject
            {
                ["object"] = "organization.project.service_account",
                ["id"] = id,
                ["name"] = name,
                ["role"] = "member",
                ["api_key"] = new JsonObject { ["object"] = "organization.project.service_account.api_key", ["id"] = "key_abc", ["name"] = "Secret Key", ["value"] = receipt.Credential!.Value.RevealToRemote() },
            }, 200, marker: name)),
        new("DELETE", "/v1/organization/projects/{project}/service_accounts/{id}", "delete", call => call.Retire(call["id"], 200, new JsonObject { ["object"] = "organization.project.service_account.deleted", ["id"] = call["id"], ["deleted"] = true })),
        new("GET", "/v1/models", "use", call => call.Use(call.Bearer, (_, _) => new JsonObject { ["object"] = "list", ["data"] = new JsonArray() })),
    ])
    {
        Id = number => string.Create(CultureInfo.InvariantCulture, $"svc_acct_{number:D4}"),
        Envelope = error => new Reply(error.Status, new JsonObject { ["error"] = new JsonObject { ["message"] = error.Message, ["type"] = "invalid_request_error", ["param"] = null, ["code"] = error.Status is 401 ? "invalid_api_key" : error.Code } }),
    };

    /// <summary>
    /// Source: MongoDB Atlas Administration API v2, service accounts: versioned media types, and parallel changes answer 409. Each rotation makes an
    /// account of its own, because the secrets of one account carry no name and take two places.
    /// </summary>
    public static VendorSurface Atlas { get; } = new("mongodb-atlas-service-account", Organization, new VendorClass("overlap-list", Truths.UntilRetired with { LifetimeMax = TimeSpan.FromDays(90) }),
    [
        new("POST", "/api/oauth/token", "token", call => AtlasToken(call, call.Model.ManagementValue.RevealToRemote()), call => call.Basic?.User == "mdb_sa_id_manager", IsPrelude: true),
        new("POST", "/api/oauth/token", "use", call => call.Basic is { } pair && call.Find(pair.User) is { } named && named.Value.RevealToRemote() == pair.Password
            ? call.Use(pair.Password, (_, _) => Tokens.Given(call, pair.Password), refused: Tokens.InvalidClient)
            : Tokens.InvalidClient()),
        new("GET", "/api/atlas/v2/orgs/{org}/serviceAccounts", "list", call => IsVersioned(call) ? call.List(listed =>
        {
            var page = int.Parse(call.Query("pageNum") ?? "1", CultureInfo.InvariantCulture);
            return new JsonObject
            {
                ["links"] = new JsonArray(),
                ["results"] = VendorCall.Array(VendorCall.Page(listed, (page - 1) * VendorCall.PageSize).Select(one => (JsonNode)new JsonObject { ["clientId"] = call.IdOf(one), ["name"] = one.Marker ?? "made by hand", ["createdAt"] = VendorCall.Iso(one.CreatedOn) })),
                ["totalCount"] = listed.Count,
            };
        }) : call.Fail(406, "INVALID_VERSION_DATE")),
        new("POST", "/api/atlas/v2/orgs/{org}/serviceAccounts", "create", call => !IsVersioned(call) ? call.Fail(406, "INVALID_VERSION_DATE")
            : call.At("name") is not { Length: > 0 } name || call.Node("roles") is not JsonArray { Count: > 0 } || call.NumberAt("secretExpiresAfterHours") != Lifetime / 3600 ? call.Fail(400, "VALIDATION_ERROR")
            : call.Issue((receipt, id) => new JsonObject
            {
                ["clientId"] = id,
                ["name"] = name,
                ["secrets"] = new JsonArray(new JsonObject { ["id"] = "668aeeb2d69e4b3e2ea5e4a4", ["secret"] = receipt.Credential!.Value.RevealToRemote(), ["expiresAt"] = VendorCall.Iso(receipt.Credential.ExpiresOn!.Value) }),
            }, 201, marker: name, expiresOn: call.Model.Now.AddSeconds(Lifetime))),
        new("DELETE", "/api/atlas/v2/orgs/{org}/serviceAccounts/{id}", "delete", call => IsVersioned(call) ? call.Retire(call["id"], 204) : call.Fail(406, "INVALID_VERSION_DATE")),
    ])
    {
        Parameters = new Dictionary<string, string> { ["managementClientId"] = "mdb_sa_id_manager", ["roles"] = "ORG_READ_ONLY", ["description"] = "shop" },
        Manager = call => call.Tokens.SecretOf(call.Bearer),
        Id = number => string.Create(CultureInfo.InvariantCulture, $"mdb_sa_id_66{number:D22}"),
        Stored = (credential, id) => new JsonObject { ["clientId"] = id.ToString(), ["clientSecret"] = credential.Value.RevealToRemote() }.ToJsonString(),
        Secret = stored => CloudSurfaces.Member(stored, "clientSecret"),
        NeverGiven = value => new JsonObject { ["clientId"] = "mdb_sa_id_nobodys", ["clientSecret"] = value }.ToJsonString(),
        Envelope = error => new Reply(error.Status, new JsonObject { ["error"] = error.Status, ["errorCode"] = error.Code, ["detail"] = error.Message, ["reason"] = "reason" }),
    };

    private static bool IsVersioned(VendorCall call) => call.Header("Accept") is "application/vnd.atlas.2024-08-05+json";

    private static Reply AtlasToken(VendorCall call, string management)
        => call.Basic is { Password: var secret } && secret == management && call.Form("grant_type") == "client_credentials" ? new Reply(200, Tokens.Given(call, secret)) : Tokens.InvalidClient();

    private static JsonObject ConfluentKey(VendorCall call, VendorCredential one, bool isWhole)
    {
        var spec = new JsonObject { ["display_name"] = one.Marker ?? "made by hand", ["owner"] = new JsonObject { ["id"] = call.Target } };
        if (isWhole) spec["secret"] = one.Value.RevealToRemote();
        return new JsonObject { ["api_version"] = "iam/v2", ["kind"] = "ApiKey", ["id"] = call.IdOf(one), ["metadata"] = new JsonObject { ["created_at"] = VendorCall.Iso(one.CreatedOn) }, ["spec"] = spec };
    }

    private static JsonObject Invalidated(string[] now, string[] before) => new()
    {
        ["invalidated_api_keys"] = VendorCall.Array(now.Select(id => (JsonNode)id)),
        ["previously_invalidated_api_keys"] = VendorCall.Array(before.Select(id => (JsonNode)id)),
        ["error_count"] = 0,
    };
}
