using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Core;
using CredRotation.Engine;
using CredRotation.Engine.Reload;

namespace CredRotation.Adapters.Consumers;

/// <summary>Signals consumers at their hooks, as ourselves, and webhooks that only take a message.</summary>
internal sealed class HttpConsumerSignal(IHttpClientFactory clients, TokenCredential credential) : IConsumerChannel
{
    public const string ClientName = "consumers";

    private const int BodyMax = 64 * 1024;

    public IReadOnlyList<ConsumerKind> Kinds { get; } = [ConsumerKind.Hook, ConsumerKind.Webhook];

    public async Task<SignalAnswer> SignalAsync(ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken)
    {
        // A token must not travel in the clear.
        if (consumer.Hook is not { IsAbsoluteUri: true } hook || !(hook.Scheme == Uri.UriSchemeHttps || (hook.Scheme == Uri.UriSchemeHttp && hook.IsLoopback)))
            return new SignalAnswer.Silent("Its hook is not an https address. Correct the consumer's settings.");

        using var request = new HttpRequestMessage(HttpMethod.Post, hook);
        if (consumer.Audience.Length > 0)
        {
            var token = await credential.GetTokenAsync(new TokenRequestContext([$"{consumer.Audience}/.default"]), cancellationToken);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
        }

        request.Content = JsonContent.Create(SignalBody.Of(signal), options: JsonSerializerOptions.Web);
        using var client = clients.CreateClient(ClientName);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        // What a webhook answers says nothing of instances.
        if (consumer.Kind is ConsumerKind.Webhook) return response.IsSuccessStatusCode ? new SignalAnswer.Told() : new SignalAnswer.Silent(Describe((int)response.StatusCode, "a 2xx"));
        return response.StatusCode is HttpStatusCode.OK
            ? Read(await ConsumerAnswers.ReadBoundedAsync(response, BodyMax, cancellationToken))
            : new SignalAnswer.Silent(Describe((int)response.StatusCode, "200"));
    }

    private static SignalAnswer Read(byte[]? body)
    {
        if (body is null) return new SignalAnswer.Silent("It answered with more than 64 KB.");

        using var document = JsonDocument.Parse(body);
        if (document.RootElement.ValueKind is not JsonValueKind.Object
            || document.RootElement.EnumerateObject().FirstOrDefault(member => string.Equals(member.Name, "instances", StringComparison.OrdinalIgnoreCase)).Value is not { ValueKind: JsonValueKind.Array } list)
            return new SignalAnswer.Silent("It answered without a list of its instances.");

        if (list.GetArrayLength() is 0 or > ConsumerProgress.InstancesMax)
            return new SignalAnswer.Silent(string.Create(CultureInfo.InvariantCulture, $"It named {list.GetArrayLength()} instances; 1 to {ConsumerProgress.InstancesMax} are possible."));

        var instances = list.EnumerateArray().Select(item => item.ValueKind is JsonValueKind.String ? item.GetString()! : "").Distinct(StringComparer.Ordinal).ToList();
        return instances.All(ConsumerAnswers.IsPrintable)
            ? new SignalAnswer.Answered(instances)
            : new SignalAnswer.Silent($"It named an instance that is not 1 to {ConsumerProgress.InstanceLengthMax} printable characters.");
    }

    private static string Describe(int status, string counts) => status switch
    {
        401 or 403 => string.Create(CultureInfo.InvariantCulture, $"It did not accept our token (HTTP {status}). Check its audience and that it admits the app's identity."),
        404 => "There is nothing at its hook (HTTP 404). Check the consumer's settings.",
        _ => string.Create(CultureInfo.InvariantCulture, $"It answered HTTP {status}; only {counts} counts."),
    };
}
