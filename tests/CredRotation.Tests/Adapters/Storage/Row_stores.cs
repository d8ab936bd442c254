using CredRotation.Adapters.Storage;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;

namespace CredRotation.Tests.Adapters.Storage;

/// <summary>The fake keeps the contract.</summary>
public sealed class A_row_store_in_memory : RowStoreContract
{
    private readonly InMemoryRowStore _store = new();

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

    protected override IRowStore Store => new SqliteRowStore(_database);

    public void Dispose()
    {
        _database.Dispose();
        _ledger.Dispose();
    }
}

/// <summary>A path in a folder of its own that goes away with the test.</summary>
internal sealed class TemporaryLedger : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ledger-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "ledger.db");

    public void Dispose() => _folder.Delete(recursive: true);
}
