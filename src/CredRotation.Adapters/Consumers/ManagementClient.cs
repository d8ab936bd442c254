using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Azure.Core;

namespace CredRotation.Adapters.Consumers;

/// <summary>An answer of Azure Resource Manager; its body is null where it was no JSON object, or longer than any honest one.</summary>
internal sealed record ManagementAnswer(int Status, JsonElement? Body)
{
    public bool IsOk => Status is >= 200 and < 300;

    /// <summary>What went wrong and the remedy, without a word of the remote's.</summary>
    public string Describe(string what, string right) => Status switch
    {
        401 or 403 => string.Create(CultureInfo.InvariantCulture, $"Azure does not let us {what} (HTTP {Status}). Give the app's identity {right}."),
        404 => "Azure knows no such resource (HTTP 404). Correct the consumer's Resource.",
        429 => "Azure asks for patience (HTTP 429); it is asked again.",
        _ => string.Create(CultureInfo.InvariantCulture, $"Azure answered HTTP {Status} when we wanted to {what}; it is asked again."),
    };
}

/// <summary>Azure Resource Manager with the app's own identity. Its token goes to that one address.</summary>
internal sealed class ManagementClient(IHttpClientFactory clients, TokenCredential credential, AzureCloud cloud)
{
    public const string ClientName = "consumer-platforms";

    private const int BodyMax = 2 * 1024 * 1024;
    private const int PagesMax = 20;

    public Task<ManagementAnswer> GetAsync(string path, string apiVersion, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, new Uri(cloud.Management, $"{path}?api-version={apiVersion}"), cancellationToken);

    public Task<ManagementAnswer> PostAsync(string path, string apiVersion, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, new Uri(cloud.Management, $"{path}?api-version={apiVersion}"), cancellationToken);

    /// <summary>Every item of a list; the answer is the one that failed, or the last.</summary>
    public async Task<(ManagementAnswer Answer, IReadOnlyList<JsonElement> Items)> ListAsync(string path, string apiVersion, CancellationToken cancellationToken)
    {
        var items = new List<JsonElement>();
        var uri = new Uri(cloud.Management, $"{path}?api-version={apiVersion}");
        for (var page = 0; ; page++)
        {
            var answer = await SendAsync(HttpMethod.Get, uri, cancellationToken);
            if (!answer.IsOk) return (answer, items);
            if (answer.Body is not { } body || !body.TryGetProperty("value", out var value) || value.ValueKind is not JsonValueKind.Array) throw new JsonException("No list.");
            items.AddRange(value.EnumerateArray());
            // Our token follows a link to the address where it came from, and nowhere else. A list that does not end is not a proof.
            if (ConsumerAnswers.Text(body, "nextLink") is not { Length: > 0 } link) return (answer, items);
            if (page == PagesMax || !Uri.TryCreate(link, UriKind.Absolute, out var next) || next.GetLeftPart(UriPartial.Authority) != cloud.Management.GetLeftPart(UriPartial.Authority)) throw new JsonException("A list without an end.");
            uri = next;
        }
    }

    private async Task<ManagementAnswer> SendAsync(HttpMethod method, Uri uri, CancellationToken cancellationToken)
    {
        var token = await credential.GetTokenAsync(new TokenRequestContext([new Uri(cloud.Management, ".default").AbsoluteUri]), cancellationToken);
        using var request = new HttpRequestMessage(method, uri) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token.Token) } };
        // An empty body still has a length, which the front door asks for.
        if (method == HttpMethod.Post) request.Content = new ByteArrayContent([]);
        using var client = clients.CreateClient(ClientName);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode) return new ManagementAnswer((int)response.StatusCode, null);
        var bytes = await ConsumerAnswers.ReadBoundedAsync(response, BodyMax, cancellationToken) ?? throw new JsonException("Too long.");
        if (bytes.Length == 0) return new ManagementAnswer((int)response.StatusCode, null);
        using var document = JsonDocument.Parse(bytes);
        return new ManagementAnswer((int)response.StatusCode, document.RootElement.ValueKind is JsonValueKind.Object ? document.RootElement.Clone() : null);
    }
}
