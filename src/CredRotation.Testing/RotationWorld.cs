using System.Collections.Concurrent;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Detect.Health;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Ladder;
using CredRotation.Engine.Owners;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Reload;
using CredRotation.Engine.Retire;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Testing;

/// <summary>
/// Everything around a rotation, in memory and on one clock that only tests move: vaults, gateway, directory, consumers, inbox, rows and
/// queue, with the shipped engine in the middle. Time passes by <see cref="PassAsync"/>, which stops at every wake on the way.
/// </summary>
public sealed class RotationWorld : IAsyncDisposable
{
    public const string PaymentsHost = "payments.vault.azure.net";
    public const string StagingHost = "rot-staging.vault.azure.net";
    public const string PlatformHost = "platform.vault.azure.net";
    public const string OtherHost = "other.vault.azure.net";
    public const string Target = "S2-5B4C3D2E1F";
    public const string ManagementTarget = "S2-MANAGEMENT";
    public const string OwnerGroup = "11111111-1111-1111-1111-111111111111";
    public const string FallbackGroup = "22222222-2222-2222-2222-222222222222";
    public const string OwnerOne = "a0000000-0000-0000-0000-000000000001";
    public const string OwnerTwo = "a0000000-0000-0000-0000-000000000002";
    public const string Stranger = "a0000000-0000-0000-0000-000000000009";
    public const string CheckoutPrincipal = "c0000000-0000-0000-0000-000000000001";
    public const string SecretNameText = "payment-gateway-api-key";

    private readonly List<RotationHost> _hosts = [];
    private readonly Dictionary<string, string?> _settings;
    private readonly IRotationEvents? _events;
    private readonly ICredentialProvider? _provider;
    private readonly IVaultLog? _log;

    /// <summary>A world with one due secret, adopted from tags on the first sweep.</summary>
    /// <param name="settings">Overrides settings; a null value removes one.</param>
    /// <param name="events">Where completed rotations are published; null publishes none.</param>
    /// <param name="vendor">The credential belongs to a vendor of this class; null: to the gateway.</param>
    /// <param name="rows">Where rows are kept instead of <see cref="Rows"/>.</param>
    /// <param name="provider">Issues instead of the gateway or a vendor; the settings and the secret are to name its account and target.</param>
    /// <param name="log">The vaults' audit log; null: there is none.</param>
    public RotationWorld(IReadOnlyDictionary<string, string?>? settings = null, GatewayOptions? gateway = null, int seed = 1, IRotationEvents? events = null, VendorClass? vendor = null, Func<TimeProvider, IRowStore>? rows = null, ICredentialProvider? provider = null, IVaultLog? log = null)
    {
        _events = events;
        _provider = provider;
        _log = log;
        // Every look at the clock moves it a little, as every look at a real one does.
        Clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.FromTicks(1) };
        Rows = new InMemoryRowStore(Clock);
        Store = rows?.Invoke(Clock) ?? Rows;
        Faults = new FaultInjector(Clock);
        Vaults = new VaultModel(Clock, seed);
        Gateway = new GatewayModel(Clock, seed, gateway ?? new GatewayOptions());
        Directory = new DirectoryModel(Clock);
        Applications = new ApplicationModel(Clock, seed);
        Inbox = new InboxModel(Clock);
        Consumers = new InMemoryConsumer(Faults);
        Queue = new WorldQueue(Clock);

        Vaults.AddVault(PaymentsHost, "payments");
        Vaults.AddVault(StagingHost, "staging");
        Vaults.AddVault(PlatformHost, "platform");
        Vaults.AddVault(OtherHost, "other");
        People();
        var first = Gateway.Add(new GatewayCredential(Target, "ws@Company.Shop", "Shop", true, [GatewayCredential.ReadMeRole, GatewayCredential.PaymentRole]));
        var management = Gateway.Add(new GatewayCredential(ManagementTarget, "ws_manage@Company.Shop", "Shop", true, [GatewayCredential.ManagementRole]));
        if (vendor is not null) Vendor = new VendorModel(Clock, seed, vendor);
        ByHand(PlatformHost, "gateway-management-key", Vendor?.ManagementValue ?? management.Value, null, new Dictionary<string, string>());
        ByHand(PaymentsHost, SecretNameText, Vendor?.Add(Target).Value ?? first.Value, Clock.GetUtcNow() + TimeSpan.FromDays(20), Tags());
        Consumers.Answers("checkout", "checkout-1");
        Consumers.Signalled = AcknowledgeAllAsync;

