using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Azure.Core;
using CredRotation.Engine;
using CredRotation.Engine.Reload;
using Microsoft.Extensions.Options;

namespace CredRotation.Adapters.Consumers;

/// <summary>Signals consumers at their hooks, as ourselves. Whatever a consumer does is an answer; only the caller's cancellation is an exception.</summary>
public sealed class HttpConsumerSignal(IHttpClientFactory clients, TokenCredential credential, IOptions<RotationOptions> rotation) : IConsumerSignal
{
    public const string ClientName = "consumers";

    private const int BodyMax = 64 * 1024;
    private const int InstancesMax = 200;
    private const int InstanceMax = 100;

    public async Task<SignalAnswer> SignalAsync(string alias, ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken)
    {
        // A token must not travel in the clear.
        if (consumer.Hook is not { IsAbsoluteUri: true } hook || !(hook.Scheme == Uri.UriSchemeHttps || (hook.Scheme == Uri.UriSchemeHttp && hook.IsLoopback)))
            return new SignalAnswer.Silent("Its hook is not an https address. Correct the consumer's settings.");

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(rotation.Value.EffectTimeout);
        try
        {
            return await SendAsync(hook, consumer.Audience, signal, deadline.Token);
        }
        catch (Exception exception) when (!(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            return new SignalAnswer.Silent(Describe(exception));
        }
    }

    private async Task<SignalAnswer> SendAsync(Uri hook, string audience, ReloadSignal signal, CancellationToken cancellationToken)
    {
        var token = await credential.GetTokenAsync(new TokenRequestContext([$"{audience}/.default"]), cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, hook);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
        request.Content = JsonContent.Create(new Body(signal.Rotation.Value, signal.Secret.VaultUri.AbsoluteUri, signal.Secret.Name, signal.Version, signal.Rehearsal), options: JsonSerializerOptions.Web);

        using var client = clients.CreateClient(ClientName);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.StatusCode is HttpStatusCode.OK
            ? Read(await ReadBoundedAsync(response, cancellationToken))
            : new SignalAnswer.Silent(Describe((int)response.StatusCode));
    }

    /// <summary>Null when the answer is longer than any honest one.</summary>
    private static async Task<byte[]?> ReadBoundedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[BodyMax + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > BodyMax ? null : buffer[..length];
    }

    private static SignalAnswer Read(byte[]? body)
    {
        if (body is null) return new SignalAnswer.Silent("It answered with more than 64 KB.");

        using var document = JsonDocument.Parse(body);
        if (document.RootElement.ValueKind is not JsonValueKind.Object
            || document.RootElement.EnumerateObject().FirstOrDefault(member => string.Equals(member.Name, "instances", StringComparison.OrdinalIgnoreCase)).Value is not { ValueKind: JsonValueKind.Array } list)
            return new SignalAnswer.Silent("It answered without a list of its instances.");

        if (list.GetArrayLength() is 0 or > InstancesMax)
            return new SignalAnswer.Silent(string.Create(CultureInfo.InvariantCulture, $"It named {list.GetArrayLength()} instances; 1 to {InstancesMax} are possible."));

        var instances = list.EnumerateArray().Select(item => item.ValueKind is JsonValueKind.String ? item.GetString()! : "").Distinct(StringComparer.Ordinal).ToList();
        return instances.All(IsPrintable)
            ? new SignalAnswer.Answered(instances)
            : new SignalAnswer.Silent($"It named an instance that is not 1 to {InstanceMax} printable characters.");
    }

    private static bool IsPrintable(string text)
        => text.Length is > 0 and <= InstanceMax && !text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or
            UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    private static string Describe(int status) => status switch
    {
        401 or 403 => string.Create(CultureInfo.InvariantCulture, $"It did not accept our token (HTTP {status}). Check its audience and that it admits the app's identity."),
        404 => "There is nothing at its hook (HTTP 404). Check the consumer's settings.",
        _ => string.Create(CultureInfo.InvariantCulture, $"It answered HTTP {status}; only 200 counts."),
    };

    // Nothing of what a remote wrote gets into the detail.
    private static string Describe(Exception exception) => exception switch
    {
        _ when exception is OperationCanceledException || RemoteClients.RanOutOfTime(exception) => "It did not answer in time.",
        _ when RemoteClients.WasNotSent(exception) => "It failed too often and is left alone for some seconds; it is signalled again after that.",
        HttpRequestException http => $"It could not be reached ({http.HttpRequestError}).",
        Azure.Identity.AuthenticationFailedException => "There was no token for its audience. Check the audience in the consumer's settings and the app's identity.",
        JsonException or InvalidOperationException => "It answered with something that is not the JSON we know.",
        _ => $"It could not be signalled ({exception.GetType().Name}).",
    };

    /// <summary>The signal on the wire; its members are a contract with consumers.</summary>
    private sealed record Body(string Rotation, string Vault, string Secret, string Version, bool Rehearsal);
}
