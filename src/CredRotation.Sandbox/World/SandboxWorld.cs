using System.Security.Cryptography.X509Certificates;
using CredRotation.EmbeddedHost.Trust;
using CredRotation.Engine;
using CredRotation.Sandbox.Checkout;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.World;

/// <summary>An Azure, a payment gateway and a shop on loopback, on one clock, with one payment key to rotate. Gone when disposed.</summary>
public sealed class SandboxWorld : IAsyncDisposable
{
    private const string Seeder = "sandbox";
    private readonly X509Certificate2 _certificate = SandboxCertificate.Create();
    private readonly FaultyWire _wire;
    private readonly HttpClient _http;
    private readonly string _sqlitePath;
    private VaultServer? _vaults;
    private GatewayServer? _gateway;
    private DirectoryServer? _directory;
    private TeamsServer? _teams;
    private InboxServer? _inbox;
    private TopicServer? _topic;

    private SandboxWorld(SandboxOptions options, TimeProvider clock)
    {
        (Options, Clock) = (options, clock);
        Faults = new FaultInjector(clock);
        Vault = new VaultModel(clock, options.Seed);
        Gateway = new GatewayModel(clock, options.Seed, options.Gateway);
        // Small pages, so that paging happens with few people.
        Directory = new DirectoryModel(clock) { PageMax = 2 };
        Inbox = new InboxModel(clock);
        Rotator = options.Rotator ?? FreePort.FindLoopback();
        Thumbprint = SandboxCertificate.Thumbprint(_certificate);
        _wire = new FaultyWire(clock, Faults);
        _http = PinnedTransport.Client(Thumbprint);
        _sqlitePath = options.SqlitePath ?? Path.Combine(System.IO.Directory.CreateTempSubdirectory("credrotation-").FullName, "credrotation.db");
        Checkout = new CheckoutProcess(instance => SandboxSettings.OfCheckout(this, instance), _http);
    }

    public SandboxOptions Options { get; }

    public TimeProvider Clock { get; }

    public FaultInjector Faults { get; }

    public VaultModel Vault { get; }

    public GatewayModel Gateway { get; }

    public DirectoryModel Directory { get; }

    public InboxModel Inbox { get; }

    public SandboxSignIn SignIn { get; } = new();

    public CheckoutProcess Checkout { get; }

    /// <summary>The SHA-256 of the sandbox's certificate.</summary>
    public string Thumbprint { get; }

    /// <summary>Where CredRotation is to listen.</summary>
    public Uri Rotator { get; }

    public string SqlitePath => _sqlitePath;

    /// <summary>What raises the vaults' events; null when the options ask for none.</summary>
    public EventPoster? Events { get; private set; }

    public Uri GatewayUri => _gateway!.ManagementUri;

    public Uri PaymentsUri => _gateway!.PaymentsUri;

    public Uri DirectoryUri => _directory!.BaseUri;

    /// <summary>Where a person looks at what arrived in Teams and by mail.</summary>
    public Uri InboxUri => _inbox!.Page;

    /// <summary>Where completed rotations are published.</summary>
    public TopicServer Topic => _topic!;

    public Uri WebhookUri => _teams!.Webhook("platform");

    /// <summary>The secret that is to be rotated.</summary>
    public SecretName PaymentSecret => SecretName.Of(VaultUri(SandboxNames.PaymentsVault), SandboxNames.PaymentSecret);

    /// <summary>Live payment keys that no vault ever held: nobody can use them, and nobody ends them but the gateway or a person.</summary>
    public IReadOnlyList<GatewayKey> UnreadLiveKeys => [.. LivePaymentKeys.Where(key => !Vault.HasEverHeld(key.Value))];

    /// <summary>Every live key that ever was, or could be, the payment key: of its credential, and of those that replaced it.</summary>
    public IReadOnlyList<GatewayKey> LivePaymentKeys => Gateway.LiveKeys(credential => credential.Id is not (SandboxNames.ManagementCredential or SandboxNames.StrangersCredential));

