using CredRotation.Adapters.Storage;
using CredRotation.Engine;

namespace CredRotation.Tests.Adapters.Storage;

/// <summary>What every queue must do, whatever clock it goes by.</summary>
public abstract class WorkQueueContract
{
    protected static readonly CredentialId Credential = CredentialId.Of(SecretName.Of(new Uri("https://payments.vault.azure.net/"), "gateway-key"));
    protected static readonly TimeSpan Visit = TimeSpan.FromMinutes(5);

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract Task<IMessageQueue> QueueAsync();

    [Fact]
    public async Task Gives_a_message_to_one_taker_and_forgets_it_when_it_is_completed()
    {
        var queue = await QueueAsync();
        await queue.SendAsync(Credential, TimeSpan.Zero, Cancellation);

        var work = await queue.ReceiveAsync(Visit, Cancellation);

        Assert.Equal((Credential.Value, 1), (work?.Body, work?.DequeueCount));
        Assert.Null(await queue.ReceiveAsync(Visit, Cancellation));
        Assert.Equal(1, await queue.CountAsync(Cancellation));
        await queue.CompleteAsync(work!, Cancellation);
        Assert.Equal(0, await queue.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Gives_out_again_what_was_handed_back_and_ignores_the_late_receipt()
    {
        var queue = await QueueAsync();
        await queue.SendAsync(Credential, TimeSpan.Zero, Cancellation);
        var first = (await queue.ReceiveAsync(Visit, Cancellation))!;
        await queue.ReturnAsync(first, TimeSpan.Zero, Cancellation);
        var second = await queue.ReceiveAsync(Visit, Cancellation);

        await queue.CompleteAsync(first, Cancellation);
        await queue.ReturnAsync(first, TimeSpan.Zero, Cancellation);
        await queue.MoveToPoisonAsync(first, Cancellation);

        Assert.Equal((first.Id, Credential.Value, 2), (second?.Id, second?.Body, second?.DequeueCount));
        Assert.Null(await queue.ReceiveAsync(Visit, Cancellation));
        Assert.Equal((1, 0), (await queue.CountAsync(Cancellation), await Poison(queue).CountAsync(Cancellation)));
    }

    [Fact]
    public async Task Holds_a_message_back_for_its_delay()
    {
        var queue = await QueueAsync();

        await queue.SendAsync(Credential, QueueRules.DelayMax - TimeSpan.FromMinutes(1), Cancellation);

        Assert.Null(await queue.ReceiveAsync(Visit, Cancellation));
        Assert.Equal(1, await queue.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Sets_poison_aside_where_a_function_finds_it_whole()
    {
        var queue = await QueueAsync();
        await queue.SendAsync("ü😀 {\"an\":\"event\"}", TimeSpan.Zero, Cancellation);

        await queue.MoveToPoisonAsync((await queue.ReceiveAsync(Visit, Cancellation))!, Cancellation);

        Assert.Equal(0, await queue.CountAsync(Cancellation));
        Assert.Equal(("ü😀 {\"an\":\"event\"}", 1), await Poison(queue).ReceiveAsync(Visit, Cancellation) is { } poison ? (poison.Body, poison.DequeueCount) : default);
    }

    [Fact]
    public async Task Keeps_queues_of_different_names_apart()
    {
        var queue = await QueueAsync();
        var other = queue.Named(queue.Name + "x");

        await other.SendAsync("an event", TimeSpan.Zero, Cancellation);

        Assert.Null(await queue.ReceiveAsync(Visit, Cancellation));
        Assert.Equal("an event", (await other.ReceiveAsync(Visit, Cancellation))?.Body);
        Assert.Same(queue, queue.Named(queue.Name));
    }

    [Fact]
    public async Task Takes_the_largest_message_and_refuses_what_a_storage_queue_would_refuse()
    {
        var queue = await QueueAsync();
        var largest = new string('x', QueueRules.BodyBytesMax);

        await queue.SendAsync(largest, TimeSpan.Zero, Cancellation);

        Assert.Equal(largest, (await queue.ReceiveAsync(Visit, Cancellation))?.Body);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => queue.SendAsync(largest + "x", TimeSpan.Zero, Cancellation));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => queue.SendAsync(Credential, TimeSpan.FromSeconds(-1), Cancellation));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => queue.SendAsync(Credential, TimeSpan.FromDays(8), Cancellation));
        Assert.Equal(1, await queue.CountAsync(Cancellation));
    }

    private static IMessageQueue Poison(IMessageQueue queue) => queue.Named(queue.Name + QueueRules.PoisonSuffix);
}
