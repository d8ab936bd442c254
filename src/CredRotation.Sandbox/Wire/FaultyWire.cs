using System.Globalization;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Wire;

/// <summary>Carries replies of the models over HTTP, and on the way out every fault that the injector asks for. Dates are the sandbox clock's.</summary>
public sealed class FaultyWire(TimeProvider clock, FaultInjector faults)
{
    private const int BodyBytesMax = 256 * 1024;
    private static readonly AsyncLocal<HttpContext?> s_answering = new();

    /// <summary>The request that is being answered, for a hook that tells one from another.</summary>
    public static HttpContext? Answering => s_answering.Value;

    /// <summary>Runs an effect and answers it, unless a fault says otherwise.</summary>
    /// <param name="refuse">Words an error in the system's own envelope.</param>
    public async Task AnswerAsync(HttpContext context, string operation, Func<Reply> effect, Func<RemoteError, Reply> refuse)
    {
        // Not the request's own token: what is late happens although its caller has gone.
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        s_answering.Value = context;
        var fault = await faults.EnterAsync(operation, stopping);
        if (fault is Fault.DropBefore)
        {
            context.Abort();
            return;
        }

        if (fault is Fault.Refuse { RetryAfter: { } after }) context.Response.Headers.RetryAfter = after.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        var reply = fault is Fault.Refuse refusal ? refuse(FaultInjector.Refusal(refusal)) : effect();
        await faults.LeaveAsync(operation, fault, stopping);
        if (fault is Fault.DropAfter) context.Abort();
        else if (fault is Fault.Garbage) await WriteTextAsync(context, "<html><body>Please wait while we check your browser.</body></html>");
        else await WriteAsync(context, reply);
    }

    /// <summary>One answer among several in one body: a refusal is its own, and what would end a connection is a 503 of this one alone.</summary>
    public async Task<(Reply Reply, TimeSpan? RetryAfter)> AnswerPartAsync(string operation, Func<Reply> effect, Func<RemoteError, Reply> refuse)
    {
        var fault = await faults.EnterAsync(operation, CancellationToken.None);
        var reply = fault switch
        {
            Fault.Refuse refusal => refuse(FaultInjector.Refusal(refusal)),
            Fault.DropBefore or Fault.DropAfter or Fault.Garbage => refuse(new RemoteError(503, "ServiceNotAvailable", null, "The service is temporarily unavailable.")),
            _ => effect(),
        };
        await faults.LeaveAsync(operation, fault, CancellationToken.None);
        return (reply, (fault as Fault.Refuse)?.RetryAfter);
    }

    /// <summary>Answers without an effect, so without faults.</summary>
    public async Task WriteAsync(HttpContext context, Reply reply)
    {
        Date(context);
        context.Response.StatusCode = reply.Status;
        if (reply.Body is null) return;
        context.Response.ContentType = "application/json; charset=utf-8";
        if (reply.IsMarked) await context.Response.Body.WriteAsync(Encoding.UTF8.GetPreamble(), context.RequestAborted);
        await context.Response.WriteAsync(reply.Body.ToJsonString(), context.RequestAborted);
    }

    /// <summary>The request's body as a JSON object; null when it is none, or too long.</summary>
    public static async Task<JsonObject?> ReadAsync(HttpContext context)
    {
        if (await ReadTextAsync(context) is not { Length: > 0 } text) return null;
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The request's body; null when it is too long.</summary>
    public static async Task<string?> ReadTextAsync(HttpContext context)
    {
        if (context.Request.ContentLength > BodyBytesMax) return null;
        using var reader = new StreamReader(context.Request.Body);
        var text = await reader.ReadToEndAsync(context.RequestAborted);
        return text.Length <= BodyBytesMax ? text : null;
    }

    /// <summary>The bearer token of a request, if it carries one.</summary>
    public static string? Bearer(HttpContext context)
        => context.Request.Headers.Authorization.ToString() is { Length: > 7 } header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..] : null;

    private async Task WriteTextAsync(HttpContext context, string text)
    {
        Date(context);
        context.Response.ContentType = MediaTypeNames.Text.Html;
        await context.Response.WriteAsync(text, context.RequestAborted);
    }

    private void Date(HttpContext context) => context.Response.Headers.Date = clock.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
}
