using CredRotation.Engine.Registry;

namespace CredRotation.Adapters.Storage;

/// <summary>
/// One named queue as a host that pumps it by itself sees it: at least once, in no sure order, a taken message becomes visible again
/// unless completed, and what fails every time is set aside in the queue named <c>{name}-poison</c>.
/// </summary>
public interface IMessageQueue : IWorkQueue
{
    string Name { get; }

    /// <summary>Another queue of the same store.</summary>
    IMessageQueue Named(string other);

    /// <summary>Sends raw text, as whoever else fills a storage queue does.</summary>
    Task SendAsync(string body, TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>Takes the message that has been visible longest; null when none is. It stays invisible for <paramref name="invisibleFor"/>.</summary>
    Task<QueuedWork?> ReceiveAsync(TimeSpan invisibleFor, CancellationToken cancellationToken);

    /// <summary>The work is done. Nothing happens when somebody else took the message meanwhile.</summary>
    Task CompleteAsync(QueuedWork work, CancellationToken cancellationToken);

    /// <summary>Hands the message back, to be taken again after <paramref name="delay"/>.</summary>
    Task ReturnAsync(QueuedWork work, TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>Sets a message aside that fails every time, where the function of poison finds it.</summary>
    Task MoveToPoisonAsync(QueuedWork work, CancellationToken cancellationToken);

    /// <summary>About how many messages the queue holds, taken ones included.</summary>
    Task<int> CountAsync(CancellationToken cancellationToken);
}

/// <summary>The bounds of a storage queue, which every queue keeps.</summary>
public static class QueueRules
{
    /// <summary>The queue of credentials to visit.</summary>
    public const string Rotations = "rotations";

    public const string PoisonSuffix = "-poison";

    /// <summary>Bytes of one message in UTF-8: 64 KiB hold this much as base64.</summary>
    public const int BodyBytesMax = 48 * 1024;

    /// <summary>The longest delay of a message.</summary>
    public static readonly TimeSpan DelayMax = TimeSpan.FromDays(7);

    public static void CheckDelay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, DelayMax);
    }

    public static void CheckBody(string body)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(System.Text.Encoding.UTF8.GetByteCount(body), BodyBytesMax, nameof(body));
    }
}
