using System.Collections.Concurrent;
using System.Globalization;
using Azure;
using Azure.Storage.Queues;
using CredRotation.Engine;

namespace CredRotation.Adapters.Storage;

/// <summary>A queue of the storage account. In Azure the Functions host takes from it; the embedded host pumps it by itself.</summary>
/// <param name="service">Made with base64 texts, as <c>host.json</c> says and Event Grid writes.</param>
public sealed class StorageWorkQueue(QueueServiceClient service, string name) : IMessageQueue
{
    private const string Role = "Storage Queue Data Contributor";

    // Never: what waits on a queue must not vanish because nobody was there for a week.
    private static readonly TimeSpan s_timeToLive = TimeSpan.FromSeconds(-1);

    private readonly ConcurrentDictionary<string, bool> _thereAre = new();

    public StorageWorkQueue(QueueServiceClient service) : this(service, QueueRules.Rotations)
    {
    }

    public string Name => name;

    public IMessageQueue Named(string other) => other == name ? this : new StorageWorkQueue(service, other);

    public Task SendAsync(CredentialId credential, TimeSpan delay, CancellationToken cancellationToken) => SendAsync(credential.Value, delay, cancellationToken);

    public Task SendAsync(string body, TimeSpan delay, CancellationToken cancellationToken)
    {
        QueueRules.CheckBody(body);
        QueueRules.CheckDelay(delay);
        return CallAsync(name, queue => queue.SendMessageAsync(body, delay, s_timeToLive, cancellationToken), cancellationToken);
    }

    public Task<QueuedWork?> ReceiveAsync(TimeSpan invisibleFor, CancellationToken cancellationToken)
        => CallAsync(
            name,
            async queue => (await queue.ReceiveMessageAsync(invisibleFor, cancellationToken)).Value is { } message
                ? new QueuedWork(message.MessageId, message.MessageText, (int)message.DequeueCount, message.PopReceipt)
                : null,
            cancellationToken);

    public Task CompleteAsync(QueuedWork work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return CallAsync(name, queue => IfStillOursAsync(() => queue.DeleteMessageAsync(work.Id, work.Receipt, cancellationToken)), cancellationToken);
    }

    public Task ReturnAsync(QueuedWork work, TimeSpan delay, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        QueueRules.CheckDelay(delay);
        return CallAsync(name, queue => IfStillOursAsync(() => queue.UpdateMessageAsync(work.Id, work.Receipt, visibilityTimeout: delay, cancellationToken: cancellationToken)), cancellationToken);
    }

    public async Task MoveToPoisonAsync(QueuedWork work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        // Taken anew first: what somebody else holds by now is not ours to set aside. Copied before it is deleted: twice is better than never.
        var receipt = await CallAsync(name, queue => IfStillOursAsync(async () => (await queue.UpdateMessageAsync(work.Id, work.Receipt, visibilityTimeout: TimeSpan.FromMinutes(1), cancellationToken: cancellationToken)).Value.PopReceipt), cancellationToken);
        if (receipt is null) return;
        await CallAsync(name + QueueRules.PoisonSuffix, queue => queue.SendMessageAsync(work.Body, TimeSpan.Zero, s_timeToLive, cancellationToken), cancellationToken);
        await CompleteAsync(work with { Receipt = receipt }, cancellationToken);
    }

    public Task<int> CountAsync(CancellationToken cancellationToken)
        => CallAsync(name, async queue => (await queue.GetPropertiesAsync(cancellationToken)).Value.ApproximateMessagesCount, cancellationToken);

    /// <summary>Null: somebody else took the message meanwhile, or finished it.</summary>
    private static async Task<T?> IfStillOursAsync<T>(Func<Task<T>> change)
        where T : class
    {
        try
        {
            return await change();
        }
        catch (RequestFailedException gone) when (gone.ErrorCode is "MessageNotFound" or "PopReceiptMismatch")
        {
            return null;
        }
    }

    private async Task<T> CallAsync<T>(string queueName, Func<QueueClient, Task<T>> call, CancellationToken cancellationToken)
    {
        var queue = service.GetQueueClient(queueName);
        try
        {
            if (!_thereAre.ContainsKey(queueName))
            {
                await queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
                _thereAre.TryAdd(queueName, true);
            }

            return await call(queue);
        }
        catch (Exception failure)
        {
            // Whatever failed, the next call looks again whether the queue is there.
            _thereAre.TryRemove(queueName, out _);
            if (!StorageTrouble.IsOf(failure)) throw;
            throw StorageTrouble.Of(failure, service.AccountName, string.Create(CultureInfo.InvariantCulture, $"queue {queueName}"), Role);
        }
    }
}
