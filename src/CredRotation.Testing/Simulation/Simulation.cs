using System.Globalization;
using CredRotation.Engine;
using CredRotation.Engine.Evidence;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Reload;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Testing.Simulation;

/// <summary>
/// One schedule of the whole system in memory, on virtual time and one thread: hosts that die, freeze and lose answers, people and consumers
/// with moods, hands that change things. The same scenario gives the same schedule. First all goes wrong, then nothing more, and at rest
/// everything must have come to a good end.
/// </summary>
public sealed class Simulation : IDisposable
{
    /// <summary>As the operation of a planned mishap: its occurrence counts all effects.</summary>
    public const string AnyOperation = "*";

    /// <summary>So many issues without result end with a person; noise may lose each in a way that no planned mishap stands for.</summary>
    private const int AttemptsMax = 5;

    private const int StepsMax = 4000;
    private static readonly TimeSpan TroubleTime = TimeSpan.FromHours(30);
    private static readonly TimeSpan RestTime = TimeSpan.FromHours(54);
    private static readonly TimeSpan ChoosingTime = TimeSpan.FromDays(6);
    private static readonly TimeSpan SweepPause = TimeSpan.FromHours(12);
    private static readonly TimeSpan ToNextRotation = TimeSpan.FromDays(61);

    private readonly Scenario _scenario;
    private readonly Func<SimulatedPorts, SimulatedPorts>? _alter;
    private readonly Action<string>? _trace;
    private readonly Random _random;
    private readonly OneThread _thread = new();
    private readonly FakeTimeProvider _clock;
    private readonly VaultModel _vaults;
    private readonly VendorModel _vendor;
    private readonly DirectoryModel _directory;
    private readonly List<(SimulatedInstallation Installation, Invariants Invariants, InboxModel Inbox)> _installations = [];
    private readonly List<SimulatedHost> _allHosts = [];
    private readonly PriorityQueue<Action, (DateTimeOffset On, int Number)> _events = new();
    private readonly Dictionary<string, int> _operations = new(StringComparer.Ordinal);
    private readonly List<string> _sequence = [];
    private readonly Dictionary<string, (string Name, bool IsEffect)> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<PlannedMishap>> _planned;
    private readonly List<Violation> _violations = [];
    private readonly List<MishapHit> _hits = [];
    private readonly List<string> _ends = [];
    private readonly HashSet<string> _errandsSeen = new(StringComparer.Ordinal);
    private readonly HashSet<int> _handAt = [];
    private readonly HashSet<int> _jumpAt = [];
    private bool _isTrouble = true;
    private int _eventNumber;
    private int _effects;
    private int _visits;
    private int _kills;
    private int _steps;

