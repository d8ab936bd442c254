using Npgsql;

namespace CredRotation.Providers.Databases.PostgreSql;

/// <summary>One connection of its own for one call: a pooled one would go on with a login that was ended long ago.</summary>
internal static class PostgreSqlSession
{
    private const int ConnectSeconds = 10, CommandSeconds = 20;

    /// <summary>Signs in and does the work; what goes wrong is told, and what is cancelled is thrown.</summary>
    public static async Task<T> RunAsync<T>(PostgreSqlAccount account, Login login, Func<NpgsqlConnection, CancellationToken, Task<T>> work, Func<LoginTrouble, T> troubled, CancellationToken cancellationToken)
    {
        try
        {
            // A source of its own is forgotten with its password when it is disposed of; one made by a connection string is kept for good.
            var builder = new NpgsqlDataSourceBuilder(Settings(account, login));
            // No query but ours.
            builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
            await using var source = builder.Build();
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            return await work(connection, cancellationToken);
        }
        catch (Exception lost) when (lost is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException && !cancellationToken.IsCancellationRequested)
        {
            return troubled(PostgreSqlTrouble.Of(lost));
        }
    }

    private static string Settings(PostgreSqlAccount account, Login login) => new NpgsqlConnectionStringBuilder
    {
        Host = account.Address.Host,
        Port = account.Address.Port,
        Database = account.Address.Database,
        Username = login.Username,
        Password = login.Password.RevealToRemote(),
        SslMode = account.SslMode,
        GssEncryptionMode = GssEncryptionMode.Disable,
        // Whoever answers in the server's place is never told a password.
        RequireAuth = "ScramSHA256,MD5",
        Pooling = false,
        Enlist = false,
        ApplicationName = "credrotation",
        Timeout = ConnectSeconds,
        CommandTimeout = CommandSeconds,
    }.ConnectionString;
}
