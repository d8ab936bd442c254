using CredRotation.Adapters.Storage;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using Microsoft.Data.Sqlite;

namespace CredRotation.Tests.Adapters.Storage;

public sealed class A_ledger_file : IDisposable
{
    private static readonly RowKey Key = new("p", "r");

    private readonly TemporaryLedger _ledger = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_what_was_written_and_goes_on_counting_tags_after_it_is_opened_again()
    {
        string tag;
        using (var before = new SqliteDatabase(_ledger.Path))
            tag = await new SqliteRowStore(before).InsertAsync(Key, "kept", Cancellation);

        using var after = new SqliteDatabase(_ledger.Path);
        var store = new SqliteRowStore(after);

        Assert.Equal(("kept", tag), await store.FindAsync(Key, Cancellation) is { } row ? (row.Body, row.Tag) : default);
        Assert.NotEqual(tag, await store.ReplaceAsync(Key, "kept", tag, Cancellation));
    }

    [Fact]
    public async Task Serves_two_hosts_of_which_exactly_one_wins_each_row()
    {
        using var one = new SqliteDatabase(_ledger.Path);
        using var two = new SqliteDatabase(_ledger.Path);
        var stores = new[] { new SqliteRowStore(one), new SqliteRowStore(two) };

        var wins = await Task.WhenAll(stores.Select(store => Task.Run(() => InsertAllAsync(store), Cancellation)));

        Assert.Equal(40, wins.Sum());
        Assert.Equal(40, (await stores[0].ScanAsync("p", "", null, Cancellation)).Rows.Count);
    }

    [Fact]
    public async Task Is_made_once_however_many_hosts_start_together()
    {
        for (var round = 0; round < 5; round++)
        {
            using var ledger = new TemporaryLedger();
            var hosts = Enumerable.Range(0, 4).Select(_ => new SqliteDatabase(ledger.Path)).ToList();

            var tags = await Task.WhenAll(hosts.Select((host, n) => Task.Run(() => new SqliteRowStore(host).InsertAsync(Key with { Row = $"r{n}" }, "mine", Cancellation), Cancellation)));

            Assert.Equal(4, tags.Distinct().Count());
            hosts.ForEach(host => host.Dispose());
        }
    }

    [Fact]
    public async Task Is_written_through_to_the_disk_before_an_answer()
    {
        using var database = new SqliteDatabase(_ledger.Path);
        var (mode, synchronous) = await database.ReadAsync(connection => (connection.Text("PRAGMA journal_mode;"), connection.Number("PRAGMA synchronous;")), Cancellation);

        Assert.Equal("wal", mode);
        Assert.Equal(2, synchronous);
    }

    [Fact]
    public void Is_for_its_owner_only()
    {
        using var database = new SqliteDatabase(_ledger.Path);
        database.EnsureReady();

        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_ledger.Path));
    }

    [Fact]
    public void That_is_no_database_is_refused_and_left_as_it_is()
    {
        File.WriteAllText(_ledger.Path, new string('x', 5000));

        var trouble = Refused();

        Assert.Contains("'ledger.db' is not a database", trouble.Message, StringComparison.Ordinal);
        Assert.Contains("every credential in use keeps working", trouble.Message, StringComparison.Ordinal);
        Assert.Contains("restore the last backup", trouble.Message, StringComparison.Ordinal);
        Assert.Equal(new string('x', 5000), File.ReadAllText(_ledger.Path));
    }

    [Fact]
    public async Task That_is_damaged_inside_is_refused()
    {
        using (var database = new SqliteDatabase(_ledger.Path))
        {
            var store = new SqliteRowStore(database);
            for (var n = 0; n < 20; n++) await store.InsertAsync(Key with { Row = $"r{n}" }, new string('x', 3000), Cancellation);
            await database.ReadAsync(connection => connection.Run("PRAGMA wal_checkpoint(TRUNCATE);"), Cancellation);
        }

        using (var file = File.OpenWrite(_ledger.Path)) file.SetLength(file.Length / 2);

        Assert.Contains("is damaged", Refused().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_another_application_is_refused_and_left_as_it_is()
    {
        Execute("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1);");
        var bytes = File.ReadAllBytes(_ledger.Path);

        Assert.Contains("another application's", Refused().Message, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(_ledger.Path));
    }

    [Fact]
    public void Of_a_newer_build_is_refused()
    {
        using (var database = new SqliteDatabase(_ledger.Path)) database.EnsureReady();
        Execute("PRAGMA user_version = 5;");

        Assert.Contains("format 5, and this build knows only 4", Refused().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_place_that_cannot_be_written_is_refused_in_plain_words()
    {
        File.WriteAllText(_ledger.Path, "");
        using var database = new SqliteDatabase(Path.Combine(_ledger.Path, "below-a-file.db"));

        Assert.Contains("writable", Assert.Throws<RemoteTroubleException>(database.EnsureReady).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _ledger.Dispose();
    }

    private static async Task<int> InsertAllAsync(SqliteRowStore store)
    {
        var wins = 0;
        for (var n = 0; n < 40; n++)
        {
            try
            {
                await store.InsertAsync(Key with { Row = $"r{n}" }, "mine", Cancellation);
                wins++;
            }
            catch (RowConflictException)
            {
                // The other host was first.
            }
        }

        return wins;
    }

    private RemoteTroubleException Refused()
    {
        using var database = new SqliteDatabase(_ledger.Path);
        return Assert.Throws<RemoteTroubleException>(database.EnsureReady);
    }

    private void Execute(string text)
    {
        using var connection = new SqliteConnection($"Data Source={_ledger.Path};Pooling=False");
        connection.Open();
        connection.Run(text);
    }
}
