using System.Globalization;
using System.Net;
using CredRotation.Adapters.Storage;
using CredRotation.EmbeddedHost.Trust;
using CredRotation.Engine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>Builds the host around what the app registered: Kestrel on loopback, timers, the queue, and the doors of the Functions host.</summary>
internal static class HostAssembly
{
    private const int BodyMax = 2 * 1024 * 1024;

    public static IHost Build(WebApplicationBuilder web)
    {
        var trust = SandboxTrust.From(web.Configuration);
        trust?.Apply(web.Services);

        web.Services.TryAddSingleton(TimeProvider.System);
        web.Services.AddFileStorage(web.Configuration);
        web.Services.AddRoutingCore();
        web.Services.AddSingleton(HostJson.Read(Path.Combine(AppContext.BaseDirectory, "host.json")));
        web.Services.AddSingleton(FunctionCatalog.Of(typeof(HostAssembly).Assembly));
        web.Services.AddSingleton<HostActivity>();
        web.Services.AddSingleton<AdminKey>();
        web.Services.AddSingleton<FunctionRunner>();
        web.Services.AddSingleton(new Platform(trust));
        web.Services.AddHostedService<QueuePump>();
        web.Services.AddHostedService<TimerLoops>();
        // An effect in flight and what must follow it are finished, not broken off.
        web.Services.AddOptions<HostOptions>().Configure<IConfiguration>((host, settings) => host.ShutdownTimeout = (EffectTimeout(settings) * 2) + TimeSpan.FromSeconds(5));

        web.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyMax;
            kestrel.Listen(IPAddress.Loopback, web.Configuration.GetValue<int>(HostSettings.PortSetting));
        });

        var app = web.Build();
        var platform = app.Services.GetRequiredService<Platform>();
        var activity = app.Services.GetRequiredService<HostActivity>();
        app.Use(async (context, next) =>
        {
            using var working = activity.Enter();
            if (platform.Admits(context)) await next(context);
        });
        app.UseRouting();
        app.MapHttpFunctions();
        app.MapEventGridDeliveries();
        app.MapAdminCalls();
        trust?.MapSignIn(app);
        return app;
    }

    // Before settings are checked, so what cannot be read is not judged here.
    private static TimeSpan EffectTimeout(IConfiguration settings)
        => TimeSpan.TryParse(settings["Rotation:EffectTimeout"], CultureInfo.InvariantCulture, out var timeout) && timeout > TimeSpan.Zero && timeout < TimeSpan.FromMinutes(5)
            ? timeout
            : new RotationOptions().EffectTimeout;
}
