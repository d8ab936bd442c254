using CredRotation.Adapters.Storage;
using CredRotation.Benchmarks.Drain;
using CredRotation.Benchmarks.Servers;
using CredRotation.Tests.Adapters.Storage;
using CredRotation.Tests.Servers;

namespace CredRotation.Tests.Benchmarks;

public sealed class A_drain(AzuriteServer server)
{
    private const int Few = 15;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Retires_everything_by_time_left_from_a_file()
    {
        using var ledger = new TemporaryLedger();
        using var database = new SqliteDatabase(ledger.Path);

        var drained = await new DrainCommand(Few).MeasureAsync("sqlite", few => new DrainWorld(few, 7, clock => new SqliteRowStore(database, clock), clock => new SqliteWorkQueue(database, clock)), TextWriter.Null, Stop);

        Assert.Equal((Few, true), (drained.Measured.Retired, drained.OrderedByTimeLeft));
        Assert.InRange(drained.LedgerWritesPerRotation, 10, 40);
    }

    [Fact]
    public async Task Retires_everything_by_time_left_from_a_storage_account()
    {
        var azurite = await server.RunAsync();
        using var wire = new AccountWire();

        var drained = await new DrainCommand(Few).MeasureAsync("azurite", few => new DrainWorld(few, 7, clock =>
        {
            wire.Clock = clock;
            return new TableRowStore(wire.Tables(azurite.Tables), "draintest");
        }, _ => new StorageWorkQueue(AccountWire.Queues(azurite.Queues), "draintest")), TextWriter.Null, Stop);

        Assert.Equal((Few, true), (drained.Measured.Retired, drained.OrderedByTimeLeft));
    }

    [Fact]
    public void Tells_an_order_by_time_left_from_another()
    {
        var byTimeLeft = Enumerable.Range(0, 100).ToList();

        Assert.True(DrainCommand.IsOrdered(byTimeLeft, [.. byTimeLeft]));
        Assert.True(DrainCommand.IsOrdered(byTimeLeft, [1, 0, .. byTimeLeft.Skip(2)]));
        Assert.False(DrainCommand.IsOrdered(byTimeLeft, [.. Enumerable.Reverse(byTimeLeft)]));
        Assert.False(DrainCommand.IsOrdered(byTimeLeft, [.. byTimeLeft.Skip(50), .. byTimeLeft.Take(50)]));
        Assert.False(DrainCommand.IsOrdered(byTimeLeft, [.. byTimeLeft.Take(99)]));
    }

    [Fact]
    public void Missed_says_what_was_not_met()
    {
        var drained = new Drained(1, 1, 60, 18, OrderedByTimeLeft: false, new DrainMeasured(9, 1, 1, 12));

        Assert.Equal(3, drained.Missed(10, 50).Count());
        Assert.Null(DrainCommand.Read(["--rotations", "none"]));
    }
}
