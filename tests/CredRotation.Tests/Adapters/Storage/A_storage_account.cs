using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage;
using Azure.Storage.Queues;
using CredRotation.Adapters.Storage;
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
        return new StorageWorkQueue(Service(azurite.Queues, QueueMessageEncoding.Base64), string.Create(CultureInfo.InvariantCulture, $"queue{Interlocked.Increment(ref s_queues)}"));
    }

    [Fact]
    public async Task Writes_the_text_that_host_json_and_event_grid_write()
    {
        var queue = await QueueAsync();
        var raw = Service((await server.RunAsync()).Queues, QueueMessageEncoding.None).GetQueueClient(queue.Name);

        await queue.SendAsync("{\"ü\":1}", TimeSpan.Zero, Cancellation);
        Assert.Equal(Convert.ToBase64String(Encoding.UTF8.GetBytes("{\"ü\":1}")), (await raw.ReceiveMessageAsync(cancellationToken: Cancellation)).Value.MessageText);

        await raw.SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes("from Event Grid")), Cancellation);
        Assert.Equal("from Event Grid", (await queue.ReceiveAsync(Visit, Cancellation))?.Body);
        Assert.Equal("base64", System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Hosts.Repository.Root, "host.json"), Cancellation)).RootElement.GetProperty("extensions").GetProperty("queues").GetProperty("messageEncoding").GetString());
    }

    private static QueueServiceClient Service(Uri endpoint, QueueMessageEncoding encoding)
        => new(endpoint, new StorageSharedKeyCredential(StorageEmulator.Account, StorageEmulator.Key), new QueueClientOptions { MessageEncoding = encoding });
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

/// <summary>The way to the account: lets its answers tell ages by the test's clock, loses answers of writes, and keeps what was written.</summary>
internal sealed partial class AccountWire() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
{
    /// <summary>The test's time at which each tag was given: the server's own timestamps know only the real one.</summary>
    private readonly ConcurrentDictionary<string, DateTimeOffset> _given = new();
    private int _writes;

    public TimeProvider? Clock { get; set; }

    public int LoseNext { get; set; }

    /// <summary>Of every so many writes one loses its answer; zero: none.</summary>
    public int LosesEvery { get; init; }

    public int Lost { get; private set; }

    public int Refuse { get; set; }

    public ConcurrentQueue<(string Method, string? IfMatch)> Writes { get; } = new();

    public TableServiceClient Tables(Uri endpoint)
    {
#pragma warning disable RS0030, CA2000 // The client of this test alone; the handler is the test's to dispose of.
        var options = new TableClientOptions { Transport = new HttpClientTransport(new HttpClient(this, disposeHandler: false)) };
#pragma warning restore RS0030, CA2000
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(1);
        return new TableServiceClient(endpoint, new TableSharedKeyCredential(StorageEmulator.Account, StorageEmulator.Key), options);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Refuse > 0)
        {
            return new HttpResponseMessage((System.Net.HttpStatusCode)Refuse) { RequestMessage = request, Content = new StringContent("""{"odata.error":{"code":"AuthorizationPermissionMismatch","message":{"value":"canary"}}}""", Encoding.UTF8, "application/json") };
        }

        // Making the table is no write of a row.
        var isWrite = request.Method != HttpMethod.Get && !request.RequestUri!.AbsolutePath.EndsWith("/Tables", StringComparison.Ordinal);
        if (isWrite && !request.RequestUri!.AbsolutePath.EndsWith("$batch", StringComparison.Ordinal)) Writes.Enqueue((request.Method.Method, request.Headers.TryGetValues("If-Match", out var tags) ? tags.Single() : null));
        var answer = await base.SendAsync(request, cancellationToken);
        await answer.Content.LoadIntoBufferAsync(cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (isWrite)
        {
            var now = Clock!.GetUtcNow();
            foreach (Match tag in Tag().Matches($"{answer.Headers.ETag} {text}")) _given.TryAdd(tag.Value, now);
            if (LoseNext > 0 || (LosesEvery > 0 && Interlocked.Increment(ref _writes) % LosesEvery == 0))
            {
                LoseNext = Math.Max(0, LoseNext - 1);
                Lost++;
                answer.Dispose();
                throw new HttpRequestException("The answer was lost.");
            }
        }
        else if (answer.Headers.Date is { } date && _given.TryGetValue(Tag().Match(text.Replace("\\\"", "\"", StringComparison.Ordinal)).Value, out var given))
        {
            answer.Headers.Date = date + (Clock!.GetUtcNow() - given);
        }

        return answer;
    }

    [GeneratedRegex("W/\"datetime'[^\"]+\"")]
    private static partial Regex Tag();
}
