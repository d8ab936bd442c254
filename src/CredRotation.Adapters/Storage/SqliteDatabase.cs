using System.Globalization;
using CredRotation.Engine;
using Microsoft.Data.Sqlite;

namespace CredRotation.Adapters.Storage;

/// <summary>
/// One SQLite file that holds registry, ledger and queue. What it answered as written survives SIGKILL and power loss, several
/// processes may share it, and a file that is not ours, newer or damaged is left untouched. Trouble with it is a
/// <see cref="RemoteTroubleException"/> of the remote <c>ledger</c>.
/// </summary>
public sealed class SqliteDatabase(string path) : IDisposable
{
    /// <summary>The layout this build writes; a file with a higher one is refused.</summary>
    public const int Format = 4;

    // "CrRo" in the file's header: tells our ledger from somebody else's database.
    private const int ApplicationId = 0x4372_526F;

    private const string Schema = """
        CREATE TABLE counter (value INTEGER NOT NULL);
        INSERT INTO counter (value) VALUES (0);
        CREATE TABLE rows (
            partition TEXT NOT NULL, row TEXT NOT NULL, body TEXT NOT NULL, tag INTEGER NOT NULL,
            written INTEGER NULL, written_tag INTEGER NULL,
            PRIMARY KEY (partition, row));
        CREATE TABLE queue (
            id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, visible_on INTEGER NOT NULL,
            dequeue_count INTEGER NOT NULL DEFAULT 0, receipt INTEGER NULL, name TEXT NOT NULL DEFAULT 'rotations');
        CREATE INDEX queue_by_name ON queue (name, visible_on);
        """;

    // Format 1 knew one queue.
    private const string FromFormat1 = """
        ALTER TABLE queue ADD COLUMN name TEXT NOT NULL DEFAULT 'rotations';
        ALTER TABLE poison ADD COLUMN name TEXT NOT NULL DEFAULT 'rotations';
        DROP INDEX queue_by_time;
        CREATE INDEX queue_by_name ON queue (name, visible_on);
        PRAGMA user_version = 2;
        """;

    // Format 2 did not know how old a row is. A build of it that is still open writes a row and leaves "written" as it was: hence the tag beside it.
    private const string FromFormat2 = """
        ALTER TABLE rows ADD COLUMN written INTEGER NULL;
        ALTER TABLE rows ADD COLUMN written_tag INTEGER NULL;
        PRAGMA user_version = 3;
        """;

    // Format 3 kept poison in a table that no function read.
    private const string FromFormat3 = """
        INSERT INTO queue (name, body, visible_on) SELECT name || '-poison', body, moved_on FROM poison ORDER BY id;
        DROP TABLE poison;
        PRAGMA user_version = 4;
        """;

    // SQLite's result codes, as far as they need different words.
    private const int Busy = 5, Locked = 6, ReadOnly = 8, Corrupt = 11, Full = 13, CannotOpen = 14, NotADatabase = 26;

