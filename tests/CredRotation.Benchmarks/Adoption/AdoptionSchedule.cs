using CredRotation.Engine;
using CredRotation.Engine.Reload;
using CredRotation.Testing;

namespace CredRotation.Benchmarks.Adoption;

/// <summary>
/// One rotation with its own luck. What each unit really runs is kept here and nowhere else: the engine learns only what units, platforms and
/// people say, and what it ends is compared with what is run at that moment.
/// </summary>
internal sealed class AdoptionSchedule : IAsyncDisposable
{
    private const string Main = "checkout", Second = "other", SecondPrincipal = "c0000000-0000-0000-0000-000000000002";
    private static readonly TimeSpan s_max = TimeSpan.FromDays(3);

    private readonly Random _luck;
    private readonly RotationWorld _world;
    private readonly List<Unit> _units = [];
    private readonly PriorityQueue<Func<Task>, DateTimeOffset> _plan = new();
    private readonly HashSet<(string Instance, string Version)> _true = [];
    private readonly ConsumerKind? _second;
    private readonly bool _hasStuck;
    private int _named;
    private bool _isPinnedMoved;

    public AdoptionSchedule(int seed, int number)
    {
        _luck = new Random(HashCode(seed, number));
        _second = Pick<ConsumerKind?>(null, null, ConsumerKind.Hook, ConsumerKind.EventGrid, ConsumerKind.AppService, ConsumerKind.OnDemand, ConsumerKind.Pinned);
        _hasStuck = Chance(8);
        _world = new RotationWorld(_second is { } kind ? SettingsOf(kind) : null, vendor: VendorClasses.Find("overlap-list"));
        Tally.Kinds[_second?.ToString() ?? "one consumer"] = 1;
    }

    public AdoptionTally Tally { get; } = new();

    /// <summary>From promotion to the last proof; null where people went on without one.</summary>
    public double? AdoptionSeconds { get; private set; }

    private DateTimeOffset Now => _world.Clock.GetUtcNow();

    /// <summary>Null, or what was wrong with it beyond what is counted.</summary>
    public async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        if (_second is not null)
        {
            var tags = RotationWorld.Tags();
            tags["rotate-consumers"] = $"{Main},{Second}";
            _world.TagByHand(tags);
        }

        Begin();
        _world.Vendor!.Called = Judge;
        _world.Consumers.Signalled = (alias, signal, _) => HearAsync(alias, signal);
        await _world.SweepAsync(cancellationToken);
        var end = Now + s_max;
        while (Now < end)
        {
            if (await _world.RotationAsync(cancellationToken, 1) is { IsClosed: true }) break;
            await AnswerAsync(cancellationToken);
            var next = Now + TimeSpan.FromSeconds(20);
            while (_plan.TryPeek(out _, out var due) && due <= next)
            {
                _plan.TryDequeue(out var act, out _);
                if (due > Now) await _world.PassAsync(due - Now, cancellationToken);
                await act!();
            }

            if (next > Now) await _world.PassAsync(next - Now, cancellationToken);
        }

        return await CountAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private void Begin()
    {
        var count = 1 + _luck.Next(4);
        for (var one = 0; one < count; one++) Join(Main);
        if (_second is ConsumerKind.Hook or ConsumerKind.EventGrid) for (var one = 0; one < 1 + _luck.Next(2); one++) Join(Second);
        if (_second is ConsumerKind.AppService or ConsumerKind.OnDemand or ConsumerKind.Pinned) _units.Add(new Unit(Second, "setting", Newest()) { IsPlatform = true });
        _world.Consumers.Answers(Main, _ => _units.Any(unit => unit.Alias == Main && unit.IsAlive) ? new SignalAnswer.Answered([.. Alive(Main).Take(1 + _luck.Next(4)).Select(unit => unit.Name)]) : new SignalAnswer.Silent("Nobody is there."));
        if (_second is ConsumerKind.Hook) _world.Consumers.Answers(Second, _ => Alive(Second).Any() ? new SignalAnswer.Answered([.. Alive(Second).Select(unit => unit.Name)]) : new SignalAnswer.Silent("Nobody is there."));
        if (_second is ConsumerKind.EventGrid) _world.Consumers.Answers(Second, _ => new SignalAnswer.Told());
        if (_second is ConsumerKind.AppService) _world.Consumers.Answers(Second, ReadBack);
        if (_second is ConsumerKind.OnDemand) In(_luck.Next(600), UseOnDemandAsync);
        if (_hasStuck)
        {
            Tally.Stuck++;
            _units[_luck.Next(count)].IsStuck = true;
        }

        if (Chance(30)) In(60 + _luck.Next(900), () => Come(Pick(Main, Main, _second is ConsumerKind.Hook ? Second : Main)));
        if (Chance(25)) In(60 + _luck.Next(900), () => Go(isSilent: false));
        if (Chance(25)) In(60 + _luck.Next(900), () => Go(isSilent: true));
        for (var forged = _luck.Next(4); forged > 0; forged--) In(30 + _luck.Next(1500), ForgeAsync);
    }

