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

    public A_row_store_in_a_file() => _database = new SqliteDatabase(_ledger.Path);

    protected override IRowStore Store => new SqliteRowStore(_database, Clock);

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

/// <summary>A path in a folder of its own that goes away with the test.</summary>
internal sealed class TemporaryLedger : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ledger-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "ledger.db");

    public void Dispose() => _folder.Delete(recursive: true);
}
