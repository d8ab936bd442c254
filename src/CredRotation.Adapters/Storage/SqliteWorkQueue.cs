using System.Globalization;
using CredRotation.Engine;
using Microsoft.Data.Sqlite;

namespace CredRotation.Adapters.Storage;

/// <summary>One named queue in the file, with the manners of a storage queue.</summary>
public sealed class SqliteWorkQueue(SqliteDatabase database, TimeProvider clock, string name) : IMessageQueue
{
    // The oldest poison makes room: the sweep of open rows, not this queue, is the truth.
    private const int PoisonMax = 1000;

    public SqliteWorkQueue(SqliteDatabase database, TimeProvider clock) : this(database, clock, QueueRules.Rotations)
    {
    }

    public string Name => name;

    public SqliteWorkQueue Named(string other) => other == name ? this : new SqliteWorkQueue(database, clock, other);

    IMessageQueue IMessageQueue.Named(string other) => Named(other);

    public Task SendAsync(CredentialId credential, TimeSpan delay, CancellationToken cancellationToken) => SendAsync(credential.Value, delay, cancellationToken);

    public Task SendAsync(string body, TimeSpan delay, CancellationToken cancellationToken)
    {
        QueueRules.CheckBody(body);
        var visibleOn = In(delay);
        return database.WriteAsync(
            connection => connection.Run(
                // An equal message that nobody holds and that comes no later does the same work.
                """
                INSERT INTO queue (name, body, visible_on)
                SELECT @name, @body, @visible WHERE NOT EXISTS (SELECT 1 FROM queue WHERE name = @name AND body = @body AND receipt IS NULL AND visible_on <= @visible);
                """,
                ("@name", name), ("@body", body), ("@visible", visibleOn)),
            cancellationToken);
    }

    public async Task<QueuedWork?> ReceiveAsync(TimeSpan invisibleFor, CancellationToken cancellationToken)
    {
        var (now, until) = (In(TimeSpan.Zero), In(invisibleFor));

        // An idle poll must not write: a write transaction waits for every other process and for the disk.
        var isAnyVisible = await database.ReadAsync(connection => connection.NumberOrNull("SELECT 1 FROM queue WHERE name = @name AND visible_on <= @now LIMIT 1;", ("@name", name), ("@now", now)), cancellationToken);
        return isAnyVisible is null ? null : await database.WriteAsync(connection => Take(connection, now, until), cancellationToken);
    }

    public Task CompleteAsync(QueuedWork work, CancellationToken cancellationToken)
        => database.WriteAsync(
            connection => connection.Run("DELETE FROM queue WHERE id = @id AND receipt = @receipt;", ("@id", NumberOf(work.Id)), ("@receipt", NumberOf(work.Receipt))),
            cancellationToken);

    public Task ReturnAsync(QueuedWork work, TimeSpan delay, CancellationToken cancellationToken)
    {
        var visibleOn = In(delay);
        return database.WriteAsync(
            connection => connection.Run(
                "UPDATE queue SET visible_on = @visible, receipt = NULL WHERE id = @id AND receipt = @receipt;",
                ("@id", NumberOf(work.Id)), ("@receipt", NumberOf(work.Receipt)), ("@visible", visibleOn)),
            cancellationToken);
    }

    public Task MoveToPoisonAsync(QueuedWork work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        var now = In(TimeSpan.Zero);
        return database.WriteAsync(
            connection =>
            {
                if (connection.Run("DELETE FROM queue WHERE id = @id AND receipt = @receipt;", ("@id", NumberOf(work.Id)), ("@receipt", NumberOf(work.Receipt))) == 0) return 0;
                connection.Run("DELETE FROM queue WHERE id IN (SELECT id FROM queue WHERE name = @poison ORDER BY id DESC LIMIT -1 OFFSET @kept);", ("@poison", name + QueueRules.PoisonSuffix), ("@kept", PoisonMax - 1));
                return connection.Run("INSERT INTO queue (name, body, visible_on) VALUES (@poison, @body, @now);", ("@poison", name + QueueRules.PoisonSuffix), ("@body", work.Body), ("@now", now));
            },
            cancellationToken);
    }

    /// <summary>When the next message becomes visible (in the past when one is); null when the queue is empty.</summary>
    public Task<DateTimeOffset?> NextVisibleOnAsync(CancellationToken cancellationToken)
        => database.ReadAsync<DateTimeOffset?>(
            connection => connection.NumberOrNull("SELECT MIN(visible_on) FROM queue WHERE name = @name;", ("@name", name)) is { } visibleOn ? DateTimeOffset.FromUnixTimeMilliseconds(visibleOn) : null,
            cancellationToken);

    public Task<int> CountAsync(CancellationToken cancellationToken)
        => database.ReadAsync(connection => (int)connection.Number("SELECT COUNT(*) FROM queue WHERE name = @name;", ("@name", name)), cancellationToken);

    private QueuedWork? Take(SqliteConnection connection, long now, long until)
    {
        var receipt = connection.NextNumber();
        using var command = connection.Command(
            """
            UPDATE queue SET visible_on = @until, dequeue_count = dequeue_count + 1, receipt = @receipt
            WHERE id = (SELECT id FROM queue WHERE name = @name AND visible_on <= @now ORDER BY visible_on, id LIMIT 1)
            RETURNING id, body, dequeue_count;
            """,
            ("@name", name), ("@now", now), ("@until", until), ("@receipt", receipt));
        using var reader = command.ExecuteReader();
        return reader.Read()
            ? new QueuedWork(reader.GetInt64(0).ToString(CultureInfo.InvariantCulture), reader.GetString(1), reader.GetInt32(2), receipt.ToString(CultureInfo.InvariantCulture))
            : null;
    }

    private long In(TimeSpan delay)
    {
        QueueRules.CheckDelay(delay);
        return (clock.GetUtcNow() + delay).ToUnixTimeMilliseconds();
    }

    private static long NumberOf(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
