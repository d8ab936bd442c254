using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>Serves the HTTP functions under the prefix that host.json names.</summary>
internal static class HttpFunctions
{
    public static void MapHttpFunctions(this WebApplication app)
    {
        var runner = app.Services.GetRequiredService<FunctionRunner>();
        var prefix = app.Services.GetRequiredService<HostJson>().RoutePrefix;
        foreach (var (function, trigger) in app.Services.GetRequiredService<FunctionCatalog>().By<HttpTriggerAttribute>())
        {
            app.MapMethods($"{prefix}/{trigger.Route ?? function.Name}", trigger.Methods.Select(method => method.ToUpperInvariant()), context => ServeAsync(context, function, runner));
        }
    }

    private static async Task ServeAsync(HttpContext context, FunctionEntry function, FunctionRunner runner)
    {
        if (await runner.RunAsync(function, context.Request, context.RequestAborted) is IActionResult result)
        {
            await result.ExecuteResultAsync(new ActionContext(context, context.GetRouteData(), new ActionDescriptor()));
        }
    }
}
