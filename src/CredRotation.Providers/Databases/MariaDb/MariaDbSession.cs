using System.Net.Sockets;
using System.Security.Authentication;
using MySqlConnector;

namespace CredRotation.Providers.Databases.MariaDb;

/// <summary>What a failed call means, by the server's own number and never by its words, which may quote what was sent. Source: MariaDB documentation, "MariaDB Error Codes".</summary>
internal static class MariaDbTrouble
{
    public static LoginTrouble Of(Exception thrown) => thrown switch
    {
        MySqlException { InnerException: AuthenticationException } => new(LoginMeaning.Unknown, "tls", "The server's certificate is not accepted. Its issuer must be trusted here and name the host; nothing was sent."),
        MySqlException { Number: > 0 } error when MeaningOf(error.Number) is var meaning => new(meaning, error.Number.ToString(System.Globalization.CultureInfo.InvariantCulture), $"MariaDB answered {error.Number}."),
        _ => new(LoginMeaning.Unknown, thrown.GetType().Name, $"The connection to MariaDB ended without an answer ({thrown.GetType().Name})."),
    };

    private static LoginMeaning MeaningOf(int number) => number switch
    {
        // Access denied, with and without a password; the account is locked.
        1045 or 1698 or 3118 or 4151 => LoginMeaning.Refused,
        // Too many connections, of all, of the user, by its quota; waited too long for a lock, deadlock.
        1040 or 1203 or 1226 or 1205 or 1213 => LoginMeaning.Later,
        // No right to the database, the table, the act; no such database, user, grant; syntax, read only.
        1044 or 1142 or 1227 or 1370 or 1049 or 1396 or 1141 or 1064 or 1290 or 1819 => LoginMeaning.Rejected,
        _ => LoginMeaning.Unknown,
    };
}

/// <summary>One connection of its own for one call: a pooled one would go on with a login that was ended long ago.</summary>
internal static class MariaDbSession
{
    private const uint ConnectSeconds = 10, CommandSeconds = 20;

    /// <summary>Signs in and does the work; what goes wrong is told, and what is cancelled is thrown.</summary>
    public static async Task<T> RunAsync<T>(MariaDbAccount account, Login login, Func<MySqlConnection, CancellationToken, Task<T>> work, Func<LoginTrouble, T> troubled, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new MySqlConnection(Settings(account, login));
            await connection.OpenAsync(cancellationToken);
            return await work(connection, cancellationToken);
        }
        catch (Exception lost) when (lost is MySqlException or IOException or SocketException or TimeoutException or MySqlProtocolException && !cancellationToken.IsCancellationRequested)
        {
            return troubled(MariaDbTrouble.Of(lost));
        }
    }

    private static string Settings(MariaDbAccount account, Login login) => new MySqlConnectionStringBuilder
    {
        Server = account.Address.Host,
        Port = (uint)account.Address.Port,
        Database = account.Address.Database,
        UserID = login.Username,
        Password = login.Password.RevealToRemote(),
        SslMode = account.SslMode,
        Pooling = false,
        AutoEnlist = false,
        // No file of ours for a server that asks, and no other server than the one named.
        AllowLoadLocalInfile = false,
        ServerRedirectionMode = MySqlServerRedirectionMode.Disabled,
        ApplicationName = "credrotation",
        ConnectionTimeout = ConnectSeconds,
        DefaultCommandTimeout = CommandSeconds,
    }.ConnectionString;
}
