using System.Buffers.Text;
using System.Text.Json;
using Azure.Core;

namespace CredRotation.Adapters.Setup;

/// <summary>Who the app is to the directory, as its own token says; read for commands and permissions, never to decide who may do what.</summary>
/// <param name="ObjectId">Null where the token does not say.</param>
/// <param name="Roles">The application permissions that the token carries; null where it cannot be read.</param>
internal sealed record AppIdentity(string? ObjectId, IReadOnlyList<string>? Roles)
{
    private const int TokenMax = 64 * 1024;

    public static async Task<AppIdentity> ReadAsync(TokenCredential credential, string scope, CancellationToken cancellationToken)
        => Read((await credential.GetTokenAsync(new TokenRequestContext([scope]), cancellationToken)).Token);

    internal static AppIdentity Read(string token)
    {
        if (token.Length > TokenMax || token.Split('.') is not [_, var payload, _] || !Base64Url.IsValid(payload)) return new(null, null);
        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
            if (claims.RootElement.ValueKind != JsonValueKind.Object) return new(null, null);
            var id = claims.RootElement.TryGetProperty("oid", out var oid) && oid.ValueKind == JsonValueKind.String && Guid.TryParse(oid.GetString(), out var guid) ? guid.ToString() : null;
            // A token without any permission has no such claim.
            var roles = claims.RootElement.TryGetProperty("roles", out var all) && all.ValueKind == JsonValueKind.Array
                ? all.EnumerateArray().Where(role => role.ValueKind == JsonValueKind.String).Select(role => role.GetString()!).ToList()
                : [];
            return new(id, roles);
        }
        catch (JsonException)
        {
            return new(null, null);
        }
    }
}
