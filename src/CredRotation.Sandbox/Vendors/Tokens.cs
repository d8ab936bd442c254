using System.Text.Json.Nodes;
using CredRotation.Sandbox.Wire;

namespace CredRotation.Sandbox.Vendors;

/// <summary>What RFC 6749 says of the answers to a request for a token.</summary>
internal static class Tokens
{
    public static JsonObject Given(VendorCall call, string secret) => new() { ["access_token"] = call.Tokens.Give(secret), ["token_type"] = "Bearer", ["expires_in"] = 3600 };

    public static Reply InvalidClient() => new(401, new JsonObject { ["error"] = "invalid_client", ["error_description"] = "The client secret supplied for a confidential client is invalid." });
}
