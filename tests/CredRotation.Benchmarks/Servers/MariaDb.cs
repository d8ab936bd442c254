using System.Globalization;
using CredRotation.Sandbox.World;
using MySqlConnector;

namespace CredRotation.Benchmarks.Servers;

/// <summary>A real MariaDB of this process's own on a free port of this machine, with one database, which logs every statement that it is sent.</summary>
internal sealed class MariaDb : IAsyncDisposable
{
    public const string Database = "shop";

    private const string Program = "/usr/sbin/mariadbd", Install = "/usr/bin/mariadb-install-db", User = "mysql";

    private static readonly Lazy<Task<MariaDb>> s_shared = new(() => StartAsync(CancellationToken.None));

    private readonly ServerProcess _process;

    private MariaDb(ServerProcess process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public string Administrator => SettingsFor(Port, "root", "", Database);

    /// <summary>One for the whole process; it ends with it.</summary>
    /// <exception cref="ServerUnavailableException">MariaDB is not on this machine.</exception>
    public static Task<MariaDb> SharedAsync() => s_shared.Value;

    public static async Task<MariaDb> StartAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Program) || !File.Exists(Install)) throw new ServerUnavailableException($"{Program} is not on this machine. Install it: apt-get install mariadb-server.");
        var folder = await ServerProcess.MakeFolderAsync("cr-my-", User, cancellationToken);
        var (data, port) = (Path.Combine(folder, "data"), FreePort.Find());
        string[] asUser = Environment.IsPrivilegedProcess ? [$"--user={User}"] : [];
        await ServerProcess.RunAsync([Install, "--no-defaults", .. asUser, $"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"], cancellationToken);
        var process = await ServerProcess.StartAsync(folder, "TERM",
            [Program, "--no-defaults", .. asUser, $"--datadir={data}", $"--socket={folder}/s", $"--pid-file={folder}/p", "--bind-address=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"--port={port}"), "--skip-name-resolve",
                "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", "--skip-log-bin", "--performance-schema=OFF", "--general-log=1", $"--general-log-file={folder}/general"],
            token => ExecuteAsync(SettingsFor(port, "root", "", ""), $"create database if not exists {Database}", token), cancellationToken);
        return new MariaDb(process, port);
    }

    public Task ExecuteAsync(string statements, CancellationToken cancellationToken) => ExecuteAsync(Administrator, statements, cancellationToken);

    public string SettingsFor(string user, string password) => SettingsFor(Port, user, password, Database);

    public async Task<string> ReadStatementsAsync(CancellationToken cancellationToken)
    {
        await using var file = new FileStream(Path.Combine(_process.Folder, "general"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string SettingsFor(int port, string user, string password, string database)
        => new MySqlConnectionStringBuilder { Server = "127.0.0.1", Port = (uint)port, UserID = user, Password = password, Database = database, SslMode = MySqlSslMode.Disabled, Pooling = false, ConnectionTimeout = 5 }.ConnectionString;

    private static async Task ExecuteAsync(string settings, string statements, CancellationToken cancellationToken)
    {
        await using var connection = new MySqlConnection(settings);
        await connection.OpenAsync(cancellationToken);
        await using var command = new MySqlCommand(statements, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
