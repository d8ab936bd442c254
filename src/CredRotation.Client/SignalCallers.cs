using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace CredRotation.Client;

/// <summary>Tells whether a request carries a token of one principal for this app: signed by the authority's keys, for this audience, not past its end.</summary>
internal sealed class SignalCallers
{
    private const int TokenLengthMax = 16 * 1024;
    private readonly ConfigurationManager<OpenIdConnectConfiguration> _authority;
    private readonly JsonWebTokenHandler _tokens = new();
    private readonly string _audience;

    public SignalCallers(Uri authority, string audience, HttpClient http)
    {
        _audience = audience;
        // Keys change; the manager fetches them anew once a day, and at once after a token whose key it does not know.
        _authority = new ConfigurationManager<OpenIdConnectConfiguration>($"{authority.AbsoluteUri.TrimEnd('/')}/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever(), new HttpDocumentRetriever(http) { RequireHttps = !authority.IsLoopback });
    }

    public async ValueTask<bool> IsAsync(HttpContext context, string principal)
    {
        const string scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) || header.Length > TokenLengthMax) return false;
        var token = header[scheme.Length..].Trim();
        var result = await ValidateAsync(token, context.RequestAborted);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            _authority.RequestRefresh();
            result = await ValidateAsync(token, context.RequestAborted);
        }

        return result.IsValid && result.Claims.TryGetValue("oid", out var caller) && string.Equals(caller as string, principal, StringComparison.OrdinalIgnoreCase);
    }

    private async Task<TokenValidationResult> ValidateAsync(string token, CancellationToken cancellationToken)
    {
        var authority = await _authority.GetConfigurationAsync(cancellationToken);
        return await _tokens.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = authority.Issuer,
            ValidAudience = _audience,
            IssuerSigningKeys = authority.SigningKeys,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
        });
    }
}
