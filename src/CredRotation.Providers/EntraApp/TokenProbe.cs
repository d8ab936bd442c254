using System.Buffers.Text;
using System.Text;
using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Requests;

namespace CredRotation.Providers.EntraApp;

/// <summary>What a token endpoint said of a secret.</summary>
internal abstract record TokenVerdict(DateTimeOffset? RemoteDate)
{
    /// <summary>It gave a token to this application of this tenant.</summary>
    public sealed record Given(string Tenant, string App, DateTimeOffset? RemoteDate) : TokenVerdict(RemoteDate);

    public sealed record Refused(DateTimeOffset? RemoteDate) : TokenVerdict(RemoteDate);

    public sealed record Later(TimeSpan After, DateTimeOffset? RemoteDate) : TokenVerdict(RemoteDate);

    /// <summary>Nothing was learned of the secret.</summary>
    public sealed record Unclear(string Words, DateTimeOffset? RemoteDate) : TokenVerdict(RemoteDate);
}

/// <summary>
/// Asks a tenant's token endpoint for a token with a secret, each time anew: a cached token would hide a dead one. Source: Microsoft Entra,
/// "OAuth 2.0 client credentials flow" and "Error codes" (AADSTS).
/// </summary>
internal sealed class TokenProbe(HttpExchange exchange, CloudEndpoints cloud)
{
    // Wrong or removed, and known but past its end. A new one is refused with the first until it has reached every front end.
    private static readonly int[] s_refused = [7000215, 7000222];

    // The tenant or the client asks too often.
    private static readonly int[] s_later = [50196, 90055];

    private static readonly JsonPointer s_token = JsonPointer.Parse("/access_token")!, s_codes = JsonPointer.Parse("/error_codes")!, s_self = JsonPointer.Parse("")!,
        s_tenant = JsonPointer.Parse("/tid")!, s_app = JsonPointer.Parse("/appid")!, s_party = JsonPointer.Parse("/azp")!;

    public async Task<TokenVerdict> AskAsync(string tenant, string app, SecretText secret, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(cloud.SignIn, $"{tenant}/oauth2/v2.0/token"));
        request.Content = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = app,
            ["client_secret"] = secret.RevealToRemote(),
            // Every tenant has Microsoft Graph, and a token that may do nothing there is given all the same.
            ["scope"] = new Uri(cloud.Graph, ".default").AbsoluteUri,
        });
        using var answer = await exchange.SendAsync(EntraAppProvider.KindName, "verify", request, cancellationToken);
        if (answer.Status is 200) return Read(answer);

        int[] codes = [.. answer.Body?.Items(s_codes)?.Select(code => code.Number(s_self)).OfType<decimal>().Where(code => code is > 0 and < int.MaxValue).Select(code => (int)code) ?? []];
        if (answer.Status is 429 || answer.WasNotSent || codes.Intersect(s_later).Any()) return new TokenVerdict.Later(answer.RetryAfter is { } after && after > TimeSpan.Zero ? after : exchange.DefaultRetryAfter, answer.RemoteDate);
        if (answer.Status is 400 or 401 && codes.Intersect(s_refused).Any()) return new TokenVerdict.Refused(answer.RemoteDate);

        return new TokenVerdict.Unclear(codes is [var first, ..] ? $"{answer.Words} It says AADSTS{first}." : answer.Words, answer.RemoteDate);
    }

    private static TokenVerdict Read(Answer answer)
    {
        if (answer.Body?.Text(s_token) is not { Length: > 0 } token) return new TokenVerdict.Unclear(answer.Body is null ? answer.Words : "The endpoint answered without a token.", answer.RemoteDate);

        // Read, not trusted: it came over our own connection from the endpoint that made it.
        using var claims = Claims(token);
        return claims?.Text(s_tenant) is { Length: > 0 } tenant && (claims.Text(s_app) ?? claims.Text(s_party)) is { Length: > 0 } app
            ? new TokenVerdict.Given(tenant, app, answer.RemoteDate)
            : new TokenVerdict.Unclear("The endpoint gave a token that does not show whose it is.", answer.RemoteDate);
    }

    private static JsonBody? Claims(string token)
    {
        if (token.Split('.') is not [_, var payload, _]) return null;
        try
        {
            return JsonBody.Read(Base64Url.DecodeFromUtf8(Encoding.UTF8.GetBytes(payload)));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
