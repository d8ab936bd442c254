using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Vendors;

/// <summary>Any vendor's documented surface over HTTP, in front of one model. What the vendor does not document it answers with 404.</summary>
internal sealed class VendorServer : IAsyncDisposable
{
    /// <summary>Operations that have an effect or tell a credential; a fault for this meets each of them.</summary>
    public const string Api = "api";

    private readonly VendorSurface _surface;
    private readonly VendorModel _model;
    private readonly FaultyWire _wire;
    private readonly TokenDesk _tokens = new();
    private LoopbackServer? _server;

    private VendorServer(VendorSurface surface, VendorModel model, FaultyWire wire) => (_surface, _model, _wire) = (surface, model, wire);

    public Uri Address => _server!.Addresses[0];

    public static async Task<VendorServer> StartAsync(VendorSurface surface, VendorModel model, FaultyWire wire, X509Certificate2? certificate, CancellationToken cancellationToken)
    {
        var server = new VendorServer(surface, model, wire);
        server._server = await LoopbackServer.StartAsync(certificate, [0], server.HandleAsync, cancellationToken);
        return server;
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task HandleAsync(HttpContext context)
    {
        var text = await FaultyWire.ReadTextAsync(context) ?? "";
        foreach (var route in _surface.Routes)
        {
            if (route.Match(context.Request.Method, context.Request.Path.Value!) is not { } segments) continue;

            var call = new VendorCall(context, _surface, _model, _tokens, text, segments);
            if (route.Is?.Invoke(call) is false) continue;

            await _wire.AnswerAsync(context, route.IsPrelude ? $"prelude@{route.Operation}" : $"{Api}@{route.Operation}", () => route.Answer(call), error => Refuse(context, error));
            return;
        }

        await _wire.WriteAsync(context, _surface.Envelope(new RemoteError(404, "no_route", null, $"There is no {context.Request.Method} {context.Request.Path}.")));
    }

    private Reply Refuse(HttpContext context, RemoteError error)
    {
        if (_surface.PauseHeader is { } header && context.Response.Headers.RetryAfter.FirstOrDefault() is { } seconds)
        {
            context.Response.Headers.Remove("Retry-After");
            context.Response.Headers[header] = int.Parse(seconds, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
        }

        return _surface.Envelope(error);
    }
}
