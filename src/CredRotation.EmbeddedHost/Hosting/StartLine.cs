using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>Says once, on stderr, where the host listens and with which key functions are run by hand.</summary>
internal sealed class StartLine(IHostApplicationLifetime lifetime, IServer server, AdminKey key) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() => Console.Error.WriteLine($"CredRotation listens on {AddressOf(server)} (pages under api/pages/credentials; key for /admin/functions: {key.Value})"));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public static Uri AddressOf(IServer server)
        => new($"{server.Features.Get<IServerAddressesFeature>()?.Addresses.Single() ?? throw new InvalidOperationException("The host has not started.")}/");
}
