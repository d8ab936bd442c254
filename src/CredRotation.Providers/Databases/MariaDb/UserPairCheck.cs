using CredRotation.Engine;
using MySqlConnector;

namespace CredRotation.Providers.Databases.MariaDb;

/// <summary>
/// Whether consumers can run either user alike and the management user may set both passwords: both are there and not locked, and what one is
/// granted, the other is. Each fault says what mends it. Source: MariaDB documentation, SHOW GRANTS, SHOW CREATE USER, ALTER USER.
/// </summary>
internal static class UserPairCheck
{
    private const int NoSuchUser = 1141, CannotUser = 1396, NoSuchUserEither = 1133;

    public static async Task<TargetOutcome> RunAsync(MySqlConnection connection, UserPair pair, LoginDialect dialect, CancellationToken cancellationToken)
    {
        var (version, isReadOnly, remoteDate) = await ReadServerAsync(connection, cancellationToken);
        var fault = dialect.ServerFault(version) is { } other ? other
            : isReadOnly ? "server-is-read-only: name the primary server as host"
            : !(await ReadAsync(connection, "show grants", cancellationToken)).Any(MayAlter) ? "management-may-not-alter: GRANT CREATE USER ON *.* TO the management user"
            : await ComparedAsync(connection, pair, dialect, cancellationToken);
        return fault is null ? new TargetOutcome.Readable(remoteDate) : new TargetOutcome.Unreadable(fault, remoteDate);
    }

    private static async Task<(string Version, bool IsReadOnly, DateTimeOffset Now)> ReadServerAsync(MySqlConnection connection, CancellationToken cancellationToken)
    {
        await using var ask = new MySqlCommand("select version(), @@global.read_only, utc_timestamp(), current_user()", connection);
        await using var row = await ask.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetString(0), row.GetBoolean(1), new DateTimeOffset(row.GetDateTime(2), TimeSpan.Zero));
    }

    private static bool MayAlter(string grant)
        => grant.Contains(" ON *.* TO ", StringComparison.Ordinal) && (grant.StartsWith("GRANT ALL PRIVILEGES ", StringComparison.Ordinal) || grant[..grant.IndexOf(" ON *.* TO ", StringComparison.Ordinal)].Contains("CREATE USER", StringComparison.Ordinal));

    private static async Task<string?> ComparedAsync(MySqlConnection connection, UserPair pair, LoginDialect dialect, CancellationToken cancellationToken)
    {
        var rights = new List<HashSet<string>>();
        foreach (var user in new[] { pair.First, pair.Second })
        {
            var name = pair.Quote(user);
            try
            {
                var made = await ReadAsync(connection, $"show create user {name}", cancellationToken);
                if (!dialect.IsEndALock && made.Any(line => line.EndsWith(" ACCOUNT LOCK", StringComparison.Ordinal))) return $"user-is-locked: ALTER USER {name} ACCOUNT UNLOCK";
                // The line of the user itself ends with its password's hash, which is nobody's business.
                rights.Add([.. (await ReadAsync(connection, $"show grants for {name}", cancellationToken)).Select(grant => grant.Split(" IDENTIFIED ")[0].Replace(name, "?", StringComparison.Ordinal))]);
            }
            catch (MySqlException missing) when (missing.Number is NoSuchUser or CannotUser or NoSuchUserEither)
            {
                return $"user-missing: CREATE USER {name} {dialect.Made}, then grant it what {pair.Quote(pair.Other(user))} has";
            }
        }

        var (first, second) = (rights[0].Except(rights[1]).Count(), rights[1].Except(rights[0]).Count());
        return first + second == 0 ? null : $"twin-lacks-grants: {first} grants of {pair.Quote(pair.First)} the other lacks, and {second} the other way round; compare SHOW GRANTS FOR both and make them alike";
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(MySqlConnection connection, string statement, CancellationToken cancellationToken)
    {
        await using var ask = new MySqlCommand(statement, connection);
        await using var rows = await ask.ExecuteReaderAsync(cancellationToken);
        var lines = new List<string>();
        while (await rows.ReadAsync(cancellationToken)) lines.Add(rows.GetString(0));
        return lines;
    }
}