    private Unit Join(string alias)
    {
        var unit = new Unit(alias, $"{alias}-{++_named}", Newest());
        _units.Add(unit);
        In(_luck.Next(15), () => BeatAsync(unit));
        return unit;
    }

    private Task Come(string alias)
    {
        Tally.Joined++;
        Join(alias);
        return Task.CompletedTask;
    }

    private async Task Go(bool isSilent)
    {
        if (Alive(Main).Skip(1).FirstOrDefault(unit => !unit.IsStuck) is not { } unit) return;
        unit.IsAlive = false;
        if (isSilent) Tally.Died++;
        else
        {
            Tally.Left++;
            await _world.BeatAsync(unit.Alias, unit.Name, unit.Version, isLeaving: true);
        }
    }

    /// <summary>It says what it really runs, and hears what it is to run.</summary>
    private async Task BeatAsync(Unit unit)
    {
        if (!unit.IsAlive) return;
        Tally.Heartbeats++;
        // Some are lost on the way.
        if (!Chance(5) && await _world.BeatAsync(unit.Alias, unit.Name, unit.Version) is { } signal && !unit.IsStuck)
        {
            if (unit.Version != signal.Version) Tally.ByHeartbeat++;
            Plan(unit, signal);
        }

        In(15 + _luck.Next(50), () => BeatAsync(unit));
    }

    /// <summary>A hook reaches one instance of several; a topic all that live. Some signals are lost.</summary>
    private Task HearAsync(string alias, ReloadSignal signal)
    {
        Tally.Signals++;
        if (Chance(15))
        {
            Tally.LostSignals++;
            return Task.CompletedTask;
        }

        foreach (var unit in alias == Second && _second is ConsumerKind.EventGrid ? Alive(alias).ToList() : [.. Alive(alias).OrderBy(_ => _luck.Next()).Take(1)])
            if (!unit.IsStuck && !unit.IsPlatform) Plan(unit, signal);
        return Task.CompletedTask;
    }

    private void Plan(Unit unit, ReloadSignal signal)
    {
        if (unit.Version == signal.Version)
        {
            if (unit.HasUsed) In(1 + _luck.Next(3), () => AcknowledgeAsync(unit, signal));
            else unit.Heard = signal;
            return;
        }

        In(_luck.Next(20), async () =>
        {
            if (!unit.IsAlive || unit.Version == signal.Version) return;
            if (Chance(2) && unit.Alias == Main && !unit.HasFailed)
            {
                unit.HasFailed = true;
                Tally.Failures++;
                await _world.FailAsync(PrincipalOf(unit.Alias), signal.Version, unit.Name);
                return;
            }

            (unit.Version, unit.HasUsed, unit.Heard) = (signal.Version, false, signal);
            // A quiet one may never be used.
            if (Chance(2))
            {
                Tally.WithoutSuccess++;
                return;
            }

            In(1 + _luck.Next(90), () =>
            {
                unit.HasUsed = true;
                return AcknowledgeAsync(unit, unit.Heard ?? signal);
            });
        });
    }

    private async Task AcknowledgeAsync(Unit unit, ReloadSignal signal)
    {
        if (!unit.IsAlive || unit.Version != signal.Version) return;
        _true.Add((unit.Name, unit.Version));
        // Lost, once or twice.
        if (Chance(10)) return;
        for (var times = Chance(20) ? 2 : 1; times > 0; times--) await _world.AcknowledgeAsync(PrincipalOf(unit.Alias), signal.Rotation, signal.Version, unit.Name);
        await _world.DrainAsync(CancellationToken.None);
    }

