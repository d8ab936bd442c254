using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>Runs a timer, queue or event function by hand, for whoever holds the key that was printed at start. Answers when it is done.</summary>
internal static class AdminCalls
{
    public static void MapAdminCalls(this WebApplication app)
        => app.MapPost("/admin/functions/{name}", (RequestDelegate)(context => RunAsync(context, app.Services)));

    private static async Task RunAsync(HttpContext context, IServiceProvider services)
    {
        if (!services.GetRequiredService<AdminKey>().Opens(context.Request.Headers[AdminKey.Header]))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var function = services.GetRequiredService<FunctionCatalog>().Find(context.GetRouteValue("name") as string);
        if (function is null or { Trigger: HttpTriggerAttribute })
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        object input = function.Trigger is TimerTriggerAttribute ? new TimerInfo() : await InputAsync(context.Request);
        await services.GetRequiredService<FunctionRunner>().RunAsync(function, input, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static async Task<string> InputAsync(HttpRequest request)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted);
            return body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty("input", out var input) ? input.ToString() : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
