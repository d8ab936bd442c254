using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect.Announce;
using CredRotation.Engine.Detect.Health;
using CredRotation.Engine.Owners;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Ladder;

/// <summary>What one round did.</summary>
/// <param name="Near">Credentials whose end is near enough to be spoken of.</param>
/// <param name="Groups">Groups whose people were checked.</param>
/// <param name="Accepted">Messages that were accepted.</param>
/// <param name="NotAccepted">Messages that were not; they are sent again next round.</param>
public sealed record LadderRound(int Near, int Groups, int Accepted, int NotAccepted);

/// <summary>
/// Checks daily who answers, and reminds people of ends that nothing has replaced: owners, then their managers, the fallback group, leadership, one
/// level higher at each rung that nobody acknowledged. Safe to repeat: what is to be sent is written first, and what was accepted is not sent again.
/// </summary>
public sealed partial class LadderClimber
{
    /// <summary>How long a credential that is far from its end is not looked at.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromDays(1);

    private readonly CredentialRegistry _registry;
    private readonly OwnerTruth _truth;
    private readonly OwnerBook _owners;
    private readonly LadderBook _book;
    private readonly IOwnerDirectory _directory;
    private readonly FindingAnnouncer _announcer;
    private readonly INotifier _notifier;
    private readonly Heartbeats _heartbeats;
    private readonly RotationOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<LadderClimber> _logger;

    // Only when to look next: lost with the process, and then everything is looked at.
    private Dictionary<CredentialId, Look> _looks = [];

    internal LadderClimber(CredentialRegistry registry, OwnerTruth truth, OwnerBook owners, LadderBook book, IOwnerDirectory directory, FindingAnnouncer announcer, INotifier notifier, Heartbeats heartbeats, IOptions<RotationOptions> options, TimeProvider clock, ILogger<LadderClimber> logger)
    {
        (_registry, _truth, _owners, _book, _directory, _announcer) = (registry, truth, owners, book, directory, announcer);
        (_notifier, _heartbeats, _options, _clock, _logger) = (notifier, heartbeats, options.Value, clock, logger);
    }

    /// <summary>One round. In Observe nobody asks the directory, and the digests of findings tell of ends.</summary>
    public async Task<LadderRound> RunAsync(CancellationToken cancellationToken)
    {
        await _heartbeats.StartAsync(Heartbeats.Reminders, cancellationToken);
        try
        {
            var round = _options.Mode is RotationMode.Observe ? new LadderRound(0, 0, 0, 0) : await ClimbAsync(cancellationToken);
            await _heartbeats.SucceedAsync(Heartbeats.Reminders, cancellationToken);
            LogRound(_logger, round.Near, round.Groups, round.Accepted, round.NotAccepted);
            return round;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            await _heartbeats.FailAsync(Heartbeats.Reminders, failure.GetType().Name, cancellationToken);
            throw;
        }
    }

    private async Task<LadderRound> ClimbAsync(CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var known = new Dictionary<CredentialId, (StoredRow Row, LadderNotice Notice)>();
        await foreach (var (row, notice) in _book.ScanAsync(cancellationToken))
            if (notice is not null) known[notice.Credential] = (row, notice);

        var near = await FindNearAsync(known, now, cancellationToken);
        var groups = _looks.Values.Select(look => look.Group).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        var asked = await _truth.CheckAsync(groups, cancellationToken);
        var states = new Dictionary<string, OwnerRecord>(StringComparer.OrdinalIgnoreCase);
        foreach (var group in near.Select(one => one.Row.Binding.OwnerGroup).Distinct(StringComparer.OrdinalIgnoreCase))
            if (await _owners.FindAsync(group, cancellationToken) is { } record) states[group] = record;


        var due = near.Where(one => IsDue(one, known.GetValueOrDefault(one.Row.Id).Notice, states.GetValueOrDefault(one.Row.Binding.OwnerGroup)?.State, now)).ToList();
        var (accepted, not) = due.Count > 0 ? await SendAsync(due, known, states, now, cancellationToken) : (0, 0);
        // Every finding is read for that: only where something new may be among them.
        if (asked > 0) await _announcer.TellAsync(cancellationToken);
        return new LadderRound(near.Count, asked, accepted, not);
    }

    /// <summary>Reads what may have come near; ends what is not near any more.</summary>
    private async Task<List<Near>> FindNearAsync(Dictionary<CredentialId, (StoredRow Row, LadderNotice Notice)> known, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (looks, near) = (new Dictionary<CredentialId, Look>(), new List<Near>());
        foreach (var id in await _registry.ListIdsAsync(cancellationToken))
        {
            var isOwed = known.TryGetValue(id, out var spoken) && spoken.Notice.OwedAt(now).Any();
            if (!isOwed && _looks.TryGetValue(id, out var before) && before.NextOn > now)
            {
                looks[id] = before;
                continue;
            }

            var row = await _registry.TryFindAsync(id, cancellationToken);
            var policy = row is null ? null : _options.Policies.GetValueOrDefault(row.Binding.Policy);
            var mode = policy is null ? RotationMode.Observe : _options.ModeOf(policy);
            if (row is not { Released: null } || policy is null || mode is RotationMode.Observe || row.Seen.ExpiresOn is not { } endsOn)
            {
                looks[id] = new Look(now + LookAgainAfter, row is { Released: null } ? row.Binding.OwnerGroup : null);
                if (spoken.Row is not null) await _book.TryEndAsync(spoken.Row, cancellationToken);
                continue;
            }

            var next = LadderRules.NextOf(policy, mode, endsOn, now) is { } rung && rung < now + LookAgainAfter ? rung : now + LookAgainAfter;
            looks[id] = new Look(next, row.Binding.OwnerGroup);
            if (LadderRules.RungOf(policy, mode, endsOn, now) >= 0) near.Add(new Near(row, policy, mode));
            else if (spoken.Row is not null) await _book.TryEndAsync(spoken.Row, cancellationToken);
        }

        _looks = looks;
        return near;
    }

