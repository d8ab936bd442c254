using System.Globalization;
using System.Security.Cryptography;
using CredRotation.Sandbox.World;
using Npgsql;

namespace CredRotation.Benchmarks.Servers;

/// <summary>A real PostgreSQL of this process's own on a free port of this machine, with one database, which logs what it is sent.</summary>
internal sealed class PostgreSql : IAsyncDisposable
{
    public const string Database = "shop";

    private const string Folder = "/usr/lib/postgresql", User = "postgres";

    private static readonly Lazy<Task<PostgreSql>> s_shared = new(() => StartAsync("all", CancellationToken.None));

    private readonly ServerProcess _process;
    private readonly string _password;

    private PostgreSql(ServerProcess process, int port, string password) => (_process, Port, _password) = (process, port, password);

    public int Port { get; }

    /// <summary>Signs in as the superuser.</summary>
    public string Administrator => SettingsFor(Port, User, _password, Database);

    /// <summary>One for the whole process; it ends with it.</summary>
    /// <exception cref="ServerUnavailableException">PostgreSQL is not on this machine.</exception>
    public static Task<PostgreSql> SharedAsync() => s_shared.Value;

    /// <exception cref="ServerUnavailableException">PostgreSQL is not on this machine.</exception>
    /// <param name="logs">Which statements the server writes to its log: <c>all</c>, or <c>ddl</c> for those that define something, passwords included.</param>
    public static async Task<PostgreSql> StartAsync(string logs, CancellationToken cancellationToken)
    {
        var programs = FindPrograms();
        var folder = await ServerProcess.MakeFolderAsync("cr-pg-", User, cancellationToken);
        var (data, word, password, port) = (Path.Combine(folder, "data"), Path.Combine(folder, "word"), RandomNumberGenerator.GetHexString(32), FreePort.Find());
        await File.WriteAllTextAsync(word, password, cancellationToken);
        await ServerProcess.RunAsync(ServerProcess.As(User, [Path.Combine(programs, "initdb"), "-D", data, "-U", User, "-A", "scram-sha-256", $"--pwfile={word}", "-E", "UTF8", "--no-locale", "--no-sync"]), cancellationToken);
        var process = await ServerProcess.StartAsync(folder, "INT", ServerProcess.As(User,
            [Path.Combine(programs, "postgres"), "-D", data, "-p", port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", $"log_statement={logs}", "-c", "log_connections=on",
                "-c", "max_connections=200", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]),
            token => ExecuteAsync(SettingsFor(port, User, password, "postgres"), "select 1", token), cancellationToken);
        var server = new PostgreSql(process, port, password);
        await ExecuteAsync(SettingsFor(port, User, password, "postgres"), $"create database {Database}", cancellationToken);
        return server;
    }

    public Task ExecuteAsync(string statements, CancellationToken cancellationToken) => ExecuteAsync(Administrator, statements, cancellationToken);

    public string SettingsFor(string user, string password) => SettingsFor(Port, user, password, Database);

    public Task<string> ReadLogAsync(CancellationToken cancellationToken) => _process.ReadLogAsync(cancellationToken);

    /// <summary>Lets nobody in from anywhere as this role, whatever the password.</summary>
    public async Task ShutOutAsync(string role, CancellationToken cancellationToken)
    {
        var path = Path.Combine(_process.Folder, "data", "pg_hba.conf");
        await File.WriteAllTextAsync(path, $"host all \"{role}\" all reject\n{await File.ReadAllTextAsync(path, cancellationToken)}", cancellationToken);
        await ExecuteAsync("select pg_reload_conf()", cancellationToken);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string SettingsFor(int port, string user, string password, string database)
        => new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = port, Username = user, Password = password, Database = database, SslMode = SslMode.Disable, Pooling = false, Timeout = 5 }.ConnectionString;

    private static async Task ExecuteAsync(string settings, string statements, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(settings);
        await using var command = source.CreateCommand(statements);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string FindPrograms()
        => (Directory.Exists(Folder) ? Directory.GetDirectories(Folder) : [])
            .Select(folder => (Programs: Path.Combine(folder, "bin"), IsVersion: int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var version), Version: version))
            .Where(found => found.IsVersion && File.Exists(Path.Combine(found.Programs, "initdb")))
            .OrderByDescending(found => found.Version)
            .Select(found => found.Programs)
            .FirstOrDefault() ?? throw new ServerUnavailableException($"PostgreSQL is not under {Folder}. Install it: apt-get install postgresql.");
}
