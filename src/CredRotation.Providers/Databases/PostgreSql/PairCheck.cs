using CredRotation.Engine;
using Npgsql;

namespace CredRotation.Providers.Databases.PostgreSql;

/// <summary>
/// Whether consumers can run either role alike and the management role may set both passwords: both log in, and what one may do or is set to,
/// the other is. Each fault says what is missing and the SQL that mends it. Grants are compared by object, not by kind of privilege.
/// Source: PostgreSQL manual, system catalogs pg_roles, pg_auth_members, pg_shdepend; "Role Attributes" (CREATEROLE, ADMIN option since 16).
/// </summary>
internal static class PairCheck
{
    private const string Look = """
        select r.rolname::text,
               r.rolcanlogin,
               coalesce(r.rolvaliduntil < pg_catalog.now(), false),
               pg_catalog.current_setting('is_superuser') = 'on'
                 or (not r.rolsuper
                     and exists (select from pg_catalog.pg_roles me where me.rolname = current_user and me.rolcreaterole)
                     and (pg_catalog.current_setting('server_version_num')::int < 160000 or pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION'))),
               (select pg_catalog.string_agg(pg_catalog.quote_ident(m.rolname), ', ')
                  from pg_catalog.pg_auth_members a join pg_catalog.pg_roles m on m.oid = a.roleid
                 where a.member = r.oid and m.oid <> t.oid and not pg_catalog.pg_has_role(t.oid, m.oid, 'USAGE')),
               (select pg_catalog.count(*) from pg_catalog.pg_shdepend d
                 where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and d.refobjid = r.oid and d.deptype in ('a', 'o', 'r')
                   and not pg_catalog.pg_has_role(t.oid, r.oid, 'USAGE')
                   and not exists (select from pg_catalog.pg_shdepend e
                                    where e.refclassid = d.refclassid and e.refobjid = t.oid and e.deptype = d.deptype
                                      and e.dbid = d.dbid and e.classid = d.classid and e.objid = d.objid and e.objsubid = d.objsubid)),
               coalesce(r.rolconfig, '{}') = coalesce(t.rolconfig, '{}'),
               pg_catalog.pg_is_in_recovery(),
               pg_catalog.now(),
               pg_catalog.current_setting('is_superuser') = 'on' or pg_catalog.pg_has_role(r.oid, 'MEMBER') or pg_catalog.pg_has_role('pg_signal_backend', 'MEMBER')
          from pg_catalog.pg_roles r left join pg_catalog.pg_roles t on t.rolname <> r.rolname and t.rolname in ($1, $2)
         where r.rolname in ($1, $2)
         order by r.rolname
        """;

    public static async Task<TargetOutcome> RunAsync(NpgsqlConnection connection, RolePair pair, bool endsSessions, CancellationToken cancellationToken)
    {
        await using var look = new NpgsqlCommand(Look, connection) { Parameters = { new() { Value = pair.First }, new() { Value = pair.Second } } };
        await using var rows = await look.ExecuteReaderAsync(cancellationToken);
        var roles = new Dictionary<string, string?>(StringComparer.Ordinal);
        DateTimeOffset? remoteDate = null;
        while (await rows.ReadAsync(cancellationToken))
        {
            var role = rows.GetString(0);
            remoteDate = rows.GetFieldValue<DateTimeOffset>(8);
            roles[role] = FaultOf(rows, role, pair.Other(role), endsSessions);
        }

        var fault = new[] { pair.First, pair.Second }.Where(role => !roles.ContainsKey(role)).Select(role => $"role-missing: CREATE ROLE {RolePair.Quote(role)} LOGIN, then grant it what {RolePair.Quote(pair.Other(role))} has").FirstOrDefault()
            ?? roles.Values.FirstOrDefault(text => text is not null);
        return fault is null ? new TargetOutcome.Readable(remoteDate) : new TargetOutcome.Unreadable(fault, remoteDate);
    }

    private static string? FaultOf(NpgsqlDataReader row, string role, string twin, bool endsSessions)
    {
        var (name, other) = (RolePair.Quote(role), RolePair.Quote(twin));
        return row.GetBoolean(7) ? "server-is-a-standby: name the primary server as host"
            : !row.GetBoolean(1) ? $"role-cannot-log-in: ALTER ROLE {name} LOGIN"
            : row.GetBoolean(2) ? $"role-has-ended: ALTER ROLE {name} VALID UNTIL 'infinity'"
            : !row.GetBoolean(3) ? $"management-may-not-alter: GRANT {name} TO the management role WITH ADMIN OPTION, and give it CREATEROLE"
            : !row.IsDBNull(4) ? $"twin-lacks-membership: GRANT {row.GetString(4)} TO {other}"
            : row.GetInt64(5) > 0 ? $"twin-lacks-grants: {row.GetInt64(5)} objects are {name}'s own or granted to it alone; give them to a role that both are members of (REASSIGN OWNED BY, GRANT)"
            : !row.IsDBNull(6) && !row.GetBoolean(6) ? $"twin-is-set-otherwise: ALTER ROLE {name} SET and ALTER ROLE {other} SET differ; make them alike"
            : endsSessions && !row.GetBoolean(9) ? $"management-may-not-end-sessions: GRANT {name} TO the management role, or set endSessions to false"
            : null;
    }
}
