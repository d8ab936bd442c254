using CredRotation.Adapters.Mail;
using CredRotation.Adapters.Teams;
using CredRotation.Engine;
using Microsoft.Extensions.Logging;

namespace CredRotation.Adapters.Notices;

/// <summary>
/// Tells people by Teams, and by mail where Teams takes nothing; of an incident, and of an end that nobody saw to, by both, because a workflow
/// may accept a card and never show it. What is for people by name goes by mail, which alone finds them. Fails only when no path took the message.
/// </summary>
public sealed partial class PeopleNotifier(TeamsWebhookNotifier teams, GraphMailNotifier mail, ILogger<PeopleNotifier> logger) : INotifier
{
    public async Task NotifyAsync(Notice notice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notice);
        var isPersonal = notice is { People: not null, OwnerGroup: null };
        var byTeams = isPersonal ? (IsSent: false, Trouble: null) : await TryAsync(teams, notice, cancellationToken);
        if (byTeams.IsSent && notice.Kind is not (NoticeKind.Incident or NoticeKind.Reminder)) return;

        var byMail = await TryAsync(mail, notice, cancellationToken);
        if (isPersonal && !byMail.IsSent) byTeams = await TryAsync(teams, notice, cancellationToken);
        if (byTeams.IsSent || byMail.IsSent)
        {
            if ((byTeams.Trouble ?? byMail.Trouble) is { } trouble) LogOnePath(logger, notice.Kind, trouble.Message);
            return;
        }

        if (byTeams.Trouble is null && byMail.Trouble is null) LogNowhere(logger, notice.Kind);
        else throw Nobody(byTeams.Trouble, byMail.Trouble);
    }

    private static async Task<(bool IsSent, RemoteTroubleException? Trouble)> TryAsync(INoticeChannel channel, Notice notice, CancellationToken cancellationToken)
    {
        try
        {
            return (await channel.TrySendAsync(notice, cancellationToken), null);
        }
        catch (RemoteTroubleException trouble)
        {
            return (false, trouble);
        }
    }

    private static RemoteTroubleException Nobody(RemoteTroubleException? byTeams, RemoteTroubleException? byMail)
    {
        // What may have arrived is unknown as a whole; what surely did not is as bad as its first path.
        var trouble = byTeams is null || byMail is { Trouble: RemoteTrouble.Unknown } ? byMail!.Trouble : byTeams.Trouble;
        var after = new[] { byTeams?.RetryAfter, byMail?.RetryAfter }.Min();
        return new RemoteTroubleException("people", trouble, $"Teams: {byTeams?.Message ?? "no channel is configured."} Mail: {byMail?.Message ?? "Mail:Sender is not set, or nobody has an address."}", after);
    }

    [LoggerMessage(1, LogLevel.Warning, "A {Kind} notice went out on one path only. {Trouble}")]
    private static partial void LogOnePath(ILogger logger, NoticeKind kind, string trouble);

    [LoggerMessage(2, LogLevel.Warning, "A {Kind} notice was not sent: neither its owner group nor Teams:DefaultWebhook names a channel, and Mail:Sender is not set. The pages show it.")]
    private static partial void LogNowhere(ILogger logger, NoticeKind kind);
}
