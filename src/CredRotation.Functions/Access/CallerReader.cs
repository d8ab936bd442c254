using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace CredRotation.Functions.Access;

/// <summary>Reads who calls from the platform's principal header, and trusts it only where the platform says that it signs people in.</summary>
public sealed class CallerReader(IConfiguration configuration)
{
    public const string PrincipalHeader = "X-MS-CLIENT-PRINCIPAL";

    public const string AuthEnabledSetting = "WEBSITE_AUTH_ENABLED";

    private const int HeaderMax = 16 * 1024;
    private const int ClaimsMax = 500;
    private const int NameMax = 100;

    private static readonly string[] s_objectId = ["oid", "http://schemas.microsoft.com/identity/claims/objectidentifier"];
    private static readonly string[] s_name = ["name", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "preferred_username", "appid", "azp"];
    private static readonly string[] s_roles = ["roles", "role", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"];

    /// <summary>Null: nobody is signed in, as far as we may believe.</summary>
    public Caller? Read(HttpRequest request)
    {
        // Without the platform's sign-in anybody can send this header.
        if (!bool.TryParse(configuration[AuthEnabledSetting], out var isEnabled) || !isEnabled) return null;

        return request.Headers[PrincipalHeader] is [{ Length: > 0 and <= HeaderMax } header] ? Parse(header) : null;
    }

    private static Caller? Parse(string header)
    {
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header, bytes, out var length)) return null;

        try
        {
            using var principal = JsonDocument.Parse(bytes.AsMemory(0, length));
            return principal.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("claims", out var claims)
                && claims.ValueKind == JsonValueKind.Array
                    ? Of([.. claims.EnumerateArray().Take(ClaimsMax).Select(Claim).Where(claim => claim.Type.Length > 0)])
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static (string Type, string Value) Claim(JsonElement claim)
        => claim.ValueKind == JsonValueKind.Object
            && claim.TryGetProperty("typ", out var type) && type.ValueKind == JsonValueKind.String
            && claim.TryGetProperty("val", out var value) && value.ValueKind == JsonValueKind.String
                ? (type.GetString()!, value.GetString()!)
                : ("", "");

    private static Caller? Of(IReadOnlyList<(string Type, string Value)> claims)
    {
        // Two different object ids would let a caller choose who to be.
        var objectIds = Values(claims, s_objectId).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        return objectIds is [{ Length: > 0 and <= NameMax } objectId]
            ? new Caller(objectId, Shown(s_name.SelectMany(type => Values(claims, [type])).FirstOrDefault() ?? objectId), [.. Values(claims, s_roles)])
            : null;
    }

    private static IEnumerable<string> Values(IReadOnlyList<(string Type, string Value)> claims, string[] types)
        => claims.Where(claim => types.Contains(claim.Type, StringComparer.Ordinal)).Select(claim => claim.Value);

    private static string Shown(string name) => new([.. name.Take(NameMax).Select(c => char.IsControl(c) ? ' ' : c)]);
}