    /// <summary>Somebody else's word, a word for somebody else, of another version, of another rotation, or of an instance that there is none.</summary>
    private async Task ForgeAsync()
    {
        var rotation = await _world.RotationAsync(CancellationToken.None, 1);
        if (rotation.PromotedVersion is not { } version || Alive(Main).FirstOrDefault(unit => unit.Version != version) is not { } victim) return;
        Tally.Forged++;
        var (principal, id, said, instance) = _luck.Next(5) switch
        {
            0 => (RotationWorld.Stranger, rotation.Id, version, victim.Name),
            1 => (SecondPrincipal, rotation.Id, version, victim.Name),
            2 => (RotationWorld.CheckoutPrincipal, rotation.Id, rotation.Plan.OldVersion, victim.Name),
            3 => (RotationWorld.CheckoutPrincipal, RotationId.Of(_world.Credential, 7), version, victim.Name),
            _ => (RotationWorld.CheckoutPrincipal, rotation.Id, version, "nobody"),
        };
        await _world.AcknowledgeAsync(principal, id, said, instance);
        await _world.DrainAsync(CancellationToken.None);
    }

    private SignalAnswer ReadBack(ReloadSignal signal)
    {
        var unit = _units.Single(unit => unit.IsPlatform);
        if (!signal.Rehearsal && unit.Version != signal.Version && !unit.IsFetching)
        {
            unit.IsFetching = true;
            In(5 + _luck.Next(300), () =>
            {
                unit.Version = signal.Version;
                return Task.CompletedTask;
            });
        }

        return new SignalAnswer.ReadBack([new(unit.Name, unit.Version == signal.Version, "The platform shows a version.")], TimeSpan.FromSeconds(20));
    }

    /// <summary>A job that reads at its start and holds it for as long as is declared at most.</summary>
    private Task UseOnDemandAsync()
    {
        var unit = _units.Single(unit => unit.IsPlatform);
        (unit.Version, unit.IsAlive) = (Newest(), true);
        In(30 + _luck.Next(269), () =>
        {
            unit.IsAlive = false;
            In(_luck.Next(900), UseOnDemandAsync);
            return Task.CompletedTask;
        });
        return Task.CompletedTask;
    }

