using System.Net;
using System.Text.Json;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using CredRotation.Client;
using CredRotation.EmbeddedHost.Trust;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;

namespace CredRotation.Sandbox.Checkout;

/// <summary>The app that must not notice: takes payments all the time with whatever key the vault holds, and reloads it without a restart.</summary>
public static class CheckoutApp
{
    /// <summary>Where it hears signals.</summary>
    public const string HookPath = "/hooks/credential-reload";

    /// <summary>Runs until stdin ends, which is when its parent dies. Prints one line of JSON once it takes payments.</summary>
    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var settings = builder.Configuration.GetRequiredSection(CheckoutSettings.Section).Get<CheckoutSettings>()!;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, settings.Port));
        await using var app = builder.Build();
        using var http = PinnedTransport.Client(settings.CertificateThumbprint);
        var clock = new FollowingClock();
        await using var credential = Credential(settings, http, clock, app.Services.GetRequiredService<ILogger<ReloadingCredential>>());
        await credential.StartAsync(cancellationToken);
        var till = new Till(settings.Payments, http, credential, clock, settings.Pace);

        var key = Convert.FromBase64String(settings.TokenKey);
        app.MapCredentialReload(HookPath, credential, context => ValueTask.FromResult(
            SandboxToken.Validate(FaultyWire.Bearer(context), key, SandboxSignIn.CheckoutAudience, TimeProvider.System)?.ObjectId == settings.RotatorPrincipal));
        app.MapGet("/stats", () => Results.Json(till.Stats));
        await app.StartAsync(cancellationToken);

        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var taking = till.RunAsync(closing.Token);
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { address = app.Urls.Single() }));
        await ParentGoneAsync(cancellationToken);
        await closing.CancelAsync();
        await taking;
        await app.StopAsync(CancellationToken.None);
        return 0;
    }

    private static ReloadingCredential Credential(CheckoutSettings settings, HttpClient http, TimeProvider clock, ILogger<ReloadingCredential> logger)
    {
        // Without heartbeats: a lease lasts minutes, and here days pass in seconds.
        var options = new ReloadingCredentialOptions { Secret = settings.Secret, Rotator = settings.Rotator, RotatorScope = $"{SandboxToken.RotatorAudience}/.default", Instance = settings.Instance, Heartbeat = false };
        var vault = new SecretClient(settings.Vault, new SandboxTokenCredential(settings.VaultToken), new SecretClientOptions { DisableChallengeResourceVerification = true, Transport = new HttpClientTransport(http) });
        return new ReloadingCredential(options, vault, http, new SandboxTokenCredential(settings.RotatorToken), clock, logger);
    }

    private static async Task ParentGoneAsync(CancellationToken cancellationToken)
    {
        using var input = new StreamReader(Console.OpenStandardInput());
        while (await input.ReadLineAsync(cancellationToken) is not null)
        {
        }
    }
}
