using System.Security.Cryptography.X509Certificates;
using CredRotation.Engine;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>
/// Gateways whose keys are made in a portal alone: what each documents of the one read that a key is tried with, in front of one model. A person
/// makes and ends keys at the model; no path here does.
/// </summary>
public sealed class PortalServer : IAsyncDisposable
{
    private readonly VendorModel _model;
    private readonly FaultyWire _wire;
    private readonly Portal _portal;
    private LoopbackServer? _server;

    private PortalServer(VendorModel model, FaultyWire wire, Portal portal) => (_model, _wire, _portal) = (model, wire, portal);

    /// <summary>The kinds that are known, by their provider files' names.</summary>
    public static IReadOnlyList<string> Kinds => [.. Portals.All.Select(portal => portal.Kind)];

    public Uri BaseUri => _server!.Addresses[0];

    /// <summary>The object that keys of this kind belong to, as the vendor writes such ids.</summary>
    public static string TargetOf(string kind) => Portals.Find(kind).Target;

    /// <summary>What an account of this kind sets beside the base address.</summary>
    public static IReadOnlyDictionary<string, string> ParametersOf(string kind) => Portals.Find(kind).Parameters;

    /// <summary>How the vendor of this kind behaves, whatever its file says.</summary>
    public static VendorClass ClassOf(string kind) => Portals.Find(kind).Truth;

    /// <summary>What a person hands in of a key that the vendor shows.</summary>
    public static SecretText Handed(string kind, SecretText key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new SecretText(Portals.Find(kind).Prefix + key.RevealToRemote());
    }

    public static async Task<PortalServer> StartAsync(string kind, VendorModel model, FaultyWire wire, X509Certificate2? certificate, CancellationToken cancellationToken)
    {
        var server = new PortalServer(model, wire, Portals.Find(kind));
        server._server = await LoopbackServer.StartAsync(certificate, [0], server.HandleAsync, cancellationToken);
        return server;
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        var call = new PortalCall(request, request.HasJsonContentType() ? await FaultyWire.ReadAsync(context) : null, _portal.Target);
        if (request.Method != _portal.Method || request.Path != _portal.Path) await _wire.WriteAsync(context, Refused(404));
        else if (!_portal.Needs(call)) await _wire.WriteAsync(context, Refused(400));
        else await _wire.AnswerAsync(context, "portal.use", () => Use(_portal.KeyIn(call)), error => Refused(error.Status));
    }

    private Reply Use(string? key)
    {
        if (key is not { Length: > 0 } || _model.Use("portal", new SecretText(key)) is not { IsOk: true, Value: var used }) return Refused(401);

        return used.Target != _portal.Target && _portal.StrangerStatus is { } status ? Refused(status) : _portal.Reply(_portal.SuccessStatus, _portal.Answer(used.Target));
    }

    private Reply Refused(int status) => _portal.Reply(status, _portal.Refusal(status));
}
