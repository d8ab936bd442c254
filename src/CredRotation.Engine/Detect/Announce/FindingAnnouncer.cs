using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Detect.Announce;

/// <summary>
/// Tells each receiver what is new or worse, and nothing twice. Safe to repeat: a finding counts as told only after its message was
/// accepted, so a channel that is down loses nothing.
/// </summary>
internal sealed partial class FindingAnnouncer(FindingStore store, INotifier notifier, IOptions<RotationOptions> options, TimeProvider clock, ILogger<FindingAnnouncer> logger)
{
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        // What is noted while people are told is told next time.
        var began = clock.GetUtcNow();
        var digests = new Dictionary<(string Receiver, bool AreEnds), FindingDigest>();
        await foreach (var found in UntoldAsync(began, cancellationToken))
        {
            if (!digests.TryGetValue(MessageOf(found), out var digest)) digests.Add(MessageOf(found), digest = new FindingDigest());
            digest.Weigh(found);
        }

        if (digests.Count == 0) return;
        await foreach (var found in UntoldAsync(began, cancellationToken)) digests.GetValueOrDefault(MessageOf(found))?.Rank(found);
        await foreach (var found in UntoldAsync(began, cancellationToken)) digests.GetValueOrDefault(MessageOf(found))?.Gather(found);
        foreach (var message in digests.Keys.OrderByDescending(message => message.AreEnds).ToList())
        {
            var digest = digests[message];
            if (!await TryTellAsync(FindingNotices.Of(message.Receiver.Length == 0 ? null : message.Receiver, digest, message.AreEnds), cancellationToken)) digests.Remove(message);
        }

        await MarkAsync(digests, began, cancellationToken);
    }

    private async Task MarkAsync(Dictionary<(string Receiver, bool AreEnds), FindingDigest> accepted, DateTimeOffset began, CancellationToken cancellationToken)
    {
        var told = new List<(StoredRow Row, ObjectFinding Found)>();
        await foreach (var entry in store.ListAsync(cancellationToken))
        {
            if (!IsUntold(entry.Found, began) || accepted.GetValueOrDefault(MessageOf(entry.Found))?.Has(entry.Found) is not true) continue;
            if (told.Count == RowLimits.BatchMax || (told.Count > 0 && told[0].Row.Key.Partition != entry.Row.Key.Partition))
            {
                await store.MarkAnnouncedAsync(told, cancellationToken);
                told.Clear();
            }

            told.Add(entry);
        }

        await store.MarkAnnouncedAsync(told, cancellationToken);
    }

    private IAsyncEnumerable<ObjectFinding> UntoldAsync(DateTimeOffset began, CancellationToken cancellationToken)
        => store.ListAsync(cancellationToken).Select(entry => entry.Found).Where(found => IsUntold(found, began));

    private static bool IsUntold(ObjectFinding found, DateTimeOffset began) => found.IsToBeAnnounced && found.LastSeenOn <= began;

    private static (string Receiver, bool AreEnds) MessageOf(ObjectFinding found) => (found.Receiver ?? "", SightingRules.EndCodes.Contains(found.Finding.Code));

    private async Task<bool> TryTellAsync(Notice notice, CancellationToken cancellationToken)
    {
        if (await notifier.TryNotifyAsync(notice, options.Value.EffectTimeout, clock, cancellationToken) is not { } trouble) return true;
        LogNotTold(logger, notice.Kind, trouble);
        return false;
    }

    [LoggerMessage(1, LogLevel.Warning, "A {Kind} message was not accepted: {Trouble} The findings stand on the pages and are told after the next sweep.")]
    private static partial void LogNotTold(ILogger logger, NoticeKind kind, string trouble);
}
