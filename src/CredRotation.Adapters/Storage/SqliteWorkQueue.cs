using System.Globalization;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using Microsoft.Data.Sqlite;

namespace CredRotation.Adapters.Storage;

/// <summary>One named queue in the file, with the manners of a storage queue: taken messages become visible again unless completed, and poison is set aside.</summary>
public sealed class SqliteWorkQueue(SqliteDatabase database, TimeProvider clock, string name) : IWorkQueue
{
    /// <summary>The queue of credentials to visit.</summary>
    public const string Rotations = "rotations";

    /// <summary>Characters of one message, as a storage queue takes them.</summary>
    public const int BodyMax = 64 * 1024;

    /// <summary>The longest delay of a message.</summary>
    public static readonly TimeSpan DelayMax = TimeSpan.FromDays(7);

    // The oldest poison makes room: the sweep of open rows, not this queue, is the truth.
    private const int PoisonMax = 1000;

    public SqliteWorkQueue(SqliteDatabase database, TimeProvider clock) : this(database, clock, Rotations)
    {
    }

    /// <summary>Another queue of the same file.</summary>
    public SqliteWorkQueue Named(string other) => other == name ? this : new SqliteWorkQueue(database, clock, other);

    public Task SendAsync(CredentialId credential, TimeSpan delay, CancellationToken cancellationToken) => SendAsync(credential.Value, delay, cancellationToken);

    /// <summary>Sends raw text, as whoever else fills a storage queue does.</summary>
    public Task SendAsync(string body, TimeSpan delay, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(body.Length, BodyMax, nameof(body));
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

    /// <summary>Takes the message that has been visible longest; null when none is. It stays invisible for <paramref name="invisibleFor"/>.</summary>
    public async Task<QueuedWork?> ReceiveAsync(TimeSpan invisibleFor, CancellationToken cancellationToken)
    {
        var (now, until) = (In(TimeSpan.Zero), In(invisibleFor));

        // An idle poll must not write: a write transaction waits for every other process and for the disk.
        var isAnyVisible = await database.ReadAsync(connection => connection.NumberOrNull("SELECT 1 FROM queue WHERE name = @name AND visible_on <= @now LIMIT 1;", ("@name", name), ("@now", now)), cancellationToken);
        return isAnyVisible is null ? null : await database.WriteAsync(connection => Take(connection, now, until), cancellationToken);
    }

    /// <summary>The work is done. Nothing happens when somebody else took the message meanwhile.</summary>
    public Task CompleteAsync(QueuedWork work, CancellationToken cancellationToken)
        => database.WriteAsync(
            connection => connection.Run("DELETE FROM queue WHERE id = @id AND receipt = @receipt;", ("@id", work.Id), ("@receipt", NumberOf(work))),
            cancellationToken);

    /// <summary>Hands the message back, to be taken again after <paramref name="delay"/>.</summary>
    public Task ReturnAsync(QueuedWork work, TimeSpan delay, CancellationToken cancellationToken)
    {
        var visibleOn = In(delay);
        return database.WriteAsync(
            connection => connection.Run(
                "UPDATE queue SET visible_on = @visible, receipt = NULL WHERE id = @id AND receipt = @receipt;",
                ("@id", work.Id), ("@receipt", NumberOf(work)), ("@visible", visibleOn)),
            cancellationToken);
    }

    /// <summary>Sets a message aside that fails every time, where a person finds it.</summary>
    public Task MoveToPoisonAsync(QueuedWork work, CancellationToken cancellationToken)
    {
        var now = In(TimeSpan.Zero);
        return database.WriteAsync(
            connection =>
            {
                if (connection.Run("DELETE FROM queue WHERE id = @id AND receipt = @receipt;", ("@id", work.Id), ("@receipt", NumberOf(work))) == 0) return 0;
                connection.Run("DELETE FROM poison WHERE id IN (SELECT id FROM poison WHERE name = @name ORDER BY id DESC LIMIT -1 OFFSET @kept);", ("@name", name), ("@kept", PoisonMax - 1));
                return connection.Run(
                    "INSERT INTO poison (id, name, body, dequeue_count, moved_on) VALUES (@id, @name, @body, @count, @now);",
                    ("@id", work.Id), ("@name", name), ("@body", work.Body), ("@count", work.DequeueCount), ("@now", now));
            },
            cancellationToken);
    }

    /// <summary>When the next message becomes visible (in the past when one is); null when the queue is empty.</summary>
    public Task<DateTimeOffset?> NextVisibleOnAsync(CancellationToken cancellationToken)
        => database.ReadAsync<DateTimeOffset?>(
            connection => connection.NumberOrNull("SELECT MIN(visible_on) FROM queue WHERE name = @name;", ("@name", name)) is { } visibleOn ? DateTimeOffset.FromUnixTimeMilliseconds(visibleOn) : null,
            cancellationToken);

    public Task<int> CountPoisonAsync(CancellationToken cancellationToken)
        => database.ReadAsync(connection => (int)connection.Number("SELECT COUNT(*) FROM poison WHERE name = @name;", ("@name", name)), cancellationToken);

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
            ? new QueuedWork(reader.GetInt64(0), reader.GetString(1), reader.GetInt32(2), receipt.ToString(CultureInfo.InvariantCulture))
            : null;
    }

    private long In(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, DelayMax);
        return (clock.GetUtcNow() + delay).ToUnixTimeMilliseconds();
    }

    private static long NumberOf(QueuedWork work) => long.TryParse(work.Receipt, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
