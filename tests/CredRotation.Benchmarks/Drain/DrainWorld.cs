using System.Globalization;
using CredRotation.Adapters.Storage;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Reload;
using CredRotation.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Benchmarks.Drain;

/// <summary>Many credentials that wait for nothing but to be visited: vaults, vendor, people and consumers in memory, rows and queue in a real store.</summary>
internal sealed class DrainWorld : IAsyncDisposable
{
    /// <summary>As a host of one core takes messages by the shipped host.json: batchSize and newBatchThreshold.</summary>
    public const int Lanes = 12;

    private const string PaymentsHost = "payments.vault.azure.net", StagingHost = "rot-staging.vault.azure.net", PlatformHost = "platform.vault.azure.net";
    private const string Owner = "a0000000-0000-0000-0000-000000000001";
    private const string OtherOwner = "a0000000-0000-0000-0000-000000000002";
    private const string Group = "11111111-1111-1111-1111-111111111111";
    private const string Principal = "c0000000-0000-0000-0000-000000000001";

    /// <summary>Visits to one account take turns; so many accounts let the lanes work.</summary>
    private const int Accounts = 50;

    private static readonly VendorClass s_class = VendorClasses.All[0];
    private static readonly string[] s_instances = ["checkout-1"];

    private readonly ServiceProvider _services;
    private readonly VaultModel _vaults;
    private readonly VendorModel _vendor;
    private readonly CountingRowStore _rows;
    private readonly HeldQueue _queue;
    private readonly RotationEngine _engine;
    private readonly Sleepers _sleepers;
    private readonly ICredentialRegistry _registry;
    private readonly Lock _gate = new();
    private readonly HashSet<CredentialId> _taken = [];
    private readonly List<CredentialId> _order = [];

    public DrainWorld(int rotations, int seed, Func<TimeProvider, IRowStore> rows, Func<TimeProvider, IMessageQueue> queue)
    {
        Clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.FromTicks(1) };
        _rows = new CountingRowStore(rows(Clock));
        _queue = new HeldQueue(queue(Clock));
        _vaults = new VaultModel(Clock, seed);
        _vendor = new VendorModel(Clock, seed, s_class);
        Credentials = Fill(rotations, new Random(seed));

        var consumers = new InMemoryConsumer(new FaultInjector(Clock));
        consumers.Answers("checkout", s_instances);
        var directory = new DirectoryModel(Clock);
        directory.Put(new DirectoryUser(Owner, "owner-1", "owner-1@example.com"));
        directory.Put(new DirectoryUser(OtherOwner, "owner-2", "owner-2@example.com"));
        directory.Put(new DirectoryGroup(Group, "owners", null, [Owner, OtherOwner]));

