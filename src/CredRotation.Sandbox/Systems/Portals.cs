using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>Every gateway whose keys are made in a portal alone. Sources: each vendor's API reference, the operation's page.</summary>
internal static class Portals
{
    private const string ClientId = "uFKvRvYbQWGs3P7LnOpqxA";
    private const string ApiLoginId = "5KP3u95bQpv";

    public static IReadOnlyList<Portal> All { get; } =
    [
        new("mollie-api-key", "pfl_QkEhN94Ba", "GET", "/v2/profiles/me", Bearer, id => new JsonObject { ["resource"] = "profile", ["mode"] = "live", ["id"] = id, ["status"] = "verified" },
            status => new JsonObject { ["status"] = status, ["title"] = "Unauthorized Request", ["detail"] = "Missing authentication, or failed to authenticate" }),
        new("gocardless-access-token", "CR123", "GET", "/creditors", Bearer, id => new JsonObject { ["creditors"] = new JsonArray(new JsonObject { ["id"] = id, ["name"] = "Shop" }), ["meta"] = new JsonObject { ["limit"] = 1 } },
            status => new JsonObject { ["error"] = new JsonObject { ["type"] = "invalid_api_usage", ["code"] = status, ["errors"] = new JsonArray(new JsonObject { ["reason"] = "access_token_not_found" }) } })
        {
            // Without its version header the API answers 400 and looks at no token.
            Needs = call => call.Request.Headers["GoCardless-Version"] == "2015-07-06" && call.Request.Query["limit"] == "1",
        },
        new("stripe-secret-key", "acct_1032D82eZvKYlo2C", "GET", "/v1/account", Bearer, id => new JsonObject { ["id"] = id, ["object"] = "account" },
            _ => new JsonObject { ["error"] = new JsonObject { ["type"] = "invalid_request_error", ["message"] = "Invalid API Key provided: sk_live_********" } }),
        new("paypal-client-secret", "AYiPC9BjTuwNCnVl", "POST", "/v1/oauth2/token", BasicOfTarget, id => new JsonObject { ["scope"] = "openid", ["access_token"] = "canary-fresh-token", ["token_type"] = "Bearer", ["app_id"] = $"APP-{id[..8]}", ["expires_in"] = 31_668 },
            _ => new JsonObject { ["error"] = "invalid_client", ["error_description"] = "Client Authentication failed" })
        {
            Needs = call => call.Request.HasFormContentType && call.Request.Form["grant_type"] == "client_credentials",
            StrangerStatus = 401,
        },
        // Refusals have no body that is documented.
        new("checkout-secret-key", "ent_w4jelhppmfiufdnatam37wrfc4", "GET", "/balances/ent_w4jelhppmfiufdnatam37wrfc4", Bearer,
            _ => new JsonObject { ["data"] = new JsonArray(new JsonObject { ["descriptor"] = "Shop", ["holding_currency"] = "EUR", ["balances"] = new JsonObject { ["pending"] = 0, ["available"] = 50_000, ["payable"] = 0, ["collateral"] = 0 } }) },
            _ => [])
        {
            StrangerStatus = 404,
        },
        new("square-access-token", "DM7VKY8Q63GNP", "GET", "/v2/merchants/me", Bearer,
            id => new JsonObject { ["merchant"] = new JsonObject { ["id"] = id, ["business_name"] = "Shop", ["country"] = "US", ["language_code"] = "en-US", ["currency"] = "USD", ["status"] = "ACTIVE" } },
            _ => new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["category"] = "AUTHENTICATION_ERROR", ["code"] = "UNAUTHORIZED", ["detail"] = "This request could not be authorized." }) })
        {
            Needs = call => call.Request.Headers["Square-Version"].Count == 1,
        },
        // Which version of the API is meant is said by Accept; its entities have six digits.
        new("worldpay-access-credential", "111155", "GET", "/accounts/balance", call => BasicPair(call)?.Password,
            id => new JsonObject { ["entity"] = id, ["accounts"] = new JsonArray(new JsonObject { ["accountNumber"] = "1111550000000044", ["accountName"] = "EUR account", ["currency"] = "EUR", ["balance"] = 1418.64 }) },
            _ => new JsonObject { ["errorName"] = "accessDenied", ["message"] = "Access to the requested resource has been denied" })
        {
            Needs = call => call.Request.Headers.Accept == "application/vnd.worldpay.accounts.balance-v1+json" && call.Request.Query["entity"] == call.Target,
            Prefix = "shop-user:",
            StrangerStatus = 401,
        },
        new("authorizenet-transaction-key", "565697", "POST", "/xml/v1/request.api", TransactionKey,
            id => new JsonObject { ["isTestMode"] = false, ["merchantName"] = "Shop", ["gatewayId"] = id, ["currencies"] = new JsonArray("USD"), ["messages"] = Message("Ok", "I00001", "Successful.") },
            status => new JsonObject { ["messages"] = status == 401 ? Message("Error", "E00007", "User authentication failed due to invalid authentication values.") : Message("Error", "E00003", "An error occurred while parsing the XML request.") })
        {
            // Its schema is a sequence, in JSON, too: the name comes first.
            Needs = call => call.Body?["getMerchantDetailsRequest"]?["merchantAuthentication"] is JsonObject asks && asks.Select(member => member.Key).SequenceEqual(["name", "transactionKey"]),
            Parameters = new Dictionary<string, string> { ["apiLoginId"] = ApiLoginId },
            Truth = OnTimer,
            IsAlwaysFine = true,
        },
        new("airwallex-scoped-api-key", ClientId, "POST", "/api/v1/authentication/login", call => call.Request.Headers["x-client-id"] == call.Target ? call.Request.Headers["x-api-key"].FirstOrDefault() : null,
            _ => new JsonObject { ["token"] = "canary-fresh-token", ["expires_at"] = "2026-11-01T00:30:00+0000" },
            _ => new JsonObject { ["code"] = "unauthorized", ["message"] = "Access denied, authentication failed" })
        {
            SuccessStatus = 201,
            StrangerStatus = 401,
        },
    ];

    /// <summary>Authorize.Net's support: the old key ends 24 hours after a new one was made.</summary>
    private static VendorClass OnTimer => VendorClasses.HandedIn with
    {
        Name = "person-hands-in-timer",
        Traits = VendorClasses.HandedIn.Traits with { OldValidity = OldValidity.Timer, ClockStart = ClockStart.Approval, OldLife = TimeSpan.FromHours(24), RetireBy = RetireBy.TimerOnly },
        RetireWaitsFor = null,
    };

    public static Portal Find(string kind) => All.Single(portal => portal.Kind == kind);

    private static string? Bearer(PortalCall call)
        => call.Request.Headers.Authorization.FirstOrDefault() is { } header && header.StartsWith("Bearer ", StringComparison.Ordinal) ? header["Bearer ".Length..] : null;

    /// <summary>The password, where the user is the app.</summary>
    private static string? BasicOfTarget(PortalCall call) => BasicPair(call) is { } pair && pair.User == call.Target ? pair.Password : null;

    private static (string User, string Password)? BasicPair(PortalCall call)
    {
        if (call.Request.Headers.Authorization.FirstOrDefault() is not { } header || !header.StartsWith("Basic ", StringComparison.Ordinal)) return null;

        var pair = new byte[header.Length];
        if (!Convert.TryFromBase64String(header["Basic ".Length..], pair, out var length)) return null;
        return Encoding.UTF8.GetString(pair, 0, length).Split(':', 2) is [var user, var password] ? (user, password) : null;
    }

    private static string? TransactionKey(PortalCall call)
        => call.Body!["getMerchantDetailsRequest"]!["merchantAuthentication"] is JsonObject asks && (string?)asks["name"] == ApiLoginId ? (string?)asks["transactionKey"] : null;

    private static JsonObject Message(string result, string code, string text)
        => new() { ["resultCode"] = result, ["message"] = new JsonArray(new JsonObject { ["code"] = code, ["text"] = text }) };
}
