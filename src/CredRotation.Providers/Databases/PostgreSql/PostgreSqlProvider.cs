using CredRotation.Engine;
using Npgsql;

namespace CredRotation.Providers.Databases.PostgreSql;

/// <summary>
/// Two login roles of a PostgreSQL server used by turns: an issue sets the password of the one that consumers do not run, and the end takes the
/// other's away. The target is the pair's name, <c>app</c> for the roles <c>app_a</c> and <c>app_b</c> unless the account names them otherwise.
/// Source: PostgreSQL manual, ALTER ROLE.
/// </summary>
internal sealed class PostgreSqlProvider : ICredentialProvider
{
    public const string KindName = "postgresql-login";

    private const string Management = "management", NoPair = "target-names-no-pair-of-roles";

    // Stops a change that waits for something, so that it cannot land after a later one.
    private const string Limit = "set statement_timeout = '15s'";

    // Whose connection it is, not what it has been set to since: a role's own settings may change current_user.
    private const string Who = "select session_user::text, pg_catalog.current_database()::text, pg_catalog.now(), pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')";

    public string Kind => KindName;

    public string Configuration => """{"provider":"postgresql-login","version":1}""";

    public IReadOnlyList<string> SecretNames { get; } = [Management];

    public ProviderFacts Facts { get; } = new(ProviderGroup.Data, ProviderStatus.Live,
        ["the management role: CREATEROLE, and since PostgreSQL 16 the ADMIN option on both roles; with endSessions membership in both roles or in pg_signal_backend", "both roles: LOGIN, members of the same roles, CONNECT on the database"],
        "PostgreSQL manual: ALTER ROLE, pg_authid, Role Attributes, Error Codes; run against PostgreSQL 15", new DateOnly(2026, 11, 23));