        _settings = Defaults();
        if (vendor is not null) _settings["Rotation:Accounts:gateway-main:Provider"] = vendor.Name;
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>()) _settings[name] = value;
        Host = AddHost();
    }

    public FakeTimeProvider Clock { get; }

    public FaultInjector Faults { get; }

    public VaultModel Vaults { get; }

    public GatewayModel Gateway { get; }

    /// <summary>The vendor, where the world was made with a class of vendors.</summary>
    public VendorModel? Vendor { get; }

    public DirectoryModel Directory { get; }

    /// <summary>The tenant's app registrations; none at first.</summary>
    public ApplicationModel Applications { get; }

    public InboxModel Inbox { get; }

    public InMemoryConsumer Consumers { get; }

    public InMemoryRowStore Rows { get; }

    /// <summary>Where the hosts keep their rows: <see cref="Rows"/>, or what was given instead.</summary>
    public IRowStore Store { get; }

    public WorldQueue Queue { get; }

    public ConcurrentQueue<string> Logs { get; } = new();

    /// <summary>The first host; others share rows and remotes with it.</summary>
    public RotationHost Host { get; }

    public SecretName Secret { get; } = SecretName.Of(new Uri($"https://{PaymentsHost}/"), SecretNameText);

    public CredentialId Credential => CredentialId.Of(Secret);

    public static Dictionary<string, string> Tags() => new()
    {
        ["rotate-account"] = "gateway-main",
        ["rotate-target"] = Target,
        ["rotate-owner"] = OwnerGroup,
        ["rotate-policy"] = "payments",
        ["rotate-consumers"] = "checkout",
    };

    /// <summary>Another process of the app over the same rows and remotes, on its own clock and with its own provider when given.</summary>
    public RotationHost AddHost(TimeProvider? clock = null, ICredentialProvider? provider = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(clock ?? Clock);
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new WorldLog(Logs)));
        services.AddSingleton<IAppRegistrations>(new InMemoryApplications(Applications));
        services.AddRotationEngine(new ConfigurationBuilder().AddInMemoryCollection(_settings.Where(setting => setting.Value is not null)).Build());
        services.AddSingleton(Store);
        services.AddSingleton<IWorkQueue>(Queue);
        services.AddSingleton<ICredentialVault>(new InMemoryVault(Vaults, Faults));
        services.AddSingleton<IVaultInventory>(new InMemoryVault(Vaults, Faults));
        services.AddSingleton<IOwnerDirectory>(new InMemoryDirectory(Directory, Faults));
        services.AddSingleton<IConsumerSignal>(Consumers);
        services.AddSingleton<INotifier>(new InMemoryNotifier(Inbox, Faults));
        if (_events is not null) services.AddSingleton(_events);
        if (_log is not null) services.AddSingleton(_log);
        services.AddSingleton<IProviderCatalog>(new WorldCatalog(provider ?? DefaultProvider()));
        var host = new RotationHost(services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true }));
        _hosts.Add(host);
        return host;
    }

    /// <summary>Writes a version as a person at the vault would; nothing carries over.</summary>
    public string ByHand(string host, string name, SecretText value, DateTimeOffset? expiresOn, IReadOnlyDictionary<string, string> tags)
    {
        var content = new VaultContent(value, null, IsEnabled: true, null, expiresOn?.ToUnixTimeSeconds(), tags);
        var written = Vaults.Set(host, name, content, new VaultCaller("person", "by-hand"));
        return written.Value?.Id ?? throw new InvalidOperationException($"The vault refused: {written.Error?.Code}.");
    }

    /// <summary>Writes other tags onto the secret's newest version, as a person at the vault would.</summary>
    public void TagByHand(IReadOnlyDictionary<string, string> tags)
    {
        var person = new VaultCaller("person", "by-hand");
        var current = Vaults.Get(PaymentsHost, SecretNameText, null, person).Value ?? throw new InvalidOperationException("There is no such secret.");
        var changed = Vaults.Update(PaymentsHost, SecretNameText, current.Id, new VaultChange(null, null, null, null, tags), person);
        if (changed.Value is null) throw new InvalidOperationException($"The vault refused: {changed.Error?.Code}.");
    }

    /// <summary>Sweeps, then visits whatever is due.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        await Host.Sweep.RunAsync(cancellationToken);
        await DrainAsync(cancellationToken);
    }

    /// <summary>Visits what the queue holds for now.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (Queue.TryTake(out var credential)) await Host.Engine.AdvanceAsync(credential, cancellationToken);
    }

    /// <summary>Lets time pass, stopping at every queued message and every wake on the way.</summary>
    public async Task PassAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        var end = Clock.GetUtcNow() + time;
        await DrainAsync(cancellationToken);
        while (await NextAsync(cancellationToken) is { } next && next <= end)
        {
            if (next > Clock.GetUtcNow()) Clock.SetUtcNow(next);
            // Woken already and lost since: the timer comes again, and after a while sends again.
            if (await Host.Sleepers.WakeAsync(cancellationToken) == 0 && Queue.Count == 0) Clock.Advance(TimeSpan.FromMinutes(1));
            await DrainAsync(cancellationToken);
        }

        if (Clock.GetUtcNow() < end) Clock.SetUtcNow(end);
    }

    public async Task<Rotation> RotationAsync(CancellationToken cancellationToken, int? ordinal = null)
    {
        var row = await RowAsync(cancellationToken);
        return await Host.Registry.FindRotationAsync(Credential, ordinal ?? row.Ordinal, cancellationToken)
            ?? throw new InvalidOperationException("No rotation was opened.");
    }

    public async Task<CredentialRow> RowAsync(CancellationToken cancellationToken)
        => await Host.Registry.FindAsync(Credential, cancellationToken) ?? throw new InvalidOperationException("The secret was not adopted.");

    /// <summary>Says yes to the open plan as this person, and visits.</summary>
    public async Task ApproveAsync(string person, CancellationToken cancellationToken)
    {
        var rotation = await RotationAsync(cancellationToken);
        await Host.Registry.TellAsync(Credential, new InboxItem.Approve(Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, person, person), cancellationToken);
        await DrainAsync(cancellationToken);
    }

    /// <summary>Chooses in the open hold as this person, and visits.</summary>
    public async Task ChooseAsync(string choice, string person, CancellationToken cancellationToken)
    {
        var rotation = await RotationAsync(cancellationToken);
        await Host.Registry.TellAsync(Credential, new InboxItem.Choose(Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, rotation.State, choice, person, person), cancellationToken);
        await DrainAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<LedgerEntry>> LedgerAsync(CancellationToken cancellationToken)
    {
        var entries = new List<LedgerEntry>();
        await foreach (var (entry, _) in Host.Registry.ReadLedgerAsync(Credential, cancellationToken)) entries.Add(entry);
        return entries;
    }

    /// <summary>What a consumer without a version reads now.</summary>
    public SecretText? CurrentValue()
        => Vaults.Get(PaymentsHost, SecretNameText, null, new VaultCaller("checkout", "read")).Value?.Value;

    /// <summary>A consumer that behaves: every instance proves the version it was told of.</summary>
    public async Task AcknowledgeAllAsync(string alias, ReloadSignal signal, IReadOnlyList<string> instances)
    {
        foreach (var instance in instances) await AcknowledgeAsync(CheckoutPrincipal, signal.Rotation, signal.Version, instance);
    }

    public Task AcknowledgeAsync(string principal, RotationId rotation, string version, string instance)
        => Host.Registry.TellAsync(Credential, new InboxItem.Acknowledge(Clock.GetUtcNow(), rotation, principal, version, instance, Clock.GetUtcNow()), CancellationToken.None);

    /// <summary>An instance says that a version does not work for it, and somebody visits.</summary>
    public async Task FailAsync(string principal, string version, string instance, string what = "refused")
    {
        await Host.Registry.TellAsync(Credential, new InboxItem.ReportFailure(Clock.GetUtcNow(), principal, version, instance, what), CancellationToken.None);
        await DrainAsync(CancellationToken.None);
    }

    /// <summary>An instance's heartbeat. Answers what it is to run, if it is told anything.</summary>
    public async Task<ReloadSignal?> BeatAsync(string alias, string instance, string version, bool isLeaving = false)
    {
        await Host.Leases.RenewAsync(Credential, alias, instance, version, isLeaving, CancellationToken.None);
        return await Host.Registry.FindAsync(Credential, CancellationToken.None) is { IsOpen: true } row && await Host.Registry.FindRotationAsync(Credential, row.Ordinal, CancellationToken.None) is { } rotation
            ? PendingSignal.For(rotation, alias, instance, version) : null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
    }

    private async Task<DateTimeOffset?> NextAsync(CancellationToken cancellationToken)
    {
        var wake = (await Host.Registry.FindAsync(Credential, cancellationToken))?.WakeOn;
        var queued = Queue.NextVisibleOn;
        return wake is null ? queued : queued is null || wake < queued ? wake : queued;
    }

    private ICredentialProvider DefaultProvider() => _provider is not null ? _provider : Vendor is null ? new InMemoryGatewayProvider(Gateway, Faults) : new InMemoryVendorProvider(Vendor, Faults);

    private void People()
    {
        foreach (var (id, name) in new[] { (OwnerOne, "owner-1"), (OwnerTwo, "owner-2"), (Stranger, "stranger") })
            Directory.Put(new DirectoryUser(id, name, $"{name}@example.com"));
        Directory.Put(new DirectoryGroup(OwnerGroup, "payments-owners", null, [OwnerOne, OwnerTwo]));
        Directory.Put(new DirectoryGroup(FallbackGroup, "platform-on-call", null, [OwnerTwo, Stranger]));
    }

    private static Dictionary<string, string?> Defaults() => new()
    {
        ["Rotation:Mode"] = "Rotate",
        ["Rotation:Vaults:0"] = $"https://{PaymentsHost}/",
        ["Rotation:Vaults:1"] = $"https://{OtherHost}/",
        ["Rotation:StagingVault"] = $"https://{StagingHost}/",
        ["Rotation:Accounts:gateway-main:Provider"] = "sandbox-gateway",
        ["Rotation:Accounts:gateway-main:Parameters:merchantId"] = "ShopPOS",
        ["Rotation:Accounts:gateway-main:Secrets:management"] = $"https://{PlatformHost}/secrets/gateway-management-key",
        ["Rotation:Accounts:gateway-main:Vaults:0"] = $"https://{PaymentsHost}/",
        ["Rotation:Accounts:gateway-main:Targets"] = "S2-[0-9A-Z]{10}",
        ["Rotation:Accounts:gateway-main:OwnerGroups:0"] = OwnerGroup,
        ["Rotation:Policies:payments:Lead"] = "30.00:00:00",
        ["Rotation:Policies:payments:Lifetime"] = "90.00:00:00",
        ["Rotation:Policies:standard:Lead"] = "30.00:00:00",
        ["Rotation:Consumers:checkout:Hook"] = "https://checkout.example.com/reload",
        ["Rotation:Consumers:checkout:Audience"] = "api://checkout",
        ["Rotation:Consumers:checkout:Principal"] = CheckoutPrincipal,
    };
}