    /// <summary>People answer holds after a while: some mend what they are told of, others go on without it, two of them.</summary>
    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        var rotation = await _world.RotationAsync(cancellationToken, 1);
        if (rotation.Hold is not { } hold || Now < hold.Since + TimeSpan.FromMinutes(5)) return;
        Tally.Holds++;
        switch (hold.Reason)
        {
            case HoldReason.ApprovalNeeded:
                await _world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
                break;
            case HoldReason.ConsumerSilent when _second is ConsumerKind.Pinned && !_isPinnedMoved && hold.Choices.Any(choice => choice.Name == "consumer-moved"):
                _isPinnedMoved = true;
                _units.Single(unit => unit.IsPlatform).Version = rotation.PromotedVersion!;
                await _world.ChooseAsync("consumer-moved", RotationWorld.OwnerOne, cancellationToken);
                break;
            case HoldReason.ConsumerSilent or HoldReason.ConsumerFailing or HoldReason.OldStillRead when Chance(50) && Now < hold.Since + TimeSpan.FromHours(6):
                foreach (var unit in Alive(Main).Concat(Alive(Second)).Where(unit => !unit.IsPlatform).ToList())
                {
                    // Started anew, it reads what is there, and is used sooner or later.
                    (unit.IsStuck, unit.HasFailed) = (false, false);
                    if (unit.Version == rotation.PromotedVersion && !unit.HasUsed) unit.HasUsed = true;
                }

                await _world.ChooseAsync("retry", RotationWorld.OwnerOne, cancellationToken);
                break;
            case HoldReason.ConsumerSilent or HoldReason.ConsumerFailing or HoldReason.OldStillRead:
                await _world.ChooseAsync("override", RotationWorld.OwnerOne, cancellationToken);
                await _world.ChooseAsync("override", RotationWorld.OwnerTwo, cancellationToken);
                break;
            default:
                await _world.ChooseAsync("retry", RotationWorld.OwnerOne, cancellationToken);
                break;
        }
    }

    /// <summary>Looks at the very moment a credential ends at who runs it.</summary>
    private void Judge(VendorRequest request)
    {
        if (request.Operation != "retire" || request.Stopped.Count == 0) return;
        var ended = request.Stopped.Select(id => _world.Vendor!.FindById(id)?.Value.RevealToRemote()).ToHashSet();
        foreach (var unit in _units.Where(unit => unit.IsAlive && ended.Contains(ValueOf(unit.Version)))) _endedUnder.Add(unit);
    }

    private readonly List<Unit> _endedUnder = [];

    private async Task<string?> CountAsync(CancellationToken cancellationToken)
    {
        var rotation = await _world.RotationAsync(cancellationToken, 1);
        var ledger = await _world.LedgerAsync(cancellationToken);
        var excused = rotation.Consumers.Where(consumer => consumer.IsExcused).Select(consumer => consumer.Alias).ToHashSet();
        var isStillRead = rotation.Overrides.Any(text => text.StartsWith(nameof(HoldReason.OldStillRead), StringComparison.Ordinal));
        Tally.RetiredBeforeAdoption += _endedUnder.Count(unit => !excused.Contains(unit.Alias) && !isStillRead && !rotation.Overrides.Any(text => text.Contains($"Consumer {unit.Alias} did not answer", StringComparison.Ordinal)));
        if (rotation.Overrides.Any(text => text.Contains(": override by", StringComparison.Ordinal))) Tally.Overrides = 1;
        foreach (var entry in ledger.Where(entry => entry.What == "Acknowledged"))
            if (!_true.Contains((entry.Data!["instance"]!.GetValue<string>(), entry.Data["version"]!.GetValue<string>()))) Tally.ForgedAccepted++;
        if (rotation.State is not RotationState.Retired) return $"It stands at {rotation.State} after {s_max.TotalDays:0} days{(rotation.Hold is { } hold ? $", held: {hold.Reason}, {hold.Detail}" : "")}.";

        Tally.Retired = 1;
        var (promoted, reloaded) = (ledger.FirstOrDefault(entry => entry.What == nameof(RotationState.Promoted)), ledger.LastOrDefault(entry => entry.What == nameof(RotationState.Reloaded)));
        if (promoted is not null && reloaded is not null && Tally.Overrides == 0) AdoptionSeconds = Math.Round((reloaded.At - promoted.At).TotalSeconds, 1);
        return null;
    }

    private IEnumerable<Unit> Alive(string alias) => _units.Where(unit => unit.Alias == alias && unit.IsAlive);

    private void In(int seconds, Func<Task> act) => _plan.Enqueue(act, Now + TimeSpan.FromSeconds(seconds));

    private string Newest() => _world.Vaults.Get(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, null, new VaultCaller("app", "read")).Value!.Id;

    private string? ValueOf(string version) => _world.Vaults.Get(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, version, new VaultCaller("app", "read")).Value?.Value.RevealToRemote();

    private bool Chance(int percent) => _luck.Next(100) < percent;

    private T Pick<T>(params T[] of) => of[_luck.Next(of.Length)];

    private static string PrincipalOf(string alias) => alias == Main ? RotationWorld.CheckoutPrincipal : SecondPrincipal;

    // The same on every machine, which a hash code of the platform's is not.
    private static int HashCode(int seed, int number) => unchecked((seed * 486187739) + (number * 16777619));

    private static Dictionary<string, string?> SettingsOf(ConsumerKind kind)
    {
        var path = $"Rotation:Consumers:{Second}";
        var settings = new Dictionary<string, string?> { [$"{path}:Kind"] = kind.ToString() };
        if (kind is ConsumerKind.Hook) (settings[$"{path}:Hook"], settings[$"{path}:Audience"]) = ("https://other.example.com/reload", "api://other");
        if (kind is ConsumerKind.Hook or ConsumerKind.EventGrid) settings[$"{path}:Principal"] = SecondPrincipal;
        if (kind is ConsumerKind.EventGrid) settings[$"{path}:Topic"] = "https://reloads.westeurope-1.eventgrid.azure.net/api/events";
        if (kind is ConsumerKind.AppService) settings[$"{path}:Resource"] = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/payments/providers/Microsoft.Web/sites/other";
        if (kind is ConsumerKind.OnDemand) settings[$"{path}:HoldsAtMost"] = "00:05:00";
        return settings;
    }

    /// <summary>An instance, a setting or a job, and what it really runs.</summary>
    private sealed class Unit(string alias, string name, string version)
    {
        public string Alias => alias;
        public string Name => name;
        public string Version { get; set; } = version;
        public bool IsAlive { get; set; } = true;
        public bool IsPlatform { get; init; }
        public bool IsStuck { get; set; }
        public bool IsFetching { get; set; }
        public bool HasUsed { get; set; }
        public bool HasFailed { get; set; }
        public ReloadSignal? Heard { get; set; }
    }
}
