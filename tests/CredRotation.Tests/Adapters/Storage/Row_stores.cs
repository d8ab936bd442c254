using CredRotation.Adapters.Storage;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;

namespace CredRotation.Tests.Adapters.Storage;

/// <summary>The fake keeps the contract.</summary>
public sealed class A_row_store_in_memory : RowStoreContract
{
    private readonly InMemoryRowStore _store;

    public A_row_store_in_memory() => _store = new InMemoryRowStore(Clock);

    protected override IRowStore Store => _store;

    protected override void LoseNextAnswer() => _store.Fault = (operation, _) =>
    {
        if (operation is "Find" or "Scan") return FaultDecision.None;
        _store.Fault = null;
        return FaultDecision.AfterCommit;
    };

    [Fact]
    public async Task Can_fail_before_a_change_or_lose_its_answer()
    {
        var (key, cancellation) = (new RowKey("p", "r"), TestContext.Current.CancellationToken);

        _store.Fault = (operation, _) => operation == "Insert" ? FaultDecision.BeforeChange : FaultDecision.None;
        await Assert.ThrowsAsync<RemoteTroubleException>(() => _store.InsertAsync(key, "1", cancellation));
        Assert.Null(await _store.FindAsync(key, cancellation));

        _store.Fault = (operation, _) => operation == "Insert" ? FaultDecision.AfterCommit : FaultDecision.None;
        await Assert.ThrowsAsync<RemoteTroubleException>(() => _store.InsertAsync(key, "1", cancellation));
        Assert.Equal("1", (await _store.FindAsync(key, cancellation))?.Body);
    }
}

/// <summary>The file keeps the contract.</summary>
public sealed class A_row_store_in_a_file : RowStoreContract, IDisposable
{
    private readonly TemporaryLedger _ledger = new();
    private readonly SqliteDatabase _database;
    private bool _isLosing;

    public A_row_store_in_a_file() => _database = new SqliteDatabase(_ledger.Path);

    protected override IRowStore Store => new LosingRowStore(new SqliteRowStore(_database, Clock), () => _isLosing && !(_isLosing = false));

    protected override void LoseNextAnswer() => _isLosing = true;

    [Fact]
    public async Task Never_makes_a_row_older_than_it_is_when_the_machine_was_started_anew()
    {
        var (key, cancellation) = (new RowKey("p", "r"), TestContext.Current.CancellationToken);
        Clock.Advance(TimeSpan.FromHours(9));
        await Store.InsertAsync(key, "1", cancellation);
        // Its monotonic clock begins again.
        var store = new SqliteRowStore(_database, new Uptime(TimeSpan.FromMinutes(3)));

        Assert.Equal(TimeSpan.FromMinutes(3), (await store.FindAsync(key, cancellation))!.Age);
    }

    [Fact]
    public async Task Does_not_tell_the_age_of_a_row_that_an_older_build_wrote_over()
    {
        var (key, cancellation) = (new RowKey("p", "r"), TestContext.Current.CancellationToken);
        await Store.InsertAsync(key, "1", cancellation);
        await _database.WriteAsync(connection => connection.Run("UPDATE rows SET body = '2', tag = tag + 100;"), cancellation);

        Assert.Null((await Store.FindAsync(key, cancellation))!.Age);
    }

    public void Dispose()
    {
        _database.Dispose();
        _ledger.Dispose();
    }

    private sealed class Uptime(TimeSpan now) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now.Ticks;
    }
}

/// <summary>Commits a change and then, when asked to, loses its answer: nothing under a file does so by itself.</summary>
internal sealed class LosingRowStore(IRowStore inner, Func<bool> loses) : IRowStore
{
    public Task<StoredRow?> FindAsync(RowKey key, CancellationToken cancellationToken) => inner.FindAsync(key, cancellationToken);

    public Task<string> InsertAsync(RowKey key, string body, CancellationToken cancellationToken) => LoseAsync(inner.InsertAsync(key, body, cancellationToken));

    public Task<string> ReplaceAsync(RowKey key, string body, string tag, CancellationToken cancellationToken) => LoseAsync(inner.ReplaceAsync(key, body, tag, cancellationToken));

    public Task DeleteAsync(RowKey key, string tag, CancellationToken cancellationToken)
        => LoseAsync(inner.ChangeAsync(key.Partition, [new RowChange.Delete(key, tag)], cancellationToken));

    public Task<IReadOnlyList<string>> ChangeAsync(string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken) => LoseAsync(inner.ChangeAsync(partition, changes, cancellationToken));

    public Task<RowPage> ScanAsync(string partition, string prefix, string? next, CancellationToken cancellationToken) => inner.ScanAsync(partition, prefix, next, cancellationToken);

    private async Task<T> LoseAsync<T>(Task<T> change)
    {
        var answer = await change;
        return loses() ? throw new RemoteTroubleException("ledger", RemoteTrouble.Unknown, "The answer was lost.") : answer;
    }
}

/// <summary>A path in a folder of its own that goes away with the test.</summary>
internal sealed class TemporaryLedger : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ledger-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "ledger.db");

    public void Dispose() => _folder.Delete(recursive: true);
}