    private static bool IsDue(Near near, LadderNotice? known, OwnerState? owners, DateTimeOffset now)
        => known is null || LadderRules.Climb(known, near.Row, near.Policy, near.Mode, owners, isHere: true, now) is { } climbed && (climbed.Rung != known.Rung || climbed.Level != known.Level || climbed.EndsOn != known.EndsOn || climbed.Version != known.Version || climbed.OwedAt(now).Any());

    private async Task<(int Accepted, int NotAccepted)> SendAsync(List<Near> due, Dictionary<CredentialId, (StoredRow Row, LadderNotice Notice)> known, Dictionary<string, OwnerRecord> records, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var receivers = new LadderReceivers(_directory, _options, records, await ReadAsync(due, cancellationToken));
        var planned = new List<(StoredRow? Row, LadderNotice Notice)>();
        foreach (var one in due)
        {
            var spoken = known.GetValueOrDefault(one.Row.Id);
            var isHere = spoken.Notice?.Acknowledged is not { } by || receivers.IsHere(one.Row.Binding.OwnerGroup, by.PersonId) || spoken.Notice.Named.Contains(by.PersonId, StringComparer.OrdinalIgnoreCase);
            if (LadderRules.Climb(spoken.Notice, one.Row, one.Policy, one.Mode, receivers.StateOf(one.Row.Binding.OwnerGroup), isHere, now) is not { } climbed) continue;

            // Written before it is sent: whoever else runs leaves it alone for a while.
            foreach (var level in climbed.OwedAt(now).ToList()) climbed = climbed.With(new LadderDelivery(level, now));
            planned.Add((spoken.Row, climbed));
        }

        var (accepted, not) = (0, 0);
        var saved = await _book.SaveAsync(planned, cancellationToken);
        foreach (var together in saved.SelectMany(notice => notice.Deliveries.Where(delivery => delivery.SentOn == now && !delivery.IsSettled).Select(delivery => (delivery.Level, notice)))
            .GroupBy(one => (one.Level, Key: receivers.KeyOf(one.Level, one.notice.OwnerGroup)), one => one.notice))
        {
            var notices = together.ToList();
            var receiver = await receivers.FindAsync(together.Key.Level, notices[0].OwnerGroup, cancellationToken);
            switch (receiver)
            {
                case LadderReceiver.Nobody:
                    await _book.NoteAsync(notices, new LadderDelivery(together.Key.Level, now, IsNobody: true), null, cancellationToken);
                    break;
                case LadderReceiver.Known to when await TryTellAsync(LadderNotices.Of(together.Key.Level, to.Group, to.People, notices, now), cancellationToken):
                    accepted++;
                    var named = to.Group is null && to.People is { } people ? people.Select(person => person.ObjectId).ToList() : null;
                    await _book.NoteAsync(notices, new LadderDelivery(together.Key.Level, now, _clock.GetUtcNow()), named, cancellationToken);
                    break;
                default:
                    not++;
                    break;
            }
        }

        return (accepted, not);
    }

    /// <summary>Whoever is told is looked up now: nobody is reminded at an address that was true yesterday.</summary>
    private async Task<IReadOnlyList<OwnerReading>> ReadAsync(List<Near> due, CancellationToken cancellationToken)
        => await _directory.ReadManyAsync(
            [.. due.Select(one => one.Row.Binding.OwnerGroup).Concat(new[] { _options.FallbackGroup, _options.LeadershipGroup }.OfType<string>().Where(group => group.Length > 0)).Distinct(StringComparer.OrdinalIgnoreCase)],
            cancellationToken);

    private async Task<bool> TryTellAsync(Notice notice, CancellationToken cancellationToken)
    {
        if (await _notifier.TryNotifyAsync(notice, _options.EffectTimeout, _clock, cancellationToken) is not { } trouble) return true;
        LogNotTold(_logger, trouble);
        return false;
    }

    private readonly record struct Look(DateTimeOffset NextOn, string? Group);

    private sealed record Near(CredentialRow Row, PolicyOptions Policy, RotationMode Mode);

    [LoggerMessage(1, LogLevel.Information, "Reminders: {Near} credentials near their end, {Groups} groups checked, {Accepted} messages accepted, {NotAccepted} not")]
    private static partial void LogRound(ILogger logger, int near, int groups, int accepted, int notAccepted);

    [LoggerMessage(2, LogLevel.Warning, "A reminder was not accepted: {Trouble} It is sent again next round, and climbs at the next rung.")]
    private static partial void LogNotTold(ILogger logger, string trouble);
}
