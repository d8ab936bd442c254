using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>The door Event Grid knocks at: both handshakes, both schemas; a function that throws gets the whole delivery again.</summary>
internal static partial class EventGridDeliveries
{
    private const string Path = "/runtime/webhooks/eventgrid";

    public static void MapEventGridDeliveries(this WebApplication app)
    {
        app.MapMethods(Path, [HttpMethods.Options], ShakeHands);
        app.MapPost(Path, (RequestDelegate)(context => TakeAsync(context, app.Services)));
    }

    /// <summary>The CloudEvents handshake: whose events we allow.</summary>
    private static Task ShakeHands(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (request.Headers["WebHook-Request-Origin"] is [{ Length: > 0 and <= 200 } origin]) response.Headers["WebHook-Allowed-Origin"] = origin;
        if (request.Headers["WebHook-Request-Rate"] is [{ Length: > 0 and <= 20 } rate]) response.Headers["WebHook-Allowed-Rate"] = rate;
        response.Headers.Allow = HttpMethods.Post;
        return Task.CompletedTask;
    }

    private static async Task TakeAsync(HttpContext context, IServiceProvider services)
    {
        var (request, response) = (context.Request, context.Response);
        var function = services.GetRequiredService<FunctionCatalog>().Find(request.Query["functionName"]);
        if (function?.Trigger is not EventGridTriggerAttribute)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var (delivery, refusal) = await ReadAsync(request);
        using var reading = delivery;
        if (delivery is null)
        {
            // 400 and 413 are not delivered again: it would read no better.
            response.StatusCode = refusal;
            return;
        }

        JsonElement[] events = delivery.RootElement.ValueKind == JsonValueKind.Array ? [.. delivery.RootElement.EnumerateArray()] : [delivery.RootElement];
        if (request.Headers["aeg-event-type"] == "SubscriptionValidation")
        {
            // 202 would be refused here.
            await response.WriteAsJsonAsync(new { validationResponse = CodeOf(events) }, context.RequestAborted);
            return;
        }

        // The subscription is gone; there is nothing to run.
        if (request.Headers["aeg-event-type"] == "SubscriptionDeletion") return;

        response.StatusCode = await RunAsync(function, events, services, context.RequestAborted);
    }

    private static async Task<int> RunAsync(FunctionEntry function, JsonElement[] events, IServiceProvider services, CancellationToken cancellationToken)
    {
        var runner = services.GetRequiredService<FunctionRunner>();
        try
        {
            foreach (var one in events) await runner.RunAsync(function, one.GetRawText(), cancellationToken);
            return StatusCodes.Status202Accepted;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(services.GetRequiredService<ILogger<FunctionRunner>>(), function.Name, failure);
            return StatusCodes.Status500InternalServerError;
        }
    }

    private static async Task<(JsonDocument? Delivery, int Refusal)> ReadAsync(HttpRequest request)
    {
        try
        {
            return (await JsonDocument.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted), 0);
        }
        catch (JsonException)
        {
            return (null, StatusCodes.Status400BadRequest);
        }
        catch (BadHttpRequestException refused)
        {
            return (null, refused.StatusCode);
        }
    }

    private static string? CodeOf(JsonElement[] events)
        => events is [{ ValueKind: JsonValueKind.Object } first, ..]
            && first.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object
            && data.TryGetProperty("validationCode", out var code) && code.ValueKind == JsonValueKind.String
                ? code.GetString()
                : null;

    [LoggerMessage(1, LogLevel.Error, "{Function} failed; Event Grid delivers again.")]
    private static partial void LogFailed(ILogger logger, string function, Exception failure);
}
