using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Functions;
using CredRotation.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredRotation.Benchmarks.Events;

/// <summary>
/// One world of its own for ten weeks, in which its credential becomes due twice: what the vault says comes late, twice, out of order or
/// never, sweeps fall out, queue messages vanish. The ways in are the app's own. Repeats by seed and number.
/// </summary>
internal sealed class EventPermutation : IAsyncDisposable
{
    private static readonly TimeSpan s_storm = TimeSpan.FromDays(70);
    private static readonly TimeSpan s_settle = TimeSpan.FromHours(26);
    private const int SettleRoundsMax = 4;

    private readonly Random _dice;
    private readonly RotationWorld _world;
    private readonly OnSecretNearExpiry _webhook;
    private readonly HearEvent _queue;
    private readonly PriorityQueue<Func<CancellationToken, Task>, (DateTimeOffset On, int Order)> _agenda = new();
    private readonly HashSet<RotationId> _answered = [];
    private int _order;
    private int _delivered, _duplicates, _eventsLost, _sweepsLost;

    public EventPermutation(int seed, int number)
    {
        _dice = new Random(unchecked((seed * 1_000_003) + number));
        _world = new RotationWorld();
        var hearing = new EventHearing(_world.Host.Hints, _world.Host.Registry, _world.Host.Heard, _world.Clock, NullLogger<EventHearing>.Instance);
        (_webhook, _queue) = (new OnSecretNearExpiry(hearing), new HearEvent(hearing));
    }

    private DateTimeOffset Now => _world.Clock.GetUtcNow();

    public async Task<PermutationResult> RunAsync(CancellationToken cancellationToken)
    {
        var end = Now + s_storm;
        _world.Vaults.Written = Announce;
        Announce(Versions()[0]);
        Sweeps(end);
        for (var noise = _dice.Next(4); noise > 0; noise--) Add(Now + Chance(s_storm), stopping => DeliverAsync(EventWords.Garbage(_dice), stopping));

        while (_agenda.TryDequeue(out var act, out var at) && at.On < end)
        {
            if (at.On > Now) await _world.PassAsync(at.On - Now, cancellationToken);
            await act(cancellationToken);

            // Any message may be lost: the sweep and the wake-up find the work again.
            if (_dice.Next(20) == 0) _world.Queue.LoseAll();
            await _world.DrainAsync(cancellationToken);
            await AnswerAsync(Now + Chance(TimeSpan.FromHours(4)), cancellationToken);
        }

        if (end > Now) await _world.PassAsync(end - Now, cancellationToken);
        var problem = await SettleAsync(cancellationToken);
        return Count(problem);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private void Add(DateTimeOffset on, Func<CancellationToken, Task> act) => _agenda.Enqueue(act, (on, _order++));

    private TimeSpan Chance(TimeSpan max) => max * _dice.NextDouble();

    /// <summary>What the vault will say about a version, as often and as late as the dice want.</summary>
    private void Announce(VaultVersion version)
    {
        if (version.Vault is not RotationWorld.PaymentsHost) return;
        foreach (var said in VaultEvent.Of(version))
        {
            if (_dice.Next(3) == 0)
            {
                _eventsLost++;
                continue;
            }

            for (var copies = _dice.Next(4) switch { 0 => 3, 1 => 2, _ => 1 }; copies > 0; copies--)
            {
                if (copies > 1) _duplicates++;
                // Mostly soon, sometimes after the events that came later.
                var late = _dice.Next(3) == 0 ? Chance(TimeSpan.FromDays(25)) : Chance(TimeSpan.FromMinutes(2));
                Add(said.On + late, stopping => DeliverAsync(EventWords.Say(said, _dice), stopping));
            }
        }
    }

    private void Sweeps(DateTimeOffset end)
    {
        var every = TimeSpan.FromDays(1 + _dice.Next(4));
        for (var on = Now + Chance(every); on < end; on += every)
        {
            if (_dice.Next(3) == 0) _sweepsLost++;
            else Add(on, _world.Host.Sweep.RunAsync);
        }
    }

    private Task DeliverAsync(string text, CancellationToken cancellationToken)
    {
        _delivered++;
        return _dice.Next(2) == 0 ? _webhook.RunAsync(text, cancellationToken) : _queue.RunAsync(EventWords.InQueue(text, _dice), cancellationToken);
    }

    /// <summary>An owner says yes, once per plan.</summary>
    private async Task AnswerAsync(DateTimeOffset on, CancellationToken cancellationToken)
    {
        if (await WaitsForApprovalAsync(cancellationToken) is { } rotation && _answered.Add(rotation.Id))
            Add(on, stopping => _world.ApproveAsync(RotationWorld.OwnerOne, stopping));
    }

    private async Task<Rotation?> WaitsForApprovalAsync(CancellationToken cancellationToken)
        => await _world.Host.Registry.FindAsync(_world.Credential, cancellationToken) is { IsOpen: true } row
            && await _world.Host.Registry.FindRotationAsync(row.Id, row.Ordinal, cancellationToken) is { Hold.Reason: HoldReason.ApprovalNeeded } rotation
                ? rotation
                : null;

    /// <summary>The storm is over: sweeps come, owners answer, until nothing is open and nothing is due.</summary>
    private async Task<string?> SettleAsync(CancellationToken cancellationToken)
    {
        CredentialRow? row = null;
        for (var round = 0; round < SettleRoundsMax; round++)
        {
            await _world.SweepAsync(cancellationToken);
            if (await WaitsForApprovalAsync(cancellationToken) is not null) await _world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
            await _world.PassAsync(s_settle, cancellationToken);
            row = await _world.Host.Registry.FindAsync(_world.Credential, cancellationToken);
            if (row is { IsOpen: false } && !IsDue(Versions()[^1])) return null;
        }

        var rotation = row is null ? null : await _world.Host.Registry.FindRotationAsync(row.Id, row.Ordinal, cancellationToken);
        return row is null ? "the credential was never adopted" : $"rotation {row.Ordinal} stands at {rotation?.State}, hold {rotation?.Hold?.Reason}, {rotation?.LastTrouble}";
    }

    private PermutationResult Count(string? problem)
    {
        var due = Versions().Where(IsDue).ToList();
        var issues = new int[due.Count];
        foreach (var request in _world.Gateway.Requests.Where(request => request is { Status: 200 } && request.Path.EndsWith("/generateApiKey", StringComparison.Ordinal)))
        {
            // An issue belongs to the version that was due last; one that came when nothing was due makes that one's second.
            var epoch = due.FindLastIndex(version => DueOn(version) <= request.At);
            issues[Math.Max(epoch, 0)]++;
        }

        var lost = issues.Count(count => count == 0) + (due.Contains(Versions()[^1]) ? 1 : 0);
        return new PermutationResult(issues, lost, _delivered, _duplicates, _eventsLost, _sweepsLost, _world.Vaults.Requests.Count, problem);
    }

    private bool IsDue(VaultVersion version) => DueOn(version) <= Now;

    private static DateTimeOffset DueOn(VaultVersion version) => DateTimeOffset.FromUnixTimeSeconds(version.Expires!.Value) - VaultEvent.NearExpiryLead;

    private List<VaultVersion> Versions()
        => [.. _world.Vaults.ListVersions(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, null, new VaultCaller("benchmark", "")).Value!.Items.OrderBy(version => version.Created)];
}
