using System.Globalization;
using System.Text;
using Azure.Storage.Queues;
using CredRotation.Adapters.Storage;
using CredRotation.Benchmarks.Servers;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;
using CredRotation.Tests.Servers;

namespace CredRotation.Tests.Adapters.Storage;

/// <summary>A table of a real server keeps the contract.</summary>
public sealed class A_row_store_in_a_storage_account(AzuriteServer server) : RowStoreContract, IAsyncLifetime
{
    private static int s_tables;

    private readonly AccountWire _wire = new();
    private TableRowStore? _store;

    protected override IRowStore Store => _store!;

    protected override (TimeSpan Less, TimeSpan More) AgeMayDiffer
        // The answer's date has whole seconds; beside the clock that the test moves, the server's own goes on.
        => (TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    protected override void LoseNextAnswer() => _wire.LoseNext = 1;

    public async ValueTask InitializeAsync()
    {
        var azurite = await server.RunAsync();
        _wire.Clock = Clock;
        _store = new TableRowStore(_wire.Tables(azurite.Tables), string.Create(CultureInfo.InvariantCulture, $"rows{Interlocked.Increment(ref s_tables)}"));
    }

    public ValueTask DisposeAsync()
    {
        _wire.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Never_writes_without_naming_what_it_read()
    {
        var (key, stop) = (new RowKey("p", "r"), TestContext.Current.CancellationToken);
        var tag = await Store.InsertAsync(key, "1", stop);

        await Assert.ThrowsAsync<RowConflictException>(() => Store.ReplaceAsync(key, "2", "*", stop));
        await Assert.ThrowsAsync<RowConflictException>(() => Store.ChangeAsync("p", [new RowChange.Delete(key, "*"), new RowChange.Insert(key with { Row = "s" }, "")], stop));
        await Store.ReplaceAsync(key, "3", tag, stop);

        Assert.All(_wire.Writes, write => Assert.True(write.Method == "POST" || (write.IfMatch is { Length: > 0 } && write.IfMatch != "*"), write.ToString()));
        Assert.DoesNotContain(_wire.Writes, write => write.Method == "PATCH");
    }

    [Fact]
    public async Task Tells_what_is_wrong_in_words_without_the_answers_own()
    {
        _wire.Refuse = 403;

        var trouble = await Assert.ThrowsAsync<RemoteTroubleException>(() => Store.FindAsync(new RowKey("p", "r"), TestContext.Current.CancellationToken));

        Assert.Equal(("ledger", RemoteTrouble.Denied), (trouble.Remote, trouble.Trouble));
        Assert.Contains("Storage Table Data Contributor", trouble.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", trouble.ToString(), StringComparison.Ordinal);
    }
}

/// <summary>A queue of a real server keeps the contract.</summary>
public sealed class A_work_queue_in_a_storage_account(AzuriteServer server) : WorkQueueContract
{
    private static int s_queues;

    protected override async Task<IMessageQueue> QueueAsync()
    {
        var azurite = await server.RunAsync();
        return new StorageWorkQueue(AccountWire.Queues(azurite.Queues), string.Create(CultureInfo.InvariantCulture, $"queue{Interlocked.Increment(ref s_queues)}"));
    }

    [Fact]
    public async Task Writes_the_text_that_host_json_and_event_grid_write()
    {
        var queue = await QueueAsync();
        var raw = AccountWire.Queues((await server.RunAsync()).Queues, QueueMessageEncoding.None).GetQueueClient(queue.Name);

        await queue.SendAsync("{\"ü\":1}", TimeSpan.Zero, Cancellation);
        Assert.Equal(Convert.ToBase64String(Encoding.UTF8.GetBytes("{\"ü\":1}")), (await raw.ReceiveMessageAsync(cancellationToken: Cancellation)).Value.MessageText);

        await raw.SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes("from Event Grid")), Cancellation);
        Assert.Equal("from Event Grid", (await queue.ReceiveAsync(Visit, Cancellation))?.Body);
        Assert.Equal("base64", System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Hosts.Repository.Root, "host.json"), Cancellation)).RootElement.GetProperty("extensions").GetProperty("queues").GetProperty("messageEncoding").GetString());
    }
}

/// <summary>A whole rotation with its rows in a table of a real server.</summary>
public sealed class A_rotation_in_a_storage_account(AzuriteServer server)
{
    private static int s_tables;

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task Retires_the_old_credential_although_answers_are_lost(int losesEvery)
    {
        var (azurite, stop) = (await server.RunAsync(), TestContext.Current.CancellationToken);
        using var wire = new AccountWire { LosesEvery = losesEvery };
        await using var world = new RotationWorld(rows: clock =>
        {
            wire.Clock = clock;
            return new TableRowStore(wire.Tables(azurite.Tables), string.Create(CultureInfo.InvariantCulture, $"world{Interlocked.Increment(ref s_tables)}"));
        });

        await world.SweepAsync(stop);
        await world.PassAsync(TimeSpan.FromHours(1), stop);
        await world.ApproveAsync(RotationWorld.OwnerOne, stop);
        await world.PassAsync(TimeSpan.FromDays(3), stop);

        var rotation = await world.RotationAsync(stop, 1);
        Assert.Equal(RotationState.Retired, rotation.State);
        Assert.Equal(losesEvery > 0, wire.Lost > 0);
        Assert.Equal(Enumerable.Range(1, (int)(await world.RowAsync(stop)).Chain.Sequence).Select(n => (long)n), (await world.LedgerAsync(stop)).Select(entry => entry.Sequence));
    }
}