    public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => new()
    {
        Topology = Topology.Pair,
        SecretOrigin = SecretOrigin.Caller,
        IssueReplay = IssueReplay.SameMaterial,
        OldValidity = OldValidity.UntilRetired,
        RetireBy = RetireBy.Id,
        Slots = 2,
    };

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters)
    {
        var faults = new List<string>();
        PostgreSqlAccount.Read(parameters, faults);
        return faults;
    }

    public async Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new TargetOutcome.Unreadable(NoPair, null);
        if (ManagerOf(target, at.Account) is not { } manager) return new TargetOutcome.Unreadable("management-missing", null);
        if (at.Pair.Find(manager.Username) is not null) return new TargetOutcome.Unreadable("management-is-of-the-pair: name a role of its own as managementUser", null);

        return await PostgreSqlSession.RunAsync(at.Account, manager,
            (connection, token) => PairCheck.RunAsync(connection, at.Pair, at.Account.EndsSessions, token),
            trouble => trouble.AtTarget(), cancellationToken);
    }

    public async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new IssueOutcome.Rejected(NoPair);
        if (at.Pair.Find(ticket.OldId) is not { } running) return new IssueOutcome.Rejected("role-unknown");
        if (ticket.Material is not { } material) return new IssueOutcome.Rejected("no-password-made");
        if (ManagerOf(target, at.Account) is not { } manager) return new IssueOutcome.Rejected("management-missing");

        var idle = at.Pair.Other(running);
        return await PostgreSqlSession.RunAsync<IssueOutcome>(at.Account, manager,
            async (connection, token) =>
            {
                // A password cannot be a parameter of this statement; a verifier holds no character that ends a literal.
                await AlterAsync(connection, $"alter role {RolePair.Quote(idle)} password '{ScramVerifier.Of(material)}'", token);
                return new IssueOutcome.Issued(at.Account.Form.Write(new Login(idle, material), at.Account.Address), idle, null, null);
            },
            trouble => trouble.AtIssue(), cancellationToken);
    }

    public async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new ProbeOutcome.Unknown("Nothing was sent: the target names no pair of roles.", null);
        if (at.Account.Form.Read(candidate.Value) is { } login) return await ProbeAsync(at, login, cancellationToken);

        // Not in the account's form: perhaps a password alone, of either role. Only the server says that it is none.
        var first = await ProbeAsync(at, new Login(at.Pair.First, candidate.Value), cancellationToken);
        return first is ProbeOutcome.Refused ? await ProbeAsync(at, new Login(at.Pair.Second, candidate.Value), cancellationToken) : first;
    }

    /// <summary>Takes the role's password away; the role itself stays for its next turn. Sessions that are open live on, unless the account says otherwise.</summary>
    public async Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new RetireOutcome.Rejected(NoPair);
        if (at.Pair.Find(ticket.Id) is not { } role) return new RetireOutcome.Rejected("role-is-not-of-the-pair");
        if (ManagerOf(target, at.Account) is not { } manager) return new RetireOutcome.Rejected("management-missing");

        return await PostgreSqlSession.RunAsync<RetireOutcome>(at.Account, manager,
            async (connection, token) =>
            {
                await AlterAsync(connection, $"alter role {RolePair.Quote(role)} password null", token);
                if (at.Account.EndsSessions) await EndSessionsAsync(connection, role, token);
                return new RetireOutcome.Retired();
            },
            // No such role: nobody can sign in with it.
            trouble => trouble.Code is "42704" ? new RetireOutcome.AlreadyGone() : trouble.AtRetire(), cancellationToken);
    }

    // The same password set again is the same: a repeat needs no look.
    public Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => Task.FromResult<RecoverOutcome>(new RecoverOutcome.Indeterminate());

    // Both roles are always there, so a list of them shows nothing that was issued.
    public Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ListedCredential>?>(null);

    private static Task<ProbeOutcome> ProbeAsync(Place at, Login login, CancellationToken cancellationToken)
        => PostgreSqlSession.RunAsync<ProbeOutcome>(at.Account, login,
            async (connection, token) =>
            {
                string role, database;
                DateTimeOffset remoteDate;
                bool showsServer;
                await using (var who = new NpgsqlCommand(Who, connection))
                await using (var row = await who.ExecuteReaderAsync(token))
                {
                    await row.ReadAsync(token);
                    (role, database, remoteDate, showsServer) = (row.GetString(0), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2), row.GetBoolean(3));
                }

                if (at.Pair.Find(role) is null) return new ProbeOutcome.WrongIdentity("The login is accepted, and its role is none of the pair.", remoteDate);
                return new ProbeOutcome.Works($"postgresql/{await ServerAsync(connection, at.Account, showsServer, token)}/{database}/{at.Pair.First}+{at.Pair.Second}", remoteDate) { CredentialId = role };
            },
            // Signed in, and may not enter the database.
            trouble => trouble is { Meaning: LoginMeaning.Rejected, Code: "42501" } ? new ProbeOutcome.Forbidden(null) : trouble.AtProbe(), cancellationToken);

    /// <summary>The cluster's own number, which a restored or promoted copy of another name keeps; by address where the server does not show it.</summary>
    private static async Task<string> ServerAsync(NpgsqlConnection connection, PostgreSqlAccount account, bool isShown, CancellationToken cancellationToken)
    {
        if (!isShown) return $"{account.Address.Host}:{account.Address.Port}";

        await using var number = new NpgsqlCommand("select system_identifier::text from pg_catalog.pg_control_system()", connection);
        return (string)(await number.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Both statements travel together, so that one lost answer is one unknown change.</summary>
    private static async Task AlterAsync(NpgsqlConnection connection, string statement, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new(Limit), new(statement) } };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task EndSessionsAsync(NpgsqlConnection connection, string role, CancellationToken cancellationToken)
    {
        await using var end = new NpgsqlCommand("select pg_catalog.count(pg_catalog.pg_terminate_backend(pid)) from pg_catalog.pg_stat_activity where usename = $1 and pid <> pg_catalog.pg_backend_pid()", connection) { Parameters = { new() { Value = role } } };
        await end.ExecuteScalarAsync(cancellationToken);
    }

    private static Login? ManagerOf(ProviderTarget target, PostgreSqlAccount account)
        => target.Secrets.TryGetValue(Management, out var secret) ? account.Form.Read(secret) ?? new Login(account.ManagementUser, secret) : null;

    private static Place? Resolve(ProviderTarget target)
        => PostgreSqlAccount.Read(target.Parameters, []) is { } account && account.PairOf(target.Target) is { } pair ? new Place(account, pair) : null;

    /// <summary>One pair of roles at its server.</summary>
    private sealed record Place(PostgreSqlAccount Account, RolePair Pair);
}