        var faults = new FaultInjector(Clock);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddRotationEngine(new ConfigurationBuilder().AddInMemoryCollection(Settings()).Build());
        services.AddSingleton<IRowStore>(_rows);
        services.AddSingleton<IWorkQueue>(_queue);
        services.AddSingleton<ICredentialVault>(new InMemoryVault(_vaults, faults));
        services.AddSingleton<IVaultInventory>(new InMemoryVault(_vaults, faults));
        services.AddSingleton<IOwnerDirectory>(new InMemoryDirectory(directory, faults));
        services.AddSingleton<IConsumerSignal>(consumers);
        services.AddSingleton<INotifier>(new InMemoryNotifier(new InboxModel(Clock), faults));
        services.AddSingleton<IProviderCatalog>(new WorldCatalog(new InMemoryVendorProvider(_vendor, faults)));
        _services = services.BuildServiceProvider();
        _engine = _services.GetRequiredService<RotationEngine>();
        _sleepers = _services.GetRequiredService<Sleepers>();
        _registry = _services.GetRequiredService<ICredentialRegistry>();
        consumers.Signalled = (_, signal, instances) => AcknowledgeAsync(signal, instances);
    }

    public FakeTimeProvider Clock { get; }

    /// <summary>Every credential by the time that is left to it, the least first.</summary>
    public IReadOnlyList<CredentialId> Credentials { get; }

    public long Writes => _rows.Writes;

    public long Reads => _rows.Reads;

    /// <summary>Credentials in the order in which they were first taken from the queue.</summary>
    public IReadOnlyList<CredentialId> Order
    {
        get
        {
            lock (_gate) return [.. _order];
        }
    }

    /// <summary>Adopts all, opens their rotations and has each approved; then nothing is on the queue and everything is due.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await _services.GetRequiredService<CredentialSweep>().RunAsync(cancellationToken);
        await VisitAllAsync(cancellationToken);
        _queue.IsHeld = true;
        foreach (var credential in Credentials)
        {
            var row = await _registry.FindAsync(credential, cancellationToken);
            var rotation = await _registry.FindRotationAsync(credential, row!.Ordinal, cancellationToken) ?? throw new InvalidOperationException("A due credential was not opened.");
            await _registry.TellAsync(credential, new InboxItem.Approve(Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, Owner, "owner-1"), cancellationToken);
        }

        _queue.IsHeld = false;
        // Longer than any of them waits for people.
        Clock.Advance(TimeSpan.FromHours(2));
        lock (_gate)
        {
            _taken.Clear();
            _order.Clear();
        }
    }

    /// <summary>Wakes and visits until every rotation has ended, the clock going from wake to wake. Answers how many wakes it took.</summary>
    public async Task<int> DrainAsync(Action<int>? told, CancellationToken cancellationToken)
    {
        const int wakesMax = 500;
        IReadOnlyList<CredentialId> open = Credentials;
        for (var wakes = 1; wakes <= wakesMax; wakes++)
        {
            await _sleepers.WakeAsync(cancellationToken);
            await VisitAllAsync(cancellationToken);

            DateTimeOffset? next = null;
            var still = new List<CredentialId>();
            foreach (var credential in open)
            {
                if (await _registry.FindAsync(credential, cancellationToken) is not { IsOpen: true } row) continue;
                still.Add(credential);
                if (next is null || row.WakeOn < next) next = row.WakeOn;
            }

            open = still;
            told?.Invoke(open.Count);
            if (open.Count == 0) return wakes;
            if (next > Clock.GetUtcNow()) Clock.SetUtcNow(next.Value);
        }

        throw new InvalidOperationException($"Rotations were open after {wakesMax} wakes.");
    }

    public async Task<int> CountRetiredAsync(CancellationToken cancellationToken)
    {
        var retired = 0;
        foreach (var credential in Credentials)
            if (await _registry.FindRotationAsync(credential, 1, cancellationToken) is { State: RotationState.Retired }) retired++;
        return retired;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private Task VisitAllAsync(CancellationToken cancellationToken)
        => Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => Task.Run(() => VisitAsync(cancellationToken), cancellationToken)));

    private async Task VisitAsync(CancellationToken cancellationToken)
    {
        while (await _queue.Inner.ReceiveAsync(TimeSpan.FromMinutes(10), cancellationToken) is { } work)
        {
            if (!CredentialId.TryParse(work.Body, out var credential)) throw new InvalidOperationException("A message is no credential's id.");
            lock (_gate)
            {
                if (_taken.Add(credential)) _order.Add(credential);
            }

            await _engine.AdvanceAsync(credential, cancellationToken);
            await _queue.Inner.CompleteAsync(work, cancellationToken);
        }
    }

    private async Task AcknowledgeAsync(ReloadSignal signal, IReadOnlyList<string> instances)
    {
        var credential = CredentialId.Of(signal.Secret);
        foreach (var instance in instances)
            await _registry.TellAsync(credential, new InboxItem.Acknowledge(Clock.GetUtcNow(), signal.Rotation, Principal, signal.Version, instance, Clock.GetUtcNow()), CancellationToken.None);
    }

    private List<CredentialId> Fill(int rotations, Random dice)
    {
        _vaults.AddVault(PaymentsHost, "payments");
        _vaults.AddVault(StagingHost, "staging");
        _vaults.AddVault(PlatformHost, "platform");
        var person = new VaultCaller("person", "by-hand");
        Set(PlatformHost, "management", _vendor.ManagementValue, null, new Dictionary<string, string>());

        // Names say nothing of the time left, and hashes of them decide the order of every index.
        var byTimeLeft = Enumerable.Range(0, rotations).ToArray();
        dice.Shuffle(byTimeLeft);
        var credentials = new List<CredentialId>(rotations);
        for (var place = 0; place < rotations; place++)
        {
            var number = byTimeLeft[place];
            var name = string.Create(CultureInfo.InvariantCulture, $"key-{number:D6}");
            var target = string.Create(CultureInfo.InvariantCulture, $"T-{number:D6}");
            var tags = new Dictionary<string, string> { ["rotate-account"] = Account(number % Accounts), ["rotate-target"] = target, ["rotate-owner"] = Group, ["rotate-policy"] = "payments", ["rotate-consumers"] = "checkout" };
            Set(PaymentsHost, name, _vendor.Add(target).Value, Clock.GetUtcNow() + TimeSpan.FromDays(10) + TimeSpan.FromMinutes(10 * place), tags);
            credentials.Add(CredentialId.Of(SecretName.Of(new Uri($"https://{PaymentsHost}/"), name)));
        }

        return credentials;

        void Set(string host, string name, SecretText value, DateTimeOffset? expiresOn, Dictionary<string, string> tags)
        {
            if (!_vaults.Set(host, name, new VaultContent(value, null, IsEnabled: true, null, expiresOn?.ToUnixTimeSeconds(), tags), person).IsOk) throw new InvalidOperationException($"The vault refused {name}.");
        }
    }

    private static string Account(int number) => string.Create(CultureInfo.InvariantCulture, $"account{number:D2}");

    private static Dictionary<string, string?> Settings()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Rotation:Mode"] = "Rotate",
            ["Rotation:Vaults:0"] = $"https://{PaymentsHost}/",
            ["Rotation:StagingVault"] = $"https://{StagingHost}/",
            ["Rotation:FallbackGroup"] = Group,
            ["Rotation:Policies:payments:Lead"] = "30.00:00:00",
            ["Rotation:Policies:payments:Lifetime"] = "90.00:00:00",
            ["Rotation:Consumers:checkout:Hook"] = "https://checkout.example.com/reload",
            ["Rotation:Consumers:checkout:Audience"] = "api://checkout",
            ["Rotation:Consumers:checkout:Principal"] = Principal,
        };
        for (var number = 0; number < Accounts; number++)
        {
            var account = $"Rotation:Accounts:{Account(number)}";
            settings[$"{account}:Provider"] = s_class.Name;
            settings[$"{account}:Secrets:{InMemoryVendorProvider.ManagementSecret}"] = $"https://{PlatformHost}/secrets/management";
            settings[$"{account}:Vaults:0"] = $"https://{PaymentsHost}/";
            settings[$"{account}:Targets"] = "T-[0-9]{6}";
            settings[$"{account}:OwnerGroups:0"] = Group;
        }

        return settings;
    }

    /// <summary>The real queue; while held, what is sent to it is lost, as any message may be.</summary>
    private sealed class HeldQueue(IMessageQueue inner) : IWorkQueue
    {
        public IMessageQueue Inner => inner;

        public bool IsHeld { get; set; }

        public Task SendAsync(CredentialId credential, TimeSpan delay, CancellationToken cancellationToken)
            // A delay is on the store's own clock, which nobody moves: the wake finds it again.
            => IsHeld || delay > TimeSpan.Zero ? Task.CompletedTask : inner.SendAsync(credential, delay, cancellationToken);
    }
}
