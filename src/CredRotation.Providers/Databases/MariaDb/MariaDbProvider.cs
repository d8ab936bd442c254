using CredRotation.Engine;
using MySqlConnector;

namespace CredRotation.Providers.Databases.MariaDb;

/// <summary>
/// Two users of a MariaDB or MySQL server used by turns: an issue sets the password of the one that consumers do not run, and the end leaves the other
/// with none that could be said. The target is the pair's name, <c>app</c> for <c>app_a</c> and <c>app_b</c> unless the account names them
/// otherwise. Source: MariaDB documentation, ALTER USER, "Authentication Plugin: mysql_native_password"; MySQL 8.4 reference manual, ALTER USER.
/// </summary>
internal sealed class MariaDbProvider(LoginDialect dialect) : ICredentialProvider
{
    public const string KindName = "mariadb-login";

    private const string Management = "management", NoPair = "target-names-no-pair-of-users";

    public string Kind => dialect.Kind;

    public string Configuration => $$"""{"provider":"{{dialect.Kind}}","version":1}""";

    public IReadOnlyList<string> SecretNames { get; } = [Management];

    public ProviderFacts Facts => dialect.Facts;

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
        MariaDbAccount.Read(parameters, faults, Kind);
        return faults;
    }

    public async Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new TargetOutcome.Unreadable(NoPair, null);
        if (ManagerOf(target, at.Account) is not { } manager) return new TargetOutcome.Unreadable("management-missing", null);
        if (at.Pair.Find(manager.Username) is not null) return new TargetOutcome.Unreadable("management-is-of-the-pair: name a user of its own as managementUser", null);

        return await MariaDbSession.RunAsync(at.Account, manager,
            (connection, token) => UserPairCheck.RunAsync(connection, at.Pair, dialect, token),
            trouble => trouble.AtTarget(), cancellationToken);
    }

    public async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new IssueOutcome.Rejected(NoPair);
        if (at.Pair.Find(ticket.OldId) is not { } running) return new IssueOutcome.Rejected("user-unknown");
        if (ticket.Material is not { } material) return new IssueOutcome.Rejected("no-password-made");
        // It may stand in a statement; ours are hexadecimal digits.
        if (!material.RevealToRemote().All(char.IsAsciiLetterOrDigit)) return new IssueOutcome.Rejected("password-is-not-plain");
        if (ManagerOf(target, at.Account) is not { } manager) return new IssueOutcome.Rejected("management-missing");

        var idle = at.Pair.Other(running);
        return await MariaDbSession.RunAsync<IssueOutcome>(at.Account, manager,
            async (connection, token) =>
            {
                await AlterAsync(connection, dialect.SetPassword(at.Pair.Quote(idle), material), token);
                return new IssueOutcome.Issued(at.Account.Form.Write(new Login(idle, material), at.Account.Address), idle, null, null);
            },
            trouble => trouble.AtIssue(), cancellationToken);
    }

    public async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new ProbeOutcome.Unknown("Nothing was sent: the target names no pair of users.", null);
        if (at.Account.Form.Read(candidate.Value) is { } login) return await ProbeAsync(at, login, cancellationToken);

        // Not in the account's form: perhaps a password alone, of either user. Only the server says that it is none.
        var first = await ProbeAsync(at, new Login(at.Pair.First, candidate.Value), cancellationToken);
        return first is ProbeOutcome.Refused ? await ProbeAsync(at, new Login(at.Pair.Second, candidate.Value), cancellationToken) : first;
    }

    /// <summary>Leaves the user without a password that could be said; the user itself stays for its next turn. Sessions that are open live on.</summary>
    public async Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new RetireOutcome.Rejected(NoPair);
        if (at.Pair.Find(ticket.Id) is not { } user) return new RetireOutcome.Rejected("user-is-not-of-the-pair");
        if (ManagerOf(target, at.Account) is not { } manager) return new RetireOutcome.Rejected("management-missing");

        return await MariaDbSession.RunAsync<RetireOutcome>(at.Account, manager,
            async (connection, token) =>
            {
                await AlterAsync(connection, dialect.TakeAway(at.Pair.Quote(user)), token);
                return new RetireOutcome.Retired();
            },
            // No such user: nobody can sign in with it.
            trouble => trouble.Code is "1396" ? new RetireOutcome.AlreadyGone() : trouble.AtRetire(), cancellationToken);
    }

    // The same password set again is the same: a repeat needs no look.
    public Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => Task.FromResult<RecoverOutcome>(new RecoverOutcome.Indeterminate());

    // Both users are always there, so a list of them shows nothing that was issued.
    public Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ListedCredential>?>(null);

    private static Task<ProbeOutcome> ProbeAsync(Place at, Login login, CancellationToken cancellationToken)
        => MariaDbSession.RunAsync<ProbeOutcome>(at.Account, login,
            async (connection, token) =>
            {
                // The account that the server took it for, not the name that was said.
                await using var who = new MySqlCommand("select current_user(), utc_timestamp()", connection);
                await using var row = await who.ExecuteReaderAsync(token);
                await row.ReadAsync(token);
                var (user, remoteDate) = (row.GetString(0), new DateTimeOffset(row.GetDateTime(1), TimeSpan.Zero));
                var suffix = $"@{at.Pair.From}";
                return user.EndsWith(suffix, StringComparison.OrdinalIgnoreCase) && at.Pair.Find(user[..^suffix.Length]) is { } known
                    ? new ProbeOutcome.Works($"mariadb/{at.Account.Address.Host}:{at.Account.Address.Port}/{at.Account.Address.Database}/{at.Pair.First}+{at.Pair.Second}", remoteDate) { CredentialId = known }
                    : new ProbeOutcome.WrongIdentity("The login is accepted, and its user is none of the pair.", remoteDate);
            },
            // Signed in, and may not enter the database.
            trouble => trouble.Code is "1044" ? new ProbeOutcome.Forbidden(null) : trouble.AtProbe(), cancellationToken);

    private static async Task AlterAsync(MySqlConnection connection, string statement, CancellationToken cancellationToken)
    {
        await using var alter = new MySqlCommand(statement, connection);
        await alter.ExecuteNonQueryAsync(cancellationToken);
    }

    private static Login? ManagerOf(ProviderTarget target, MariaDbAccount account)
        => target.Secrets.TryGetValue(Management, out var secret) ? account.Form.Read(secret) ?? new Login(account.ManagementUser, secret) : null;

    private Place? Resolve(ProviderTarget target)
        => MariaDbAccount.Read(target.Parameters, [], Kind) is { } account && account.PairOf(target.Target) is { } pair ? new Place(account, pair) : null;

    /// <summary>One pair of users at its server.</summary>
    private sealed record Place(MariaDbAccount Account, UserPair Pair);
}
