using CredRotation.Sandbox.Inbox;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>Shows an inbox to whoever sits at this machine; plain http, so that a browser asks nothing about certificates.</summary>
public sealed class InboxServer : IAsyncDisposable
{
    private readonly LoopbackServer _server;

    private InboxServer(LoopbackServer server) => _server = server;

    public Uri Page => new(_server.Addresses[0], "inbox");

    public static async Task<InboxServer> StartAsync(InboxModel model, CancellationToken cancellationToken)
        => new(await LoopbackServer.StartAsync(certificate: null, [0], context => ShowAsync(context, model), cancellationToken));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static async Task ShowAsync(HttpContext context, InboxModel model)
    {
        if (context.Request.Path != "/inbox" || context.Request.Method is not ("GET" or "HEAD"))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.WriteAsync(InboxPage.Render(model), context.RequestAborted);
    }
}
