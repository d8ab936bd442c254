using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using CredRotation.Engine;

namespace CredRotation.Providers.Databases.MariaDb;

/// <summary>What the two servers of one protocol are told differently.</summary>
/// <param name="ServerFault">Null where a server of this version takes these statements.</param>
/// <param name="SetPassword">Gives a user, quoted, a password and lets it sign in.</param>
/// <param name="TakeAway">Lets a user, quoted, sign in no more.</param>
/// <param name="IsEndALock">A user between two turns is locked, which is then no fault.</param>
/// <param name="Made">How a user is made that nobody can sign in as yet.</param>
internal sealed record LoginDialect(string Kind, ProviderFacts Facts, Func<string, string?> ServerFault, Func<string, SecretText, string> SetPassword, Func<string, string> TakeAway, bool IsEndALock, string Made)
{
    /// <summary>A hash in the password's place, so that the password reaches neither the server nor its logs; and one that no password has.</summary>
    public static LoginDialect MariaDb { get; } = new(
        MariaDbProvider.KindName,
        new ProviderFacts(ProviderGroup.Data, ProviderStatus.Live,
            ["the management user: CREATE USER on *.*, and SELECT on the mysql database to compare grants", "both users: the same grants, and USAGE of the database"],
            "MariaDB documentation: ALTER USER, SHOW GRANTS, mysql_native_password, Error Codes; run against MariaDB 10.11", new DateOnly(2026, 11, 23)),
        version => IsMariaDb(version) ? null : "server-is-not-mariadb: name an account of kind mysql-login, whose statements it takes",
        (user, password) => $"alter user {user} identified via mysql_native_password using '{HashOf(password)}'",
        user => $"alter user {user} identified via mysql_native_password using 'invalid'",
        IsEndALock: false,
        "IDENTIFIED VIA mysql_native_password USING 'invalid'");

    /// <summary>
    /// The server hashes by the plugin that it prefers, and writes no password of such a statement into its logs. A lock ends what one repeat of
    /// RETAIN CURRENT PASSWORD would not: repeated, that statement retains the new password and ends the one that consumers run.
    /// </summary>
    public static LoginDialect MySql { get; } = new(
        "mysql-login",
        new ProviderFacts(ProviderGroup.Data, ProviderStatus.Documented,
            ["the management user: CREATE USER on *.*, and SELECT on the mysql database to compare grants", "both users: the same grants, and USAGE of the database"],
            "MySQL 8.4 reference manual: ALTER USER, Account Locking, Passwords and Logging, Server Error Message Reference; its statements run against MariaDB, never against MySQL", new DateOnly(2026, 11, 23)),
        version => !IsMariaDb(version) && char.IsAsciiDigit(version[0]) && version[0] >= '8' ? null : "server-is-not-mysql-8: for MariaDB name an account of kind mariadb-login",
        (user, password) => $"alter user {user} identified by '{password.RevealToRemote()}' account unlock",
        user => $"alter user {user} account lock",
        IsEndALock: true,
        "IDENTIFIED BY RANDOM PASSWORD ACCOUNT LOCK");

    private static bool IsMariaDb(string version) => version.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);

    [SuppressMessage("Security", "CA5350", Justification = "The server keeps this hash and no other for this plugin; the passwords are 256 random bits.")]
    private static string HashOf(SecretText password) => $"*{Convert.ToHexString(SHA1.HashData(SHA1.HashData(Encoding.UTF8.GetBytes(password.RevealToRemote()))))}";
}
