using CredRotation.Engine;

namespace CredRotation.Adapters.Notices;

/// <summary>One way to reach people.</summary>
public interface INoticeChannel
{
    /// <summary>False when this channel has nowhere to send it to. Throws <see cref="RemoteTroubleException"/> when it was not accepted; accepted is not delivered.</summary>
    Task<bool> TrySendAsync(Notice notice, CancellationToken cancellationToken);
}
