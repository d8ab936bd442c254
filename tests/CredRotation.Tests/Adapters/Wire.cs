using System.Net;
using System.Text;
using Azure.Core;

namespace CredRotation.Tests.Adapters;

/// <summary>What an SDK or client sent.</summary>
internal sealed record Sent(string Method, Uri Uri, string Body, string? Authorization, IReadOnlyDictionary<string, string> Headers)
{
    public string PathAndQuery => Uri.UnescapeDataString(Uri.PathAndQuery);
}

/// <summary>Answers in place of the network and remembers what it was asked.</summary>
internal sealed class Wire(Func<Sent, HttpResponseMessage> answer) : HttpMessageHandler
{
    public List<Sent> Requests { get; } = [];

    /// <summary>A remote that never answers.</summary>
    public static Wire Silent { get; } = new(_ => throw new TimeoutException("never"));

    public static HttpResponseMessage Json(int status, string body, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers) response.Headers.TryAddWithoutValidation(name, value);
        return response;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (this == Silent) await new TaskCompletionSource<HttpResponseMessage>().Task.WaitAsync(cancellationToken);

        var sent = new Sent(
            request.Method.Method,
            request.RequestUri!,
            request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken),
            request.Headers.Authorization?.ToString(),
            request.Headers.ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase));
        lock (Requests) Requests.Add(sent);
        var response = answer(sent);
        response.RequestMessage = request;
        return response;
    }
}

/// <summary>A credential whose tokens say what they were asked for.</summary>
internal sealed class NamedCredential : TokenCredential
{
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        => new($"token-for-{requestContext.Scopes[0]}", DateTimeOffset.MaxValue);

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
        => ValueTask.FromResult(GetToken(requestContext, cancellationToken));
}
