using Azure.Core;

namespace CredRotation.Sandbox.Systems;

/// <summary>Hands a fixed sandbox token to Azure SDK clients, in place of a managed identity.</summary>
public sealed class SandboxTokenCredential(string token) : TokenCredential
{
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        => new(token, TimeProvider.System.GetUtcNow().AddHours(12));

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
        => ValueTask.FromResult(GetToken(requestContext, cancellationToken));
}
