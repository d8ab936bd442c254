using System.Globalization;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Ladder;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Reload;
using CredRotation.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Benchmarks.Ladder;

/// <summary>
/// Many credentials that only people replace, for years, with the shipped sweep, registry, owner check and ladder over vaults, directory and rows in
/// memory. Sweeps are rarer here than in production, so that a lost event hurts more.
/// </summary>
internal sealed class LadderWorld : IAsyncDisposable
{
    private const string Host = "payments.vault.azure.net", StagingHost = "rot-staging.vault.azure.net";
    private const double LostEvents = 0.02, DirectoryDown = 0.01, Forgets = 0.30;

    private static readonly TimeSpan s_step = TimeSpan.FromHours(3), s_sweep = TimeSpan.FromDays(7), s_week = TimeSpan.FromDays(7);
    private static readonly int[] s_lifetimes = [90, 180, 365];

    private readonly int _seed;
    private readonly Random _random;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.FromTicks(1) };
    private readonly VaultModel _vaults;
    private readonly FaultInjector _faults;
    private readonly LadderInbox _inbox;
    private readonly InMemoryRowStore _rows;
    private readonly WorldQueue _queue;
    private readonly DirectoryModel _directory;
    private readonly LadderPeople _people;
    private readonly Managed[] _all;
    private readonly Dictionary<string, Managed> _byName = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Func<CancellationToken, Task>, DateTimeOffset> _doings = new();
    private readonly Dictionary<(string Receiver, string Credential, DateTimeOffset EndsOn, int Rung), bool> _told = [];
    private readonly SortedDictionary<string, int> _byLevel = new(StringComparer.Ordinal);
    private readonly PriorityQueue<(Managed Of, int Generation, bool IsEnd), DateTimeOffset> _checks = new();
    private ServiceProvider _services;
    private int _expired, _silentAt7, _notices, _duplicates, _unverified, _replaced, _acknowledged, _ended, _lost, _rounds, _blind, _default;

    public LadderWorld(int credentials, int seed)
    {
        (_seed, _random) = (seed, new Random(seed));
        _vaults = new VaultModel(_clock, seed);
        _vaults.AddVault(Host, "payments");
        _vaults.AddVault(StagingHost, "staging");
        _faults = new FaultInjector(_clock);
        _inbox = new LadderInbox(_random) { Accepted = Hear };
        _rows = new InMemoryRowStore(_clock);
        _queue = new WorldQueue(_clock);
        _directory = new DirectoryModel(_clock);
        _people = new LadderPeople(_directory, _random, credentials, 365 * 2);
        _all = [.. Enumerable.Range(0, credentials).Select(index => new Managed(string.Create(CultureInfo.InvariantCulture, $"key-{index}"), index))];
        foreach (var one in _all)
        {
            _byName[$"{one.Name} in {Host}"] = one;
            Write(one, TimeSpan.FromDays(_random.Next(8, 365)) + TimeSpan.FromMinutes(_random.Next(24 * 60)));
        }

        _services = Start();
    }

    public async Task<LadderReport> RunAsync(TimeSpan time, TextWriter progress, CancellationToken cancellationToken)
    {
        var (start, day, swept) = (_clock.GetUtcNow(), 0, DateTimeOffset.MinValue);
        for (var now = start; now - start < time; now += s_step)
        {
            if ((int)(now - start).TotalDays > day)
            {
                _people.PassDay(day++);
                if (day % 73 == 0) await progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"day {day}: {_notices} messages, {_replaced} replaced, {_ended} ended, {_expired} silently"));
            }

            while (_doings.TryPeek(out var doing, out var on) && on <= now)
            {
                _doings.Dequeue();
                Go(on);
                await doing(cancellationToken);
            }

            Go(now);
            if (now - swept >= s_sweep)
            {
                await Sweep.RunAsync(cancellationToken);
                await DrainAsync(cancellationToken);
                swept = now;
            }

            await RoundAsync(cancellationToken);
            Check();
        }

        return Report();
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private CredentialSweep Sweep => _services.GetRequiredService<CredentialSweep>();

    private void Go(DateTimeOffset moment)
    {
        if (moment > _clock.GetUtcNow()) _clock.SetUtcNow(moment);
    }

    private async Task RoundAsync(CancellationToken cancellationToken)
    {
        var isBlind = _random.NextDouble() < DirectoryDown;
        _faults.Choose = isBlind ? operation => operation.StartsWith("directory.", StringComparison.Ordinal) ? new Fault.Refuse(503, "serviceUnavailable") : null : null;
        if (isBlind) _blind++;
        _rounds++;
        try
        {
            await _services.GetRequiredService<LadderClimber>().RunAsync(cancellationToken);
        }
        catch (ProcessDiedException)
        {
            await _services.DisposeAsync();
            _services = Start();
        }
        finally
        {
            _faults.Choose = null;
        }
    }

    /// <summary>A message arrived: who lives and answers sees to what it names, sooner or later, or takes it on and forgets it.</summary>
    private void Hear(Notice notice, bool dies)
    {
        if (notice.Kind is not NoticeKind.Reminder) return;
        _notices++;
        if (notice is { OwnerGroup: null, People: null }) _default++;
        var receiver = notice.OwnerGroup ?? (notice.People is { } named ? string.Join(",", named.Select(person => person.ObjectId).Order(StringComparer.Ordinal)) : "default");
        var level = notice.OwnerGroup switch { LadderPeople.Fallback => "fallback", LadderPeople.Leadership => "leadership", null when notice.People is null => "default", null => "managers", _ => "owners" };
        _byLevel[level] = _byLevel.GetValueOrDefault(level) + 1;
        _unverified += (notice.People ?? []).Count(person => !_people.IsVerified(person, notice.OwnerGroup));
        var answering = (notice.People ?? []).Where(person => person.Address is not null && _people.Answers(person.ObjectId)).Select(person => person.ObjectId).ToList();
        var now = _clock.GetUtcNow();
        foreach (var fact in notice.Facts)
        {
            // What the message itself says: a lost event may let it speak of a version that was replaced since.
            var (one, endsOn) = (_byName[fact.Title], DateTimeOffset.Parse(fact.Value.Split(' ')[1].TrimEnd('.'), CultureInfo.InvariantCulture));
            var key = (receiver, one.Name, endsOn, RungAt(endsOn - now));
            if (_told.TryGetValue(key, out var hadDied) && !hadDied) _duplicates++;
            _told[key] = dies;
            if (endsOn != one.EndsOn) continue;
            // The default receiver is the platform team's own channel, and somebody is there.
            if (answering.Count > 0 || level == "default") one.HeardOn ??= now;
            foreach (var person in answering) Plan(one, person, now);
        }
    }

    private void Plan(Managed one, string person, DateTimeOffset now)
    {
        var (generation, isNear) = (one.Generation, one.EndsOn - now < TimeSpan.FromDays(1.5));
        var on = now + TimeSpan.FromMinutes(_random.Next(10, isNear ? 180 : 48 * 60));
        var (forgets, takes) = (_random.NextDouble() < Forgets, TimeSpan.FromMinutes(_random.Next(30, isNear ? 180 : 72 * 60)));
        _doings.Enqueue(async stop =>
        {
            if (one.Generation != generation || !_people.Answers(person)) return;
            if (await Book.FindAsync(one.Id, stop) is { } notice && await Book.AcknowledgeAsync(one.Id, notice.Version, notice.Rung, person, person, stop))
            {
                _acknowledged++;
                one.TakenOnBy = person;
            }

            if (!forgets) _doings.Enqueue(then => ReplaceAsync(one, generation, then), on + takes);
        }, on);
    }

    private LadderBook Book => _services.GetRequiredService<LadderBook>();

    private async Task ReplaceAsync(Managed one, int generation, CancellationToken cancellationToken)
    {
        if (one.Generation != generation) return;
        Write(one, TimeSpan.FromDays(s_lifetimes[_random.Next(s_lifetimes.Length)]));
        _replaced++;
        if (_random.NextDouble() < LostEvents)
        {
            _lost++;
            return;
        }

        await Sweep.LookAtAsync(SecretName.Of(new Uri($"https://{Host}/"), one.Name), "event", cancellationToken);
        await DrainAsync(cancellationToken);
    }

    private void Write(Managed one, TimeSpan life)
    {
        var now = _clock.GetUtcNow();
        one.Next(DateTimeOffset.FromUnixTimeSeconds((now + life).ToUnixTimeSeconds()));
        var tags = new Dictionary<string, string> { ["rotate-account"] = "main", ["rotate-target"] = one.Name, ["rotate-owner"] = _people.GroupOf(one.Index) };
        var written = _vaults.Set(Host, one.Name, new VaultContent(new SecretText($"v{one.Generation}"), null, IsEnabled: true, null, one.EndsOn.ToUnixTimeSeconds(), tags), new VaultCaller("person", "by-hand"));
        if (written.Value is null) throw new InvalidOperationException($"The vault refused: {written.Error?.Code}.");
        if (life > s_week + s_sweep + s_step) _checks.Enqueue((one, one.Generation, IsEnd: false), one.EndsOn - s_week);
        _checks.Enqueue((one, one.Generation, IsEnd: true), one.EndsOn);
    }

    /// <summary>After the round that follows a moment: had anybody heard who lives and answers, before the end at the latest?</summary>
    private void Check()
    {
        while (_checks.TryPeek(out var check, out var on) && on < _clock.GetUtcNow())
        {
            _checks.Dequeue();
            if (check.Of.Generation != check.Generation) continue;
            var isSilent = check.Of.TakenOnBy is null && (check.Of.HeardOn is not { } heard || (check.IsEnd && heard >= on));
            if (check.IsEnd) _ended++;
            if (isSilent && check.IsEnd) _expired++;
            if (isSilent && !check.IsEnd) _silentAt7++;
        }
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (_queue.TryTake(out var credential)) await _services.GetRequiredService<RotationEngine>().AdvanceAsync(credential, cancellationToken);
    }

    private static int RungAt(TimeSpan left) => left <= TimeSpan.Zero ? -1 : new PolicyOptions().Rungs().Count(rung => left <= rung);

    private LadderReport Report()
    {
        List<string> missed = [];
        foreach (var (name, count) in new[] { ("expiredSilently", _expired), ("silentAtT7", _silentAt7), ("duplicatesBeyondCrashes", _duplicates), ("toUnverifiedAddresses", _unverified) })
            if (count > 0) missed.Add($"{name} is {count}; it must be 0.");
        // Years in which nothing happened would show nothing.
        foreach (var (name, count) in new[] { ("notices", _notices), ("replaced", _replaced), ("deadGroups", _people.DeadGroups) })
            if (count == 0 && _all.Length >= 1000) missed.Add($"{name} is 0: these years were too easy.");
        return new LadderReport(_all.Length, _seed, _expired, _silentAt7, _notices, _duplicates, _unverified,
            new LadderMeasured(_people.Groups, _people.DeadGroups, _people.Count, _people.Silent, _people.Left, _rounds, _replaced, _acknowledged, _ended, _lost, _inbox.Crashes, _inbox.Refused, _blind, _default, _byLevel), missed);
    }

    private ServiceProvider Start()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(_clock);
        services.AddRotationEngine(new ConfigurationBuilder().AddInMemoryCollection(Settings()).Build());
        services.AddSingleton<IRowStore>(_rows);
        services.AddSingleton<IWorkQueue>(_queue);
        services.AddSingleton<ICredentialVault>(new InMemoryVault(_vaults, _faults));
        services.AddSingleton<IVaultInventory>(new InMemoryVault(_vaults, _faults));
        services.AddSingleton<IOwnerDirectory>(new InMemoryDirectory(_directory, _faults));
        services.AddSingleton<IConsumerSignal>(new InMemoryConsumer(_faults));
        services.AddSingleton<INotifier>(_inbox);
        services.AddSingleton<IProviderCatalog>(new WorldCatalog(new InMemoryVendorProvider(new VendorModel(_clock, 1, VendorClasses.All[0]), _faults)));
        return services.BuildServiceProvider();
    }

    private Dictionary<string, string?> Settings()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Rotation:Mode"] = "Rehearse",
            ["Rotation:Vaults:0"] = $"https://{Host}/",
            ["Rotation:StagingVault"] = $"https://{StagingHost}/",
            ["Rotation:FallbackGroup"] = LadderPeople.Fallback,
            ["Rotation:LeadershipGroup"] = LadderPeople.Leadership,
            ["Rotation:Accounts:main:Provider"] = VendorClasses.All[0].Name,
            ["Rotation:Accounts:main:Secrets:management"] = $"https://{Host}/secrets/management",
            ["Rotation:Accounts:main:Vaults:0"] = $"https://{Host}/",
            ["Rotation:Accounts:main:Targets"] = "key-[0-9]{1,6}",
            // Nothing is rotated, and a lead of a day keeps visits away that would find nothing to do.
            ["Rotation:Policies:standard:Lead"] = "1.00:00:00",
        };
        for (var index = 0; index < _people.Groups; index++) settings[$"Rotation:Accounts:main:OwnerGroups:{index}"] = _people.GroupOf(index);
        return settings;
    }

    /// <summary>One credential as the world knows it.</summary>
    private sealed class Managed(string name, int index)
    {
        public string Name { get; } = name;

        public int Index { get; } = index;

        public CredentialId Id { get; } = CredentialId.Of(SecretName.Of(new Uri($"https://{Host}/"), name));

        /// <summary>Counts the versions.</summary>
        public int Generation { get; private set; }

        public DateTimeOffset EndsOn { get; private set; }

        /// <summary>When somebody first heard of this version's end who lives and answers.</summary>
        public DateTimeOffset? HeardOn { get; set; }

        public string? TakenOnBy { get; set; }

        public void Next(DateTimeOffset endsOn) => (Generation, EndsOn, HeardOn, TakenOnBy) = (Generation + 1, endsOn, null, null);
    }
}
