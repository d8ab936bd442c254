namespace CredRotation.Engine;

/// <summary>Messages outside of a visit: bounded in time, and trouble with one is a word for the log.</summary>
internal static class NotifierMoves
{
    /// <summary>Null when it was accepted; else why it was not, or may not have been.</summary>
    public static async Task<string?> TryNotifyAsync(this INotifier notifier, Notice notice, TimeSpan timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await notifier.NotifyAsync(notice, linked.Token);
            return null;
        }
        catch (RemoteTroubleException trouble)
        {
            return trouble.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "It did not answer in time.";
        }
    }
}
