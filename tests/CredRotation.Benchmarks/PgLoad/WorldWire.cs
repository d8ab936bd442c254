using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CredRotation.Client;
using CredRotation.Testing;

namespace CredRotation.Benchmarks.PgLoad;

/// <summary>A world's vault, as the client's real vault library reads it.</summary>
internal sealed class WorldVault(VaultModel vaults) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(Answer(request));

    private HttpResponseMessage Answer(HttpRequestMessage request)
    {
        if (request.Headers.Authorization is null)
        {
            var challenge = new HttpResponseMessage(HttpStatusCode.Unauthorized);
            challenge.Headers.TryAddWithoutValidation("WWW-Authenticate", "Bearer authorization=\"https://login.microsoftonline.com/tenant\", resource=\"https://vault.azure.net\"");
            return challenge;
        }

        var (host, parts) = (request.RequestUri!.Host, request.RequestUri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries));
        return vaults.Get(host, parts[1], parts.Length > 2 ? parts[2] : null, new VaultCaller("checkout", "read")).Value is { } found
            ? Json(HttpStatusCode.OK, new { value = found.Value.RevealToRemote(), id = $"https://{host}/secrets/{found.Name}/{found.Id}", attributes = new { enabled = found.IsEnabled, created = found.Created } })
            : Json(HttpStatusCode.NotFound, new { error = new { code = "SecretNotFound", message = "There is none." } });
    }

    private static HttpResponseMessage Json(HttpStatusCode status, object body) => new(status) { Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json") };
}

/// <summary>Takes acknowledgements as the app does.</summary>
internal sealed class WorldRotator(Func<Acknowledgement, Task> acknowledged) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var said = await request.Content!.ReadFromJsonAsync<Acknowledgement>(cancellationToken);
        await acknowledged(said!);
        return new HttpResponseMessage(HttpStatusCode.Accepted);
    }
}
