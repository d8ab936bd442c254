using CredRotation.EmbeddedHost.Hosting;
using CredRotation.Functions;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Hosting;

namespace CredRotation.EmbeddedHost;

/// <summary>The app running inside this process, on a loopback port, with the given settings and no others.</summary>
public sealed class EmbeddedApp : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly HostActivity _activity;

    private EmbeddedApp(IHost host)
    {
        _host = host;
        _activity = host.Services.GetRequiredService<HostActivity>();
        BaseUri = StartLine.AddressOf(host.Services.GetRequiredService<IServer>());
        AdminKey = host.Services.GetRequiredService<AdminKey>().Value;
    }

    public Uri BaseUri { get; }

    /// <summary>For the header <c>x-functions-key</c> of <c>/admin/functions</c>.</summary>
    public string AdminKey { get; }

    public IServiceProvider Services => _host.Services;

    /// <summary>Functions and requests that run now. A message that waits on the queue is not among them.</summary>
    public int InFlight => _activity.InFlight;

    /// <param name="settings">As in the environment: levels by <c>__</c> or <c>:</c>.</param>
    /// <param name="configure">Replaces what the app registered, its clock for example.</param>
    public static async Task<EmbeddedApp> StartAsync(IReadOnlyDictionary<string, string> settings, Action<IServiceCollection>? configure, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var builder = HostSettings.InProcess(settings);
        builder.Services.AddCredRotation(builder.Configuration);
        configure?.Invoke(builder.Services);

        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
            return new EmbeddedApp(host);
        }
        catch
        {
            await DisposeAsync(host);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        await DisposeAsync(_host);
    }

    private static async ValueTask DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable) await disposable.DisposeAsync();
        else host.Dispose();
    }
}
