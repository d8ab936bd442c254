using CredRotation.Adapters.Storage;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Adapters.Storage;

/// <summary>The file keeps the contract, on a clock that can be moved.</summary>
public sealed class A_work_queue_in_a_file : WorkQueueContract, IDisposable
{
    private readonly TemporaryLedger _ledger = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
    private readonly SqliteDatabase _database;
    private readonly SqliteWorkQueue _queue;

    public A_work_queue_in_a_file()
    {
        _database = new SqliteDatabase(_ledger.Path);
        _queue = new SqliteWorkQueue(_database, _clock);
    }

    protected override Task<IMessageQueue> QueueAsync() => Task.FromResult<IMessageQueue>(_queue);

    [Fact]
    public async Task Gives_a_message_out_once_its_delay_is_over()
    {
        await _queue.SendAsync(Credential, TimeSpan.FromSeconds(10), Cancellation);

        Assert.Null(await _queue.ReceiveAsync(Visit, Cancellation));
        Assert.Equal(_clock.GetUtcNow().AddSeconds(10), await _queue.NextVisibleOnAsync(Cancellation));

        _clock.Advance(TimeSpan.FromSeconds(10));
        var work = await _queue.ReceiveAsync(Visit, Cancellation);

        Assert.Equal((Credential.Value, 1), (work?.Body, work?.DequeueCount));
        Assert.Null(await _queue.ReceiveAsync(Visit, Cancellation));
    }

    [Fact]
    public async Task Gives_out_again_what_was_not_completed_and_ignores_the_late_receipt()
    {
        var first = await TakeAsync();
        _clock.Advance(Visit);
        var second = await _queue.ReceiveAsync(Visit, Cancellation);

        await _queue.CompleteAsync(first, Cancellation);
        await _queue.ReturnAsync(first, TimeSpan.Zero, Cancellation);
        await _queue.MoveToPoisonAsync(first, Cancellation);

        Assert.Equal((first.Id, 2), (second?.Id, second?.DequeueCount));
        Assert.Equal(_clock.GetUtcNow() + Visit, await _queue.NextVisibleOnAsync(Cancellation));
        Assert.Equal(0, await _queue.Named("rotations-poison").CountAsync(Cancellation));
    }

    [Fact]
    public async Task Takes_work_back_for_later()
    {
        await _queue.ReturnAsync(await TakeAsync(), TimeSpan.FromMinutes(1), Cancellation);

        Assert.Null(await _queue.ReceiveAsync(Visit, Cancellation));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, (await _queue.ReceiveAsync(Visit, Cancellation))?.DequeueCount);
    }

    [Fact]
    public async Task Holds_equal_work_once_but_adds_what_is_to_come_earlier()
    {
        await _queue.SendAsync(Credential, TimeSpan.FromMinutes(1), Cancellation);
        await _queue.SendAsync(Credential, TimeSpan.FromMinutes(2), Cancellation);
        await _queue.SendAsync(Credential, TimeSpan.Zero, Cancellation);
        _clock.Advance(TimeSpan.FromMinutes(2));

        Assert.NotNull(await _queue.ReceiveAsync(Visit, Cancellation));
        Assert.NotNull(await _queue.ReceiveAsync(Visit, Cancellation));
        Assert.Null(await _queue.ReceiveAsync(Visit, Cancellation));
    }

    [Fact]
    public async Task Adds_work_that_is_asked_for_while_an_equal_message_is_being_worked_on()
    {
        await TakeAsync();

        await _queue.SendAsync(Credential, TimeSpan.Zero, Cancellation);

        Assert.NotNull(await _queue.ReceiveAsync(Visit, Cancellation));
    }

    [Fact]
    public async Task Survives_a_restart()
    {
        await _queue.SendAsync(Credential, TimeSpan.Zero, Cancellation);

        using var reopened = new SqliteDatabase(_ledger.Path);

        Assert.NotNull(await new SqliteWorkQueue(reopened, _clock).ReceiveAsync(Visit, Cancellation));
    }

    [Fact]
    public async Task Of_the_format_that_knew_one_queue_is_taken_over()
    {
        await _queue.SendAsync(Credential, TimeSpan.Zero, Cancellation);
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_ledger.Path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "ALTER TABLE rows DROP COLUMN written; ALTER TABLE rows DROP COLUMN written_tag; DROP INDEX queue_by_name; ALTER TABLE queue DROP COLUMN name; CREATE TABLE poison (id INTEGER PRIMARY KEY, body TEXT NOT NULL, dequeue_count INTEGER NOT NULL, moved_on INTEGER NOT NULL); CREATE INDEX queue_by_time ON queue (visible_on); PRAGMA user_version = 1;";
            command.ExecuteNonQuery();
        }

        using var reopened = new SqliteDatabase(_ledger.Path);

        Assert.Equal(Credential.Value, (await new SqliteWorkQueue(reopened, _clock).ReceiveAsync(Visit, Cancellation))?.Body);
    }

    public void Dispose()
    {
        _database.Dispose();
        _ledger.Dispose();
    }

    private async Task<QueuedWork> TakeAsync()
    {
        await _queue.SendAsync(Credential, TimeSpan.Zero, Cancellation);
        return await _queue.ReceiveAsync(Visit, Cancellation) ?? throw new InvalidOperationException("Nothing was visible.");
    }
}