/// <summary>One process of the app inside a <see cref="RotationWorld"/>.</summary>
public sealed class RotationHost(ServiceProvider services) : IAsyncDisposable
{
    public RotationEngine Engine { get; } = services.GetRequiredService<RotationEngine>();

    public CredentialSweep Sweep { get; } = services.GetRequiredService<CredentialSweep>();

    public Sleepers Sleepers { get; } = services.GetRequiredService<Sleepers>();

    public HealthReader Health { get; } = services.GetRequiredService<HealthReader>();

    public LadderClimber Ladder { get; } = services.GetRequiredService<LadderClimber>();

    public LadderBook Reminders { get; } = services.GetRequiredService<LadderBook>();

    public OwnerBook Owners { get; } = services.GetRequiredService<OwnerBook>();

    public VaultHints Hints { get; } = services.GetRequiredService<VaultHints>();

    public EventsHeard Heard { get; } = services.GetRequiredService<EventsHeard>();

    public ICredentialRegistry Registry { get; } = services.GetRequiredService<ICredentialRegistry>();

    public LeaseBook Leases { get; } = services.GetRequiredService<LeaseBook>();

    public IServiceProvider Services => services;

    public ValueTask DisposeAsync() => services.DisposeAsync();
}

/// <summary>A queue that a test drains by hand.</summary>
public sealed class WorldQueue(TimeProvider clock) : IWorkQueue
{
    private readonly Lock _gate = new();
    private readonly List<(CredentialId Credential, DateTimeOffset VisibleOn)> _messages = [];

