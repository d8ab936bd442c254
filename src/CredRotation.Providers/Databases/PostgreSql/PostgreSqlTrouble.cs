using System.Security.Authentication;
using Npgsql;

namespace CredRotation.Providers.Databases.PostgreSql;

/// <summary>
/// What a failed call means, by the server's own code and never by its words, which may quote what was sent. Source: PostgreSQL manual,
/// appendix A, "PostgreSQL Error Codes".
/// </summary>
internal static class PostgreSqlTrouble
{
    public static LoginTrouble Of(Exception thrown) => thrown switch
    {
        // By its own code a refused network reads like a refused role; only the place in the server tells them apart.
        PostgresException { SqlState: "28000", Routine: "ClientAuthentication" } => new(LoginMeaning.Unknown, "28000", "The server's pg_hba.conf lets nobody in from here with this role, database and encryption; nothing was learned of the password. Add a line for it."),
        PostgresException error => new(MeaningOf(error.SqlState), error.SqlState, $"PostgreSQL answered {error.SqlState}."),
        NpgsqlException { InnerException: AuthenticationException } => new(LoginMeaning.Unknown, "tls", "The server's certificate is not accepted. Its issuer must be trusted here and name the host; nothing was sent."),
        _ => new(LoginMeaning.Unknown, thrown.GetType().Name, $"The connection to PostgreSQL ended without an answer ({thrown.GetType().Name})."),
    };

    private static LoginMeaning MeaningOf(string state) => state switch
    {
        "28P01" or "28000" => LoginMeaning.Refused,
        // Too many connections or too little of something, starting up, locked or too slow, at odds with another's change: all rolled back.
        "57P03" or "55P03" or "57014" => LoginMeaning.Later,
        _ when state.StartsWith("53", StringComparison.Ordinal) || state.StartsWith("40", StringComparison.Ordinal) => LoginMeaning.Later,
        // Not supported, bad value, read only, no such database, syntax and rights.
        _ when s_rejected.Any(part => state.StartsWith(part, StringComparison.Ordinal)) => LoginMeaning.Rejected,
        _ => LoginMeaning.Unknown,
    };

    private static readonly string[] s_rejected = ["0A", "0L", "0P", "22", "25", "28", "2B", "3D", "42"];
}
