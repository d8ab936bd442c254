using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CredRotation.Client;

/// <summary>
/// Where Event Grid delivers signals, in the schema of CloudEvents or its own. Answers both handshakes; what is no signal for this credential is
/// taken and left, since a refusal would only have it delivered again. Sources: Microsoft Learn, "Webhook event delivery" and "Endpoint
/// validation with CloudEvents schema".
/// </summary>
public static class CredentialEventsEndpoint
{
    /// <summary>The type of event that asks for a reload.</summary>
    public const string RequestedType = "CredRotation.ReloadRequested";

    private const int BodyBytesMax = 1024 * 1024;
    private const string ValidationType = "Microsoft.EventGrid.SubscriptionValidationEvent";

    /// <summary>Maps the endpoint.</summary>
    /// <param name="isFromEventGrid">Checks the delivery's token: its signature, this app's audience, and the principal that Event Grid delivers with.</param>
    public static void MapCredentialEvents(this IEndpointRouteBuilder routes, string path, ReloadingCredential credential, Func<HttpContext, ValueTask<bool>> isFromEventGrid)
        => routes.MapMethods(path, [HttpMethods.Post, HttpMethods.Options], context => HandleAsync(context, credential, isFromEventGrid));

    internal static async Task HandleAsync(HttpContext context, ReloadingCredential credential, Func<HttpContext, ValueTask<bool>> isFromEventGrid)
        => await (await AnswerAsync(context, credential, isFromEventGrid)).ExecuteAsync(context);

    private static async Task<IResult> AnswerAsync(HttpContext context, ReloadingCredential credential, Func<HttpContext, ValueTask<bool>> isFromEventGrid)
    {
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            // Nothing is revealed or changed by it: it says that deliveries are taken here, each of which needs its token.
            var origin = context.Request.Headers["WebHook-Request-Origin"].ToString();
            if (origin is not { Length: > 0 and <= 255 } || !Uri.CheckHostName(origin).Equals(UriHostNameType.Dns)) return Results.StatusCode(StatusCodes.Status400BadRequest);
            context.Response.Headers["WebHook-Allowed-Origin"] = origin;
            context.Response.Headers["WebHook-Allowed-Rate"] = "*";
            return Results.Ok();
        }

        if (!await isFromEventGrid(context)) return Results.Problem("The caller is not Event Grid.", statusCode: StatusCodes.Status401Unauthorized);
        if (await ReadAsync(context) is not { } events) return Results.Problem("The body is no event.", statusCode: StatusCodes.Status400BadRequest);
        foreach (var one in events)
        {
            var type = Text(one, "type") ?? Text(one, "eventType");
            if (type == ValidationType && one.TryGetProperty("data", out var asked) && Text(asked, "validationCode") is { Length: > 0 and <= 512 } code) return Results.Json(new { validationResponse = code });
            if (type != RequestedType || !one.TryGetProperty("data", out var data) || SignalOf(data) is not { } signal) continue;
            try
            {
                await credential.HandleSignalAsync(signal, context.RequestAborted);
            }
            catch (ArgumentException)
            {
                // For another app of the same topic.
            }
            catch (Azure.RequestFailedException)
            {
                return Results.Problem("The vault did not hand out the version. The version before stays in use; deliver again.", statusCode: StatusCodes.Status503ServiceUnavailable);
            }
        }

        return Results.Ok();
    }

    private static async Task<IReadOnlyList<JsonElement>?> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength > BodyBytesMax) return null;
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0;)
        {
            if (body.Length + read > BodyBytesMax) return null;
            body.Write(buffer, 0, read);
        }

        try
        {
            using var document = JsonDocument.Parse(body.GetBuffer().AsMemory(0, (int)body.Length));
            var root = document.RootElement.Clone();
            return root.ValueKind switch
            {
                JsonValueKind.Object => [root],
                JsonValueKind.Array => [.. root.EnumerateArray().Where(item => item.ValueKind is JsonValueKind.Object)],
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ReloadSignal? SignalOf(JsonElement data)
    {
        try
        {
            return data.Deserialize<ReloadSignal>(JsonSerializerOptions.Web);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) => element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
