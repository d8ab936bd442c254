using CredRotation.Engine;

namespace CredRotation.Benchmarks.Ladder;

/// <summary>The process dies here, as between a message's acceptance and its record.</summary>
internal sealed class ProcessDiedException : Exception;

/// <summary>Takes reminders as a channel would: refuses some, and lets the process die after some that it took.</summary>
internal sealed class LadderInbox(Random random) : INotifier
{
    private const double RefusedShare = 0.02, CrashShare = 0.002;

    public Action<Notice, bool>? Accepted { get; set; }

    public int Refused { get; private set; }

    public int Crashes { get; private set; }

    public Task NotifyAsync(Notice notice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notice);
        if (random.NextDouble() < RefusedShare)
        {
            Refused++;
            throw new RemoteTroubleException("teams", RemoteTrouble.Throttled, "The webhook answered 429.");
        }

        var dies = notice.Kind is NoticeKind.Reminder && random.NextDouble() < CrashShare;
        Accepted?.Invoke(notice, dies);
        if (!dies) return Task.CompletedTask;
        Crashes++;
        throw new ProcessDiedException();
    }
}
