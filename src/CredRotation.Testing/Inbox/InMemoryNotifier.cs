using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>An <see cref="InboxModel"/> as the engine's port, without HTTP.</summary>
public sealed class InMemoryNotifier(InboxModel model, FaultInjector faults) : INotifier
{
    public async Task NotifyAsync(Notice notice, CancellationToken cancellationToken)
    {
        var answer = await faults.RunAsync<bool>("notify", () => Receive(notice), cancellationToken);
        if (answer.Error is { } error)
            throw new RemoteTroubleException("teams", error.Status is 429 ? RemoteTrouble.Throttled : RemoteTrouble.Unknown, $"The webhook answered {error.Status}.");
    }

    private bool Receive(Notice notice)
    {
        model.Receive(notice);
        return true;
    }
}