    private readonly string _connectionString = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWriteCreate,
        DefaultTimeout = 10,
    }.ToString();

    // Writers of this process take turns without blocking a thread; other processes are waited for by busy_timeout.
    private readonly SemaphoreSlim _writers = new(1, 1);
    private readonly Lock _preparing = new();
    private bool _isPrepared;

    /// <summary>Opens, checks and if need be creates the file, so that a head can refuse to start with a clear message.</summary>
    public void EnsureReady()
    {
        try
        {
            using var connection = Open();
        }
        catch (SqliteException exception)
        {
            throw Trouble(exception);
        }
    }

    public void Dispose()
    {
        using (var connection = new SqliteConnection(_connectionString)) SqliteConnection.ClearPool(connection);
        _writers.Dispose();
    }

    internal Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            using var connection = Open();
            return Task.FromResult(read(connection));
        }
        catch (SqliteException exception)
        {
            return Task.FromException<T>(Trouble(exception));
        }
        catch (RemoteTroubleException exception)
        {
            return Task.FromException<T>(exception);
        }
    }

    /// <summary>Runs changes as one transaction that no other writer can come between; what throws changes nothing.</summary>
    internal async Task<T> WriteAsync<T>(Func<SqliteConnection, T> change, CancellationToken cancellationToken)
    {
        await _writers.WaitAsync(cancellationToken);
        try
        {
            using var connection = Open();
            using var transaction = connection.BeginTransaction(deferred: false);
            var result = change(connection);
            transaction.Commit();
            return result;
        }
        catch (SqliteException exception)
        {
            throw Trouble(exception);
        }
        finally
        {
            _writers.Release();
        }
    }

    private SqliteConnection Open()
    {
        lock (_preparing)
        {
            if (!_isPrepared) Prepare();
            _isPrepared = true;
        }

        return Connect();
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();
            // FULL: with WAL, NORMAL could lose the last commits to a power cut, and a lost "IssueSent" is a lost credential.
            connection.Run("PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Prepare()
    {
        CreatePrivateFile();
        using var connection = Connect();

        // Looked at before anything is written: a file that is not ours must stay as it is.
        if (IsEmpty(connection))
        {
            connection.Run("PRAGMA journal_mode = WAL;");
            CreateTables(connection);
        }

        CheckIsOurs(connection);
        connection.Run("PRAGMA journal_mode = WAL;");
        Upgrade(connection);
    }

    private static void Upgrade(SqliteConnection connection)
    {
        if (connection.Number("PRAGMA user_version;") == Format) return;
        using var transaction = connection.BeginTransaction(deferred: false);
        // Another process may have been first.
        if (connection.Number("PRAGMA user_version;") == 1) connection.Run(FromFormat1);
        if (connection.Number("PRAGMA user_version;") == 2) connection.Run(FromFormat2);
        if (connection.Number("PRAGMA user_version;") == 3) connection.Run(FromFormat3);
        transaction.Commit();
    }

    // The ledger holds no secrets, but who may rewrite it may rewrite history.
    private void CreatePrivateFile()
    {
        if (File.Exists(path)) return;
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var file = new FileStream(path, options);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Trouble($"cannot be created ({exception.GetType().Name})", "Check that the folder exists and is writable", exception);
        }
    }

    private static bool IsEmpty(SqliteConnection connection)
        => connection.Number("PRAGMA application_id;") == 0 && connection.Number("SELECT COUNT(*) FROM sqlite_master;") == 0;

    private static void CreateTables(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        // Another process may have been first.
        if (!IsEmpty(connection)) return;
        connection.Run(Schema);
        connection.Run(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Format};"));
        transaction.Commit();
    }

    private void CheckIsOurs(SqliteConnection connection)
    {
        if (connection.Number("PRAGMA application_id;") != ApplicationId)
            throw Trouble("is another application's database", "Point Storage:SqlitePath at a file of its own", null);

        var format = connection.Number("PRAGMA user_version;");
        if (format is < 1 or > Format)
            throw Trouble($"has format {format}, and this build knows only {Format}", "Start the build that wrote it, or a newer one", null);

        if (connection.Text("PRAGMA quick_check(1);") is not "ok")
            throw Trouble("is damaged", Repair, null);
    }

    private const string Repair = "Keep a copy of it with its -wal file, restore the last backup, then let the sweep read the vaults again";

    private RemoteTroubleException Trouble(SqliteException exception) => exception.SqliteErrorCode switch
    {
        Corrupt => Trouble("is damaged", Repair, exception),
        NotADatabase => Trouble("is not a database, or its beginning is damaged", Repair, exception),
        Busy or Locked => Trouble("is locked by another process for too long", "Look for a process that keeps it open; the visit is tried again", exception),
        Full => Trouble("cannot grow: the disk is full", "Free some space; the visit is tried again", exception),
        ReadOnly or CannotOpen => Trouble("cannot be opened for writing", "Check its path and permissions", exception),
        var code => Trouble(string.Create(CultureInfo.InvariantCulture, $"answered with SQLite error {code}/{exception.SqliteExtendedErrorCode}"), "Look at the disk it is on; the visit is tried again", exception),
    };

    private RemoteTroubleException Trouble(string what, string next, Exception? inner) => new(
        "ledger",
        RemoteTrouble.Unknown,
        $"The ledger file '{Path.GetFileName(path)}' {what}. It was left as it is, no rotation moves, and every credential in use keeps working. {next}.",
        retryAfter: null,
        inner);
}