    public DateTimeOffset? NextVisibleOn
    {
        get
        {
            lock (_gate) return _messages.Count == 0 ? null : _messages.Min(message => message.VisibleOn);
        }
    }

    public int Count
    {
        get
        {
            lock (_gate) return _messages.Count;
        }
    }

    public Task SendAsync(CredentialId credential, TimeSpan delay, CancellationToken cancellationToken)
    {
        lock (_gate) _messages.Add((credential, clock.GetUtcNow() + delay));
        return Task.CompletedTask;
    }

    /// <summary>Takes a message that is visible now; all for the same credential count as one.</summary>
    public bool TryTake(out CredentialId credential)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            var found = _messages.FindIndex(message => message.VisibleOn <= now);
            credential = found < 0 ? default : _messages[found].Credential;
            var taken = credential;
            if (found >= 0) _messages.RemoveAll(message => message.VisibleOn <= now && message.Credential == taken);
            return found >= 0;
        }
    }

    /// <summary>Loses every message: any may be lost, and the wake-up finds the work again.</summary>
    public void LoseAll()
    {
        lock (_gate) _messages.Clear();
    }
}

/// <summary>A catalog of exactly the given providers.</summary>
public sealed class WorldCatalog(params ICredentialProvider[] providers) : IProviderCatalog
{
    public IReadOnlyList<string> Kinds => [.. providers.Select(provider => provider.Kind)];

    public ICredentialProvider? Find(string kind) => providers.FirstOrDefault(provider => provider.Kind == kind);

    public ICredentialProvider Restore(string kind, string configuration)
        => Find(kind) is { } provider && provider.Configuration == configuration ? provider : throw new InvalidOperationException($"Provider {kind} is not what the plan froze.");
}

/// <summary>Keeps every log line, scopes left out, so that a test can search them.</summary>
internal sealed class WorldLog(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
        // Nothing is held.
    }
}
