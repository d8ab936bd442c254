using CredRotation.Engine.Detect.Findings;
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
        var untold = await store.ListAsync(cancellationToken).Where(entry => entry.Found.IsToBeAnnounced).ToListAsync(cancellationToken);
        foreach (var message in untold.GroupBy(entry => (entry.Found.Receiver, AreEnds: SightingRules.EndCodes.Contains(entry.Found.Finding.Code))).OrderByDescending(message => message.Key.AreEnds))
        {
            var notice = FindingNotices.Of(message.Key.Receiver, [.. message.Select(entry => entry.Found)], message.Key.AreEnds);
            if (!await TryTellAsync(notice, cancellationToken)) continue;
            foreach (var (row, found) in message) await store.MarkAnnouncedAsync(row, found, cancellationToken);
        }
    }

    private async Task<bool> TryTellAsync(Notice notice, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.EffectTimeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await notifier.NotifyAsync(notice, linked.Token);
            return true;
        }
        catch (RemoteTroubleException trouble)
        {
            LogNotTold(logger, notice.Kind, trouble.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotTold(logger, notice.Kind, "It did not answer in time.");
        }

        return false;
    }

    [LoggerMessage(1, LogLevel.Warning, "A {Kind} message was not accepted: {Trouble} The findings stand on the pages and are told after the next sweep.")]
    private static partial void LogNotTold(ILogger logger, NoticeKind kind, string trouble);
}
