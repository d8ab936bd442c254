using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using CredRotation.Engine;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Benchmarks.Sweep;

/// <summary>
/// Vaults and a directory behind HTTPS on this machine. Every hundredth secret is tagged and due; every twentieth other names an owner group
/// alone; the rest say nothing and end within five years. Some groups are gone, small or hidden. Now and then a server is busy.
/// </summary>
internal sealed class SweepWorld : IAsyncDisposable
{
    private const int DueEvery = 100, OwnedEvery = 20, Seed = 1;
    private const int OddEvery = 50, BusyEvery = 60;

    private static readonly TimeSpan s_busyFor = TimeSpan.FromSeconds(1);

    /// <summary>By which a timer may ring early.</summary>
    private static readonly TimeSpan s_timerSlack = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly X509Certificate2 _certificate = SandboxCertificate.Create();
    private readonly VaultModel _vaults = new(TimeProvider.System, Seed);
    private readonly DirectoryModel _directory = new(TimeProvider.System);
    private readonly Dictionary<string, DateTimeOffset> _busyUntil = [];
    private readonly Random _dice = new(Seed);
    private VaultServer? _vaultServer;
    private DirectoryServer? _directoryServer;
    private int _throttled, _hasty;

    private SweepWorld()
    {
    }

    /// <summary>What the sweeping process is given.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; private set; } = new Dictionary<string, string>();

    public static int Due(int secrets) => (secrets + DueEvery - 1) / DueEvery;

    public static async Task<SweepWorld> StartAsync(int secrets, int vaults, int groups, CancellationToken cancellationToken)
    {
        var world = new SweepWorld();
        var wire = new FaultyWire(TimeProvider.System, new FaultInjector(TimeProvider.System) { Choose = world.Choose });
        string[] aliases = [.. Enumerable.Range(1, vaults).Select(number => string.Create(CultureInfo.InvariantCulture, $"vault-{number:D2}"))];
        world._vaultServer = await VaultServer.StartAsync(world._vaults, wire, world._certificate, aliases, [.. aliases.Select(_ => 0)], _ => "sweep", cancellationToken);
        world._directoryServer = await DirectoryServer.StartAsync(world._directory, new InboxModel(TimeProvider.System), wire, world._certificate, cancellationToken);
        string[] hosts = [.. aliases.Select(alias => SecretName.HostOf(world._vaultServer.Vaults[alias]))];
        world.FillVaults(hosts, secrets, groups);
        world.FillDirectory(groups);
        world.Settings = world.SettingsOf(hosts, groups);
        return world;
    }

    public SweepCounts Count()
    {
        var requests = _vaults.Requests.Where(request => request.Caller == "sweep").CountBy(request => request.Operation).ToDictionary();
        return new SweepCounts(Of("SecretList"), Of("SecretListVersions"), Of("KeyList") + Of("CertificateList"), Of("SecretGet"), _directoryServer!.Calls, _throttled, _hasty);

        int Of(string operation) => requests.GetValueOrDefault(operation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_vaultServer is not null) await _vaultServer.DisposeAsync();
        if (_directoryServer is not null) await _directoryServer.DisposeAsync();
        _certificate.Dispose();
    }

    /// <summary>Busy now and then, by the seed; who comes to a busy vault too early is refused again, and counted.</summary>
    private Fault? Choose(string operation)
    {
        if (operation is "directory.batch") return null;

        // The real limits, 4,000 calls in 10 s for each vault, are beyond what one sweep reaches: what they would do is done by dice.
        var isGraph = operation.StartsWith("directory.", StringComparison.Ordinal);
        var remote = isGraph ? "" : operation[(operation.IndexOf('@', StringComparison.Ordinal) + 1)..];
        lock (_gate)
        {
            var now = TimeProvider.System.GetUtcNow();
            var isHasty = !isGraph && _busyUntil.TryGetValue(remote, out var until) && now < until - s_timerSlack;
            if (isHasty) _hasty++;
            else if (_dice.Next(isGraph ? BusyEvery * 2 : BusyEvery) != 0) return null;
            _throttled++;
            if (isGraph) return KnownFaults.DirectoryThrottled(s_busyFor);
            _busyUntil[remote] = now + s_busyFor;
            return KnownFaults.VaultThrottled(s_busyFor);
        }
    }

    private void FillVaults(string[] hosts, int secrets, int groups)
    {
        var (now, owner) = (TimeProvider.System.GetUtcNow(), 0);
        for (var number = 0; number < secrets; number++)
        {
            var (isDue, isOwned) = (number % DueEvery == 0, number % OwnedEvery == 0);
            var tags = new Dictionary<string, string>();
            if (isDue || isOwned) tags["rotate-owner"] = Group(owner++ % groups);
            if (isDue)
            {
                tags["rotate-account"] = "main";
                tags["rotate-target"] = string.Create(CultureInfo.InvariantCulture, $"T-{number:D7}");
            }

            var end = isDue ? now.AddDays(5 + (number % 7)) : now.AddDays(60 + (number % 1_700));
            var content = new VaultContent(new SecretText(string.Create(CultureInfo.InvariantCulture, $"value-{number}")), null, IsEnabled: true, null, end.ToUnixTimeSeconds(), tags);
            if (_vaults.Set(hosts[number % hosts.Length], string.Create(CultureInfo.InvariantCulture, $"application-secret-{number:D7}"), content, new VaultCaller("person", "by-hand")).Error is { } error)
                throw new InvalidOperationException($"The vault refused: {error.Code}.");
        }
    }

    private void FillDirectory(int groups)
    {
        foreach (var person in new[] { "u-1", "u-2", "u-3" }) _directory.Put(new DirectoryUser(person, person, $"{person}@example.com"));
        for (var number = 0; number < groups; number++)
        {
            var group = new DirectoryGroup(Group(number), $"Group {number}", null, ["u-1", "u-2", "u-3"]);
            // Gone, too few, hidden: each kind is rare.
            switch (number % OddEvery)
            {
                case 7: continue;
                case 17: _directory.Put(group with { DeletedOn = _directory.Now }); break;
                case 27: _directory.Put(group with { Members = ["u-1"] }); break;
                case 37: _directory.Put(group with { HidesMembers = true }); break;
                default: _directory.Put(group); break;
            }
        }
    }

    private Dictionary<string, string> SettingsOf(string[] hosts, int groups)
    {
        var settings = new Dictionary<string, string>
        {
            [SweepProcess.Thumbprint] = SandboxCertificate.Thumbprint(_certificate),
            [SweepProcess.Graph] = _directoryServer!.BaseUri.AbsoluteUri,
            ["Rotation:Mode"] = "Rotate",
            ["Rotation:StagingVault"] = "https://staging.vault.azure.net/",
            ["Rotation:Policies:standard:Lead"] = "30.00:00:00",
            ["Rotation:Accounts:main:Provider"] = SweepProcess.Vendor,
            ["Rotation:Accounts:main:Secrets:management"] = "https://platform.vault.azure.net/secrets/management",
            ["Rotation:Accounts:main:Targets"] = "T-[0-9]{7}",
        };
        for (var number = 0; number < hosts.Length; number++)
        {
            settings[$"Rotation:Vaults:{number}"] = $"https://{hosts[number]}/";
            settings[$"Rotation:Accounts:main:Vaults:{number}"] = $"https://{hosts[number]}/";
        }

        for (var number = 0; number < groups; number++) settings[$"Rotation:Accounts:main:OwnerGroups:{number}"] = Group(number);
        return settings;
    }

    private static string Group(int number) => string.Create(CultureInfo.InvariantCulture, $"00000000-0000-0000-0000-{number:D12}");
}
