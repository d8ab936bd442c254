using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace CredRotation.Sandbox.Wire;

/// <summary>A web server on loopback ports with one handler for everything; gone when disposed.</summary>
public sealed class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LoopbackServer(WebApplication app, IReadOnlyList<Uri> addresses) => (_app, Addresses) = (app, addresses);

    /// <summary>One address per port, in the order they were asked for.</summary>
    public IReadOnlyList<Uri> Addresses { get; }

    /// <summary>Starts listening; https when a certificate is given.</summary>
    /// <param name="ports">A server listens on all of them; 0 takes a free one.</param>
    public static async Task<LoopbackServer> StartAsync(X509Certificate2? certificate, IReadOnlyList<int> ports, RequestDelegate handle, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            foreach (var port in ports)
            {
                kestrel.Listen(IPAddress.Loopback, port, listen =>
                {
                    if (certificate is not null) listen.UseHttps(certificate);
                });
            }
        });

        // A fault may keep an answer back for hours of sandbox time; stopping does not wait for it.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var app = builder.Build();
        app.Run(handle);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new LoopbackServer(app, [.. addresses.Select(address => new Uri($"{address}/"))]);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
