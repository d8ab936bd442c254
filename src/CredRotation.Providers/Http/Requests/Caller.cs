using Azure.Core;
using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Requests;

/// <summary>What came of one call: an answer, a refusal of ours to send it, or a provider's word that the credential that asked is not accepted.</summary>
/// <param name="Refusal">A short code of ours; the answer is null then.</param>
/// <param name="IsDenied">The request for a token was refused, so that nothing else was sent.</param>
internal sealed record Called(Answer Answer, string? Refusal, bool IsDenied) : IDisposable
{
    public static Called Refused(string refusal) => new(Answer.NotSent("our own checks refused it"), refusal, false);

    public void Dispose() => Answer.Dispose();
}

/// <summary>Makes one call, and first the call for its token where the file asks for one. Without its token nothing is sent, and that is known.</summary>
internal sealed class Caller(VendorDocument document, HttpExchange exchange, Func<TokenCredential?> identity)
{
    private const int TokenLengthMax = 16_000;

    /// <param name="isCandidates">The candidate asks: then the request for a token is a part of the probe.</param>
    public async Task<Called> SendAsync(string name, Operation operation, TemplateValues values, bool isCandidates, CancellationToken cancellationToken, Uri? address = null)
    {
        var (token, instead) = await FetchTokenAsync(name, operation.Auth, values, isCandidates, cancellationToken);
        return instead ?? await SendAsync(name, operation, values with { Token = token }, address, cancellationToken);
    }

    /// <summary>Only asks for the token: an answer with a status of success has one.</summary>
    public async Task<Called> ProveAsync(string name, AuthScheme auth, TemplateValues values, CancellationToken cancellationToken)
    {
        var called = await SendAsync(name, auth.Token!.Call, values, null, cancellationToken);
        return called.Refusal is null && IsDenied(auth.Token, called.Answer, values) ? called with { IsDenied = true } : called;
    }

    private async Task<Called> SendAsync(string name, Operation operation, TemplateValues values, Uri? address, CancellationToken cancellationToken)
    {
        var (request, refusal) = RequestBuilder.Build(operation, values, document.Hosts, address);
        if (request is null)
        {
            exchange.TellRefused(document.Provider, name, refusal!);
            return Called.Refused(refusal!);
        }

        using (request) return new Called(await exchange.SendAsync(document.Provider, name, request, cancellationToken) with { Token = values.Token }, null, false);
    }

    private async Task<(SecretText? Token, Called? Instead)> FetchTokenAsync(string name, AuthScheme auth, TemplateValues values, bool isCandidates, CancellationToken cancellationToken)
    {
        if (auth.IdentityScope is { } scope) return await AskIdentityAsync(scope, cancellationToken);
        if (auth.Token is not { } step) return (null, null);

        var called = await SendAsync($"{name} token", step.Call, values, null, cancellationToken);
        if (called.Refusal is not null) return (null, called);
        if (IsDenied(step, called.Answer, values)) return (null, called with { IsDenied = true });

        var answer = called.Answer;
        if (answer.Status is { } status && step.Call.SuccessStatuses.Contains(status)
            && answer.Body is { } body && step.Call.Require.All(predicate => predicate.Holds(body, values))
            && step.Token.Scalar(answer, values) is { Length: > 0 and <= TokenLengthMax } token)
        {
            called.Dispose();
            return (new SecretText(token), null);
        }

        if (answer.Status == 429) return (null, called);

        // Without a token nothing is sent: an effect did not happen, while of a candidate nothing was learned.
        using (called) return (null, new Called(isCandidates ? Answer.Lost("no token came") : Answer.NotSent("the token for it did not come"), null, false));
    }

    private async Task<(SecretText? Token, Called? Instead)> AskIdentityAsync(string scope, CancellationToken cancellationToken)
    {
        if (identity() is not { } credential) return (null, Called.Refused("not-sent.no-identity"));
        try
        {
            var token = await credential.GetTokenAsync(new TokenRequestContext([scope]), cancellationToken);
            return (new SecretText(token.Token), null);
        }
        catch (Exception failed) when (failed is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Its words may hold what the identity endpoint said.
            return (null, new Called(Answer.NotSent("the app's own identity got no token"), null, false));
        }
    }

    private static bool IsDenied(TokenStep step, Answer answer, TemplateValues values) => step.Denied.Any(match => match.Holds(answer, values));
}