    /// <param name="alter">Changes what each host stands on: how a mutant is made. Null: nothing.</param>
    /// <param name="trace">Told everything that happens, one line each.</param>
    public Simulation(Scenario scenario, Func<SimulatedPorts, SimulatedPorts>? alter = null, Action<string>? trace = null)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        (_scenario, _alter, _trace) = (scenario, alter, trace);
#pragma warning disable CA5394 // A schedule must repeat by its seed; nothing here is a secret.
        _random = new Random(scenario.Seed);
        _clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.FromTicks(1) };
        _vaults = new VaultModel(_clock, scenario.Seed);
        _vendor = new VendorModel(_clock, scenario.Seed, scenario.Vendor);
        _directory = new DirectoryModel(_clock);
        _planned = scenario.Mishaps.GroupBy(mishap => mishap.Operation).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        foreach (var (id, name) in new[] { (RotationWorld.OwnerOne, "owner-1"), (RotationWorld.OwnerTwo, "owner-2"), (RotationWorld.Stranger, "stranger") })
            _directory.Put(new DirectoryUser(id, name, $"{name}@example.com"));
        _directory.Put(new DirectoryGroup(RotationWorld.OwnerGroup, "owners", null, [RotationWorld.OwnerOne, RotationWorld.OwnerTwo]));
        _directory.Put(new DirectoryGroup(RotationWorld.FallbackGroup, "platform", null, [RotationWorld.OwnerTwo, RotationWorld.Stranger]));
        if (scenario.Owners is OwnersMood.Gone) _directory.DeleteGroup(RotationWorld.OwnerGroup);
        _vaults.AddVault(SimulatedSettings.PlatformHost, "platform");
        _vaults.Set(SimulatedSettings.PlatformHost, SimulatedSettings.ManagementName, new VaultContent(_vendor.ManagementValue, null, true, null, null, new Dictionary<string, string>()), new VaultCaller("person", "by-hand"));

        for (var number = 1; number <= (scenario.HasNeighbour ? 2 : 1); number++) AddInstallation(number);
        // A vault's times have whole seconds: what was there before must be older than what comes.
        _clock.Advance(TimeSpan.FromHours(1));
        if (scenario.Hand is not HandMood.Nothing) _handAt.Add(_random.Next(scenario.Hand is HandMood.OldValueAgain ? 35 : 5, 70));
        if (scenario.Clock is ClockMood.Jumping)
        {
            for (var jump = 0; jump < 3; jump++) _jumpAt.Add(_random.Next(1, 90));
        }

        _vendor.Called = request =>
        {
            Trace($"  vendor {request.Operation} {request.Marker} {request.Touched} by {request.Caller}: {request.Status}{(request.Stopped.Count > 0 ? $", stops {string.Join(", ", request.Stopped)}" : "")}");
            foreach (var (_, invariants, _) in _installations) invariants.OnVendor(request, SimulatedVisit.Current);
        };
        _vaults.Written = version =>
        {
            Trace($"  vault {version.Name}/{version.Id[..6]} at {version.Vault} by {SimulatedVisit.Current?.ToString() ?? "a person"} ({_vendor.Find(version.Value)?.Id ?? version.ContentType})");
            foreach (var (_, invariants, _) in _installations) invariants.OnVault(version, SimulatedVisit.Current);
        };
    }

    private DateTimeOffset Now => _clock.GetUtcNow();

    public SimulationResult Run()
    {
        var (unfinished, held, isHeld) = (0, 0, false);
        for (var rotation = 1; rotation <= _scenario.Rotations; rotation++)
        {
            Trace($"{Now:u} rotation {rotation}: trouble");
            StartTrouble();
            RunUntil(Now + TroubleTime, () => _installations.TrueForAll(known => IsAtRest(known.Installation)));
            Calm();
            Trace($"{Now:u} calm");
            RunUntil(Now + RestTime, () => _installations.TrueForAll(known => IsAtRest(known.Installation)));
            foreach (var (installation, _, _) in _installations.Where(known => !IsAtRest(known.Installation)))
            {
                Trace($"{Now:u} not at rest: {Describe(installation)}");
                if (IsWithinBudget(installation))
                {
                    held++;
                    Broken("I8", $"held within the budget: {Describe(installation)}");
                }
            }

            ArePeopleChoosing = true;
            RunUntil(Now + ChoosingTime, () => _installations.TrueForAll(known => IsAtRest(known.Installation)));
            ArePeopleChoosing = false;
            foreach (var (installation, invariants, inbox) in _installations)
            {
                if (!IsAtRest(installation))
                {
                    // Where hands or wrong people took part, a hold with people and choices is an end, too.
                    if (!IsWithinBudget(installation) && LedgerText.Has(installation.Ledger.Rotation, "hold") && LedgerText.Items(installation.Ledger.Rotation.GetProperty("hold"), "choices").Any())
                    {
                        _ends.Add("Held");
                        isHeld = true;
                        continue;
                    }

                    unfinished++;
                    Broken("I8", $"unfinished: {Describe(installation)}");
                    continue;
                }

                _ends.Add(LedgerText.Text(installation.Ledger.Rotation, "state") ?? "None");
                invariants.AtRest(inbox.Notices);
            }

            if (unfinished > 0 || isHeld || rotation == _scenario.Rotations) break;
            _clock.SetUtcNow(Now + ToNextRotation);
        }

        return new SimulationResult(_scenario, _violations, unfinished, held, _installations.Sum(known => known.Invariants.UnknownUnreported), _installations.Sum(known => known.Invariants.SuspectedReported),
            _kills, _visits, _allHosts.Count, _vendor.Requests.Count, unfinished == 0, _hits, _operations, _sequence, _ends);
    }

    public void Dispose()
    {
        foreach (var host in _allHosts) host.Dispose();
    }

    private bool ArePeopleChoosing { get; set; }

    /// <summary>What nobody can find again stops at the second, by the class's own statement: then a person is asked, and that is no failure.</summary>
    private bool IsWithinBudget(SimulatedInstallation installation)
        => _scenario.IsWithinBudget && !(_scenario.NoisePerMille > 0 && LedgerText.Items(installation.Ledger.Rotation, "attempts").Count() >= AttemptsMax) && _hits.Count(IsLostIssue) <= _scenario.LostIssuesMax
            && (_scenario.LostIssuesMax > 1 || !LedgerText.Items(installation.Ledger.Rotation, "suspects").Any());

    private void AddInstallation(int number)
    {
        var target = number > 1 && !_scenario.Vendor.IsShareable ? "target-2" : "target-1";
        var installation = new SimulatedInstallation(number, target, _vaults, _vendor, _clock);
        var invariants = new Invariants(installation, _scenario, _vaults, _vendor, _clock, (invariant, detail) => Broken(invariant, $"installation {number}: {detail}"));
        var inbox = new InboxModel(_clock);
        _installations.Add((installation, invariants, inbox));
        installation.Front = MakeHost(installation, isFront: true);
        for (var host = 0; host < _scenario.Hosts; host++) installation.Hosts.Add(MakeHost(installation, isFront: false));
    }

    private SimulatedHost MakeHost(SimulatedInstallation installation, bool isFront)
    {
        var (_, invariants, inbox) = _installations.Find(known => known.Installation == installation);
        var name = string.Create(CultureInfo.InvariantCulture, $"i{installation.Number}{(isFront ? "-front" : "-host")}{++installation.HostsMade}");
        var clock = new HostClock(_clock) { Offset = isFront ? TimeSpan.Zero : TimeSpan.FromSeconds(_random.Next(-15, 16)) };
        var faults = new FaultInjector(_clock);
        var ports = new SimulatedPorts(
            new SimulatedRows(installation.Rows, faults, changes => invariants.OnLedger(changes, SimulatedVisit.Current)),
            installation.Queue.Through(faults),
            new InMemoryVault(_vaults, faults, name),
            new InMemoryDirectory(_directory, faults),
            new SimulatedConsumers(installation, faults, () => IsConsumerSilent(), signal => OnSignal(installation, signal)),
            new InMemoryNotifier(inbox, faults),
            new EventsPort(faults, invariants.OnEvent, invariants.OnAnchor),
            new InMemoryVendorProvider(_vendor, faults, name),
            clock,
            SimulatedSettings.Of(_scenario.Vendor, installation.Number));
        if (!isFront && _alter is not null) ports = _alter(ports);
        var host = new SimulatedHost(name, installation, ports, new InMemoryVault(_vaults, faults, name), clock, faults);
        if (!isFront)
        {
            faults.Choose = operation => Choose(host, operation);
            faults.Hook = (operation, point) => HookAsync(host, operation, point);
        }

        _allHosts.Add(host);
        return host;
    }

    // What goes wrong.

    private Fault? Choose(SimulatedHost host, string operation)
    {
        host.Mishap = null;
        if (host.IsDead) return null;
        // Every installation's vaults are one place in what is planned and counted.
        (operation, var isEffect) = NameOf(operation);
        if (isEffect)
        {
            _sequence.Add(operation);
            _operations[operation] = _operations.GetValueOrDefault(operation) + 1;
            _effects++;
        }

        // What is planned for the end of a rotation may meet it later, when nothing else goes wrong any more.
        if (!_isTrouble) return isEffect && _planned.TryGetValue(operation, out var late) && late.Find(known => known.Occurrence == _operations[operation]) is { } left ? Meet(host, operation, left, isEffect) : null;
        if (_scenario.Owners is OwnersMood.Unreachable && operation == "directory.members" && _random.Next(2) == 0) return new Fault.Refuse(503, "ServiceUnavailable");
        if (isEffect && _handAt.Contains(_effects)) ChangeByHand(host.Installation);
        if (isEffect && _jumpAt.Contains(_effects)) Jump(host);
        var mishap = isEffect && _planned.TryGetValue(operation, out var planned) ? planned.Find(known => known.Occurrence == _operations[operation]) : null;
        if (isEffect && mishap is null && _planned.TryGetValue(AnyOperation, out var numbered)) mishap = numbered.Find(known => known.Occurrence == _effects);
        if (mishap is null && _scenario.NoisePerMille > 0 && _random.Next(1000) < _scenario.NoisePerMille)
        {
            var kind = isEffect ? _random.Next(6) : _random.Next(3);
            mishap = new PlannedMishap(operation, 0, kind switch { 0 => Mishap.LostBefore, 1 => Mishap.Throttled, 2 => Mishap.Broken, 3 => Mishap.LostAfter, 4 => Mishap.KillBefore, _ => Mishap.KillAfter }, TimeSpan.Zero);
        }

        return mishap is null ? null : Meet(host, operation, mishap, isEffect);
    }

    private Fault? Meet(SimulatedHost host, string operation, PlannedMishap mishap, bool isEffect)
    {
        host.Mishap = mishap;
        if (isEffect) _hits.Add(new MishapHit(operation, PlannedMishap.SideOf(mishap.Mishap), PlannedMishap.KindOf(mishap.Mishap)));
        Trace($"  ! {host.Name}: {mishap.Mishap} at {operation}");
        return mishap.Mishap switch
        {
            Mishap.LostBefore => new Fault.DropBefore(),
            Mishap.LostAfter => new Fault.DropAfter(),
            Mishap.Late or Mishap.KillInFlight => LandsLater(mishap.For),
            Mishap.Throttled => new Fault.Refuse(429, "Throttled"),
            Mishap.Broken => new Fault.Refuse(500, "InternalServerError"),
            _ => null,
        };
    }

    private Fault.Late LandsLater(TimeSpan by)
    {
        // Time must stop where a time-out ends and where the call lands.
        At(Now + TimeSpan.FromSeconds(31), () => { });
        At(Now + by + TimeSpan.FromSeconds(1), () => { });
        return new Fault.Late(by);
    }

    private Task HookAsync(SimulatedHost host, string operation, FaultPoint point)
    {
        if (host.IsDead) return Never();
        if (point is FaultPoint.Before && _trace is not null && NameOf(operation).IsEffect) Trace($"    {host.Name} {operation}");
        if (host.Mishap is not { } mishap) return Task.CompletedTask;
        switch ((mishap.Mishap, point))
        {
            case (Mishap.KillBefore, FaultPoint.Before) or (Mishap.KillAfter, FaultPoint.After):
                Kill(host);
                return Never();
            case (Mishap.KillInFlight, FaultPoint.Before):
                Kill(host);
                return Task.CompletedTask;
            case (Mishap.FreezeBefore, FaultPoint.Before) or (Mishap.FreezeAfter, FaultPoint.After):
                return Freeze(host, mishap.For);
            default:
                return Task.CompletedTask;
        }
    }

    /// <summary>Nothing of it runs on: whatever it awaits is never there.</summary>
    private static Task Never() => new TaskCompletionSource().Task;

    private void Kill(SimulatedHost host)
    {
        _kills++;
        host.IsDead = true;
        host.Work = null;
        Redeliver(host, TimeSpan.FromSeconds(_random.Next(1, 600)));
        At(Now + TimeSpan.FromSeconds(_random.Next(1, 300)), () =>
        {
            host.Installation.Hosts.Remove(host);
            host.Installation.Hosts.Add(MakeHost(host.Installation, isFront: false));
        });
    }

    private Task Freeze(SimulatedHost host, TimeSpan time)
    {
        var thaw = new TaskCompletionSource();
        At(Now + time, () =>
        {
            if (host.IsDead) return;
            Trace($"{Now:u} {host.Name} goes on");
            _thread.Run(thaw.SetResult);
            Settle(host);
        });
        return thaw.Task;
    }

    private void Jump(SimulatedHost host)
    {
        TimeSpan[] jumps = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10), TimeSpan.FromHours(3), TimeSpan.FromDays(2)];
        host.Clock.Offset = jumps[_random.Next(jumps.Length)] * (_random.Next(2) == 0 ? 1 : -1);
        Trace($"  ! the clock of {host.Name} is off by {host.Clock.Offset}");
    }

    private void ChangeByHand(SimulatedInstallation installation)
    {
        var invariants = _installations.Find(known => known.Installation == installation).Invariants;
        var current = _vaults.Get(installation.VaultHost, SimulatedSettings.SecretName, null, new VaultCaller("person", "by-hand")).Value!;
        Trace($"  ! by hand: {_scenario.Hand}");
        // Not the visit's doing, though it happens within one of its calls.
        var visit = SimulatedVisit.Current;
        SimulatedVisit.Current = null;
        switch (_scenario.Hand)
        {
            case HandMood.SameValueAgain:
                Write(installation, current.Value, current.Expires);
                break;
            // Put back while it lives, it is not to be ended; put back dead, it is the person's doing.
            case HandMood.OldValueAgain:
                if (!_vendor.Accepts(installation.First.Value)) invariants.Excuse(installation.First.Id);
                Write(installation, installation.First.Value, current.Expires);
                break;
            // What tags ask for before anything was adopted is no change.
            case HandMood.OtherTags when installation.Ledger.IsAdopted:
                Write(installation, current.Value, current.Expires, new Dictionary<string, string>(installation.Tags) { ["rotate-target"] = SimulatedInstallation.OtherTarget });
                break;
            case HandMood.OwnCredential when _scenario.Vendor.IsShareable:
                Write(installation, _vendor.Add(installation.Target).Value, (Now + TimeSpan.FromDays(80)).ToUnixTimeSeconds());
                break;
            case HandMood.Garbage:
                Write(installation, new SecretText("a typing error"), current.Expires);
                break;
            case HandMood.EndsNew or HandMood.EndsOld:
                var ended = _vendor.Alive(installation.Target).Where(credential => (credential.Value.RevealToRemote() == current.Value.RevealToRemote()) == (_scenario.Hand is HandMood.EndsOld)).LastOrDefault();
                if (ended is null) break;
                foreach (var known in _installations) known.Invariants.Excuse(ended.Id);
                _vendor.End(ended.Id);
                break;
            case HandMood.StrangerCredentials when _scenario.Vendor.IsShareable:
                _vendor.Add(installation.Target);
                _vendor.Add(installation.Target);
                break;
        }

        SimulatedVisit.Current = visit;
    }

    private void Write(SimulatedInstallation installation, SecretText value, long? expires, IReadOnlyDictionary<string, string>? tags = null)
        => _vaults.Set(installation.VaultHost, SimulatedSettings.SecretName, new VaultContent(value, null, true, null, expires, tags ?? installation.Tags), new VaultCaller("person", "by-hand"));

    private void StartTrouble()
    {
        _isTrouble = true;
        foreach (var (installation, _, _) in _installations)
        {
            installation.SweptOn = null;
            if (_scenario.IsStormy) installation.Queue.Storm = () => _random.Next(6) switch { < 2 => (0, TimeSpan.Zero), 2 => (2, TimeSpan.FromSeconds(_random.Next(120))), _ => (1, TimeSpan.Zero) };
            for (var sweep = 0; sweep < 3; sweep++) At(Now + (SweepPause * sweep), () => BeginSweep(installation));
        }
    }

    /// <summary>From now on nothing goes wrong any more: hosts live with right clocks, and all do what is asked of them.</summary>
    private void Calm()
    {
        _isTrouble = false;
        foreach (var (installation, _, _) in _installations)
        {
            installation.Queue.Storm = null;
            installation.SweptOn = null;
            foreach (var host in installation.Hosts) host.Clock.Offset = TimeSpan.FromSeconds(_random.Next(-2, 3));
            for (var sweep = 0; sweep < 14; sweep++) At(Now + (SweepPause * sweep), () => BeginSweep(installation));
        }
    }

    // What moves.

    private void RunUntil(DateTimeOffset end, Func<bool> isOver)
    {
        _steps = 0;
        while (_violations.Count < 20 && ++_steps < StepsMax)
        {
            Deliver();
            foreach (var (installation, invariants, _) in _installations)
            {
                invariants.OnStep();
                Attend(installation);
            }

            if (isOver()) return;
            var next = NextOn();
            if (next > end)
            {
                if (Now < end) _thread.Run(() => _clock.SetUtcNow(end));
                return;
            }

            if (next > Now) _thread.Run(() => _clock.SetUtcNow(next));
            foreach (var host in _installations.SelectMany(known => known.Installation.Hosts).ToList()) Settle(host);
            while (_events.TryPeek(out _, out var due) && due.On <= Now)
            {
                _events.Dequeue()();
                foreach (var host in _installations.SelectMany(known => known.Installation.Hosts).ToList()) Settle(host);
            }

            foreach (var (installation, _, _) in _installations)
            {
                if (WakeUpOn(installation) is { } wake && wake <= Now) BeginWakeUp(installation);
            }
        }
    }

    private DateTimeOffset NextOn()
    {
        var next = _events.TryPeek(out _, out var due) ? due.On : DateTimeOffset.MaxValue;
        foreach (var (installation, _, _) in _installations)
        {
            if (installation.Queue.NextVisibleOn is { } visible && installation.Hosts.Exists(host => host.IsFree) && visible < next) next = visible;
            if (WakeUpOn(installation) is { } wake && wake < next) next = wake;
        }

        return next;
    }

    /// <summary>The timer looks every minute; a look that finds nothing changes nothing, so only those that find something are made.</summary>
    private static DateTimeOffset? WakeUpOn(SimulatedInstallation installation)
    {
        if (!installation.Hosts.Exists(host => host.IsFree) || !installation.Ledger.IsOpen) return null;
        // A row that names no wake is due: the visit that opened it died.
        var due = (installation.Ledger.WakeOnInTruth ?? installation.WakeUpOn) + TimeSpan.FromSeconds(16);
        return due > installation.WakeUpOn ? due : installation.WakeUpOn;
    }

    private void BeginWakeUp(SimulatedInstallation installation)
    {
        installation.WakeUpOn = Now + TimeSpan.FromMinutes(1);
        if (FreeHost(installation) is { } host) Begin(host, null, "wakes sleepers", () => host.Sleepers.WakeAsync(CancellationToken.None));
    }

    private void BeginSweep(SimulatedInstallation installation)
    {
        if (FreeHost(installation) is not { } host)
        {
            At(Now + TimeSpan.FromMinutes(5), () => BeginSweep(installation));
            return;
        }

        Begin(host, null, "sweeps", async () =>
        {
            await host.Sweep.RunAsync(CancellationToken.None);
            installation.SweptOn = Now;
        });
    }

    private void Deliver()
    {
        foreach (var (installation, _, _) in _installations)
        {
            while (FreeHost(installation) is { } host && installation.Queue.TryTake(out var credential))
                Begin(host, credential, "visits", () => host.Engine.AdvanceAsync(credential, CancellationToken.None));
        }
    }

    private SimulatedHost? FreeHost(SimulatedInstallation installation)
    {
        var free = installation.Hosts.FindAll(host => host.IsFree);
        return free.Count == 0 ? null : free[_random.Next(free.Count)];
    }

    private void Begin(SimulatedHost host, CredentialId? credential, string what, Func<Task> work)
    {
        var visit = new SimulatedVisit(++_visits, host);
        Trace($"{Now:u} {visit} {what}");
        host.Credential = credential;
        _thread.Run(() =>
        {
            SimulatedVisit.Current = visit;
            var task = work();
            if (!host.IsDead) host.Work = task;
        });
        SimulatedVisit.Current = null;
        Settle(host);
    }

    private void Settle(SimulatedHost host)
    {
        if (host.Work is not { IsCompleted: true } done) return;
        host.Work = null;
        if (_trace is not null) Trace($"{Now:u} {host.Name} is done: {Describe(host.Installation)}");
        if (done.IsCompletedSuccessfully) return;

        var trouble = done.Exception?.GetBaseException();
        Trace($"  {host.Name} broke off: {trouble?.GetType().Name} {trouble?.Message}");
        if (trouble is not (RemoteTroubleException or OperationCanceledException or RowConflictException or null) && trouble.GetType().Name != "VisitOverException") Broken("engine", $"{trouble.GetType().Name}: {trouble.Message} {trouble.StackTrace?.Split('\n').FirstOrDefault()}");
        Redeliver(host, TimeSpan.FromSeconds(30));
    }

    /// <summary>A message whose visit did not end is delivered again, by the queue's own promise.</summary>
    private void Redeliver(SimulatedHost host, TimeSpan after)
    {
        if (host.Credential is { } credential) host.Installation.Queue.Send(credential, after);
        else At(Now + after, () => BeginSweep(host.Installation));
    }

    private static bool IsAtRest(SimulatedInstallation installation)
        => installation.Ledger is { IsAdopted: true, IsOpen: false } && installation.SweptOn is not null && installation.Queue.NextVisibleOn is null
            && installation.Hosts.TrueForAll(host => host.IsFree) && installation.Rows.Snapshot().All(row => !row.Key.Row.StartsWith("in-", StringComparison.Ordinal));

    private void At(DateTimeOffset on, Action action) => _events.Enqueue(action, (on, _eventNumber++));

    // People and consumers.

    private bool IsConsumerSilent() => _isTrouble && _scenario.Consumer is ConsumerMood.Silent && _random.Next(2) == 0;

    private void OnSignal(SimulatedInstallation installation, ReloadSignal signal)
    {
        if (_isTrouble && _scenario.Consumer is ConsumerMood.Silent && _random.Next(4) > 0) return;
        var late = _isTrouble && _scenario.Consumer is ConsumerMood.Late ? TimeSpan.FromMinutes(_random.Next(60)) : TimeSpan.Zero;
        foreach (var instance in installation.Consumer.Instances.Keys.ToList()) At(Now + late + TimeSpan.FromSeconds(_random.Next(1, 60)), () => Reload(installation, signal, instance, 10));
    }

    private void Reload(SimulatedInstallation installation, ReloadSignal signal, string instance, int tries)
    {
        if (!installation.Consumer.Reload(instance, signal.Version))
        {
            if (tries > 0) At(Now + TimeSpan.FromMinutes(1), () => Reload(installation, signal, instance, tries - 1));
            return;
        }

        Trace($"{Now:u} {instance} runs {signal.Version[..6]}");
        var item = new InboxItem.Acknowledge(Now, signal.Rotation, SimulatedSettings.Principal, signal.Version, instance, Now);
        Tell(installation, item);
        if (_scenario.Consumer is not ConsumerMood.Repeating) return;
        Tell(installation, item with { On = Now });
        Tell(installation, item with { PrincipalId = RotationWorld.Stranger, Instance = "checkout-9" });
        Tell(installation, item with { Version = new string('0', 32) });
    }

    private void Tell(SimulatedInstallation installation, InboxItem item)
        => _thread.Run(() => installation.Front.Registry.TellAsync(installation.Credential, item, CancellationToken.None));

    /// <summary>People look at what waits for them, at the vendor and in holds.</summary>
    private void Attend(SimulatedInstallation installation)
    {
        foreach (var errand in _vendor.OpenErrands)
        {
            var key = $"{errand.Key}/{errand.AskedOn:O}";
            if (_isTrouble && _scenario.People is PeopleMood.Silent || !_errandsSeen.Add(key)) continue;
            var isRefused = _isTrouble && _scenario.People is PeopleMood.Wrong && errand.Order is not null && _random.Next(3) == 0;
            At(Now + PersonDelay(), () =>
            {
                Trace($"{Now:u} a person at the vendor {(isRefused ? "refuses" : "does")} {errand.Key}");
                if (isRefused) _vendor.Refuse(errand);
                else _vendor.Do(errand);
                if (!isRefused && _scenario.Vendor.Traits.HandedIn && errand.Order is not null) At(Now + PersonDelay(), () => HandIn(errand.Key));
            });
        }

        if (Now < installation.PersonBusyUntil || !LedgerText.Has(installation.Ledger.Rotation, "hold")) return;
        if (_isTrouble && _scenario.People is PeopleMood.Silent) return;
        var delay = PersonDelay();
        installation.PersonBusyUntil = Now + delay + TimeSpan.FromMinutes(20);
        At(Now + delay, () => Answer(installation));
    }

    /// <summary>Whoever made a credential in the portal hands it in until it counts, now and then something else before.</summary>
    private void HandIn(string marker)
    {
        var made = _vendor.Credentials.LastOrDefault(credential => credential.Marker == marker);
        foreach (var (installation, _, _) in _installations.Where(known => made is not null && known.Installation.Target == made.Target))
        {
            var value = made!.Value;
            if (_isTrouble && _scenario.People is PeopleMood.Wrong && _random.Next(2) == 0) value = new SecretText("what-was-on-the-clipboard");

            _thread.Run(async () =>
            {
                var registry = installation.Front.Registry;
                if (await registry.FindAsync(installation.Credential, CancellationToken.None) is not { IsOpen: true } row) return;
                if (await registry.FindRotationAsync(row.Id, row.Ordinal, CancellationToken.None) is not { New: null, Attempts: [.., var last] } rotation || last.Ticket.Marker != marker) return;

                // Until it counts: what was asked for may not be noted yet, and what was handed in may be refused.
                At(Now + TimeSpan.FromMinutes(30) + PersonDelay(), () => HandIn(marker));
                if (rotation is not { IntakeMarker: not null, HandedIn: null }) return;

                var person = _scenario.Answering[0];
                var form = await installation.Front.Intake.OpenAsync(rotation, person, CancellationToken.None);
                await installation.Front.Intake.TakeAsync(rotation, form!.Token, value, person, "person", CancellationToken.None);
                Trace($"{Now:u} {person[^1]} hands in for {marker}");
            });
        }
    }

    private TimeSpan PersonDelay()
        => !_isTrouble ? TimeSpan.FromMinutes(_random.Next(1, 10)) : _scenario.People is PeopleMood.Late ? TimeSpan.FromHours(_random.Next(1, 20)) : TimeSpan.FromMinutes(_random.Next(1, 120));

    private void Answer(SimulatedInstallation installation)
    {
        var rotation = installation.Ledger.Rotation;
        if (!installation.Ledger.IsOpen || !LedgerText.Has(rotation, "hold")) return;
        var hold = rotation.GetProperty("hold");
        _ = RotationId.TryParse(LedgerText.Text(rotation, "id"), out var id);
        var plan = LedgerText.Text(rotation, "planHash")!;
        if (LedgerText.Text(hold, "reason") == "ApprovalNeeded")
        {
            var isWrong = _isTrouble && _scenario.People is PeopleMood.Wrong && _random.Next(2) == 0;
            var person = isWrong ? RotationWorld.Stranger : _scenario.Answering[0];
            Trace($"{Now:u} {person[^1]} approves");
            Tell(installation, new InboxItem.Approve(Now, id, isWrong && _random.Next(2) == 0 ? new string('0', 64) : plan, person, "person"));
            return;
        }

        if (!ArePeopleChoosing) return;
        var offered = LedgerText.Items(hold, "choices").Select(choice => LedgerText.Text(choice, "name")!).ToList();
        string[] order = ["retry", "expedite", "retry", "keep-ours", "override", "restore-theirs", "issue-again", "keep-theirs", "close-unproven", "abandon"];
        var wanted = order.Skip(installation.Choices % order.Length).Concat(order).FirstOrDefault(offered.Contains);
        installation.Choices++;
        if (wanted is null) return;
        Trace($"{Now:u} people choose {wanted} in {LedgerText.Text(hold, "reason")}");
        var state = Enum.Parse<RotationState>(LedgerText.Text(rotation, "state")!);
        foreach (var person in _scenario.Answering) Tell(installation, new InboxItem.Choose(Now, id, plan, state, wanted, person, $"person {person[^1]}"));
    }

    // What is told.

    private void Broken(string invariant, string detail)
    {
        Trace($"{Now:u} VIOLATION {invariant}: {detail}");
        if (_violations.TrueForAll(known => known.Invariant != invariant || known.Detail != detail)) _violations.Add(new Violation(invariant, Now, detail));
    }

    private static string Describe(SimulatedInstallation installation)
    {
        var rotation = installation.Ledger.Rotation;
        var hold = LedgerText.Has(rotation, "hold") ? rotation.GetProperty("hold") : default;
        return $"installation {installation.Number} {(installation.Ledger.IsAdopted ? installation.Ledger.IsOpen ? "open" : "closed" : "not adopted")}, {LedgerText.Text(rotation, "state")}, hold {LedgerText.Text(hold, "reason")} {LedgerText.Text(hold, "detail")} trouble {LedgerText.Text(rotation, "lastTrouble")} wake {installation.Ledger.WakeOn:u}";
    }

    private void Trace(string line) => _trace?.Invoke(line);

    private (string Name, bool IsEffect) NameOf(string operation)
    {
        if (_names.TryGetValue(operation, out var known)) return known;
        var name = operation.TrimEnd('1', '2');
        return _names[operation] = (name, IsEffect(name));
    }

    private static bool IsEffect(string operation)
        => operation.Split('@')[0] is "vault.write" or "vault.patch" or "vault.delete" or "vendor.issue" or "vendor.use" or "vendor.retire" or "vendor.disable" or "consumer.signal" or "notify" or "event.publish"
            or "queue.send" or "ledger.insert" or "ledger.replace" or "ledger.delete" or "ledger.change";

    private static bool IsLostIssue(MishapHit hit) => Scenario.MayLoseIssue(hit.Operation, hit.Kind);

    private sealed class EventsPort(FaultInjector faults, Action<RotationCompleted> published, Action<ChainAnchor> anchored) : IRotationEvents
    {
        public Task AnchorAsync(ChainAnchor anchor, CancellationToken cancellationToken)
            => SendAsync("event.anchor", () => anchored(anchor), cancellationToken);

        public Task PublishAsync(RotationCompleted completed, CancellationToken cancellationToken)
            => SendAsync("event.publish", () => published(completed), cancellationToken);

        private async Task SendAsync(string operation, Action send, CancellationToken cancellationToken)
        {
            var answer = await faults.RunAsync<bool>(operation, () =>
            {
                send();
                return true;
            }, cancellationToken);
            if (answer.Error is { } error) throw new RemoteTroubleException("topic", RemoteTrouble.Unknown, $"The topic answered {error.Status}.");
        }
    }
}