    /// <summary>Starts the simulated systems and fills them; the checkout app is started by <see cref="CheckoutProcess.StartAsync"/>.</summary>
    public static async Task<SandboxWorld> StartAsync(SandboxOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var world = new SandboxWorld(options, clock);
        try
        {
            await world.StartAsync(cancellationToken);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    public Uri VaultUri(string alias) => _vaults!.Vaults[alias];

    /// <summary>Writes a secret as the platform team would.</summary>
    public VaultVersion Put(string vault, string name, SecretText value, DateTimeOffset? expiresOn, IReadOnlyDictionary<string, string>? tags = null)
    {
        var content = new VaultContent(value, "text/plain", true, null, expiresOn?.ToUnixTimeSeconds(), tags ?? new Dictionary<string, string>());
        var answer = Vault.Set(SecretName.HostOf(VaultUri(vault)), name, content, new VaultCaller(Seeder, ""));
        return answer.IsOk ? answer.Value : throw new InvalidOperationException(answer.Error.Message);
    }

    /// <summary>The settings with which CredRotation runs against this sandbox, as environment variables. They hold the sandbox's token key.</summary>
    public IReadOnlyDictionary<string, string> HostSettings() => SandboxSettings.OfHost(this);

    /// <summary>A signed-in person or app, for CredRotation's own calls.</summary>
    public string TokenFor(string name) => SignIn.TokenFor(name, SandboxToken.RotatorAudience);

    public async ValueTask DisposeAsync()
    {
        await Checkout.DisposeAsync();
        if (Events is not null) await Events.DisposeAsync();
        if (_vaults is not null) await _vaults.DisposeAsync();
        if (_gateway is not null) await _gateway.DisposeAsync();
        if (_directory is not null) await _directory.DisposeAsync();
        if (_teams is not null) await _teams.DisposeAsync();
        if (_inbox is not null) await _inbox.DisposeAsync();
        if (_topic is not null) await _topic.DisposeAsync();
        _http.Dispose();
        _certificate.Dispose();
        if (Options.SqlitePath is null && Path.GetDirectoryName(_sqlitePath) is { } folder) Discard(folder);
    }

    private static void Discard(string folder)
    {
        try
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // A host that is still closing holds the file; the temporary folder is the system's to clean.
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        string[] vaults = [SandboxNames.PaymentsVault, SandboxNames.StagingVault, SandboxNames.PlatformVault, SandboxNames.OtherVault];
        var tls = Options.HasTlsEverywhere ? _certificate : null;
        _vaults = await VaultServer.StartAsync(Vault, _wire, _certificate, vaults, FreePort.FindFor(Options.Seed, vaults), SignIn.VaultCallerOf, cancellationToken);
        _gateway = await GatewayServer.StartAsync(Gateway, _wire, tls, cancellationToken);
        _directory = await DirectoryServer.StartAsync(Directory, Inbox, _wire, _certificate, cancellationToken);
        _teams = await TeamsServer.StartAsync(Inbox, _wire, tls, cancellationToken);
        _inbox = await InboxServer.StartAsync(Inbox, cancellationToken);
        _topic = await TopicServer.StartAsync(Clock, _wire, _certificate, SignIn.SenderOf, cancellationToken);

        foreach (var vault in vaults) Vault.Restrict(SecretName.HostOf(VaultUri(vault)), SandboxSignIn.RotatorApp, Seeder);
        Vault.Restrict(PaymentSecret.VaultHost, SandboxSignIn.RotatorApp, SandboxSignIn.CheckoutApp, Seeder);
        // Before the seeds: only what is written after a subscription is announced.
        if (Options.Events is { } events) Events = EventPoster.Start(Vault, Clock, _http, new Uri(Rotator, "runtime/webhooks/eventgrid?functionName=OnSecretNearExpiry"), events);
        Seed();
    }

    private void Seed()
    {
        SandboxSeeds.People(Directory);
        var (payment, management) = SandboxSeeds.Keys(Gateway);
        if (Options.HasCredentials) SandboxSeeds.Strangers(Gateway);
        var now = Clock.GetUtcNow();
        Put(SandboxNames.PlatformVault, SandboxNames.ManagementSecret, management.Value, null);
        Put(SandboxNames.PaymentsVault, SandboxNames.PaymentSecret, payment.Value, now + Options.SecretLife, new Dictionary<string, string>
        {
            ["rotate-account"] = SandboxNames.Account,
            ["rotate-target"] = Options.HasCredentials ? SandboxNames.CredentialLine : SandboxNames.PaymentsCredential,
            ["rotate-owner"] = SandboxNames.PaymentsOwners,
            ["rotate-policy"] = SandboxNames.Policy,
            ["rotate-consumers"] = SandboxNames.Consumer,
        });
        Put(SandboxNames.PaymentsVault, "webhook-hmac", new SecretText("sandbox-never-expires"), null);
        Put(SandboxNames.PaymentsVault, "report-sftp-password", new SecretText("sandbox-expires-soon"), now.AddDays(12));
        SandboxSeeds.KeysAndCertificates(Vault, PaymentSecret.VaultHost, SecretName.HostOf(VaultUri(SandboxNames.OtherVault)), now);
    }
}
