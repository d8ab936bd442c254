using System.Collections.Concurrent;
using System.Net;
using System.Text;
using CredRotation.EmbeddedHost;
using CredRotation.Engine;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Registry;
using CredRotation.Sandbox.World;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Sandbox;

/// <summary>What leaves the whole app for a collector, every byte of it.</summary>
public sealed class An_exporter_of_telemetry
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sends_traces_metrics_and_logs_and_no_secret()
    {
        var received = new ConcurrentQueue<(string Path, byte[] Body)>();
        await using var collector = await CollectAsync(received);
        var address = collector.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var settings = new Dictionary<string, string> { ["SweepSchedule"] = "0 0 0 29 2 *", ["OTEL_EXPORTER_OTLP_ENDPOINT"] = address };
        await using var sandbox = await SandboxWorld.StartAsync(new SandboxOptions { Settings = settings }, TimeProvider.System, Stop);
        await sandbox.Checkout.StartAsync(Stop);

        await using (var app = await EmbeddedApp.StartAsync(sandbox.HostSettings(), null, Stop))
        {
            await app.Services.GetRequiredService<CredentialSweep>().RunAsync(Stop);
            await VisitedAsync(app, CredentialId.Of(sandbox.PaymentSecret));
        }

        Assert.Equal(["/v1/logs", "/v1/metrics", "/v1/traces"], received.Select(one => one.Path).Distinct().Order(StringComparer.Ordinal));
        var everything = string.Concat(received.Select(one => Encoding.Latin1.GetString(one.Body)));
        Assert.Contains("credrotation.heartbeat", everything, StringComparison.Ordinal);
        Assert.Contains("credrotation.rotation", everything, StringComparison.Ordinal);
        Assert.DoesNotContain(sandbox.WebhookUri.AbsolutePath, everything, StringComparison.Ordinal);
        Assert.DoesNotContain("Bearer ", everything, StringComparison.Ordinal);
        Assert.DoesNotContain("sig=", everything, StringComparison.Ordinal);
        Assert.NotEmpty(sandbox.Inbox.Messages);
    }

    /// <summary>The sweep's message may be at work already: a host that is stopped then has told of no step of a rotation yet.</summary>
    private static async Task VisitedAsync(EmbeddedApp app, CredentialId credential)
    {
        var registry = app.Services.GetRequiredService<ICredentialRegistry>();
        for (var tries = 0; tries < 500 && await registry.FindAsync(credential, Stop) is not { IsOpen: true, Claim: null }; tries++)
        {
            await app.Services.GetRequiredService<RotationEngine>().AdvanceAsync(credential, Stop);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
        }
    }

    private static async Task<WebApplication> CollectAsync(ConcurrentQueue<(string Path, byte[] Body)> received)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            received.Enqueue((context.Request.Path.Value!, body.ToArray()));
        });
        await app.StartAsync(Stop);
        return app;
    }
}
