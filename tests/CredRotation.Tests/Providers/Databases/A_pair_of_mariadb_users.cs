using System.Text.Json;
using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;
using CredRotation.Tests.Servers;
using MySqlConnector;

namespace CredRotation.Tests.Providers.Databases;

public sealed class A_pair_of_mariadb_users
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_the_sessions_that_are_open_when_its_password_is_taken_away()
    {
        await using var bench = await StartAsync();
        await using var session = new MySqlConnection(bench.Server.SettingsFor($"{bench.Pair}_a", PasswordOf(bench.Current)));
        await session.OpenAsync(Stop);
        var issued = await IssueAsync(bench);

        Assert.IsType<RetireOutcome.Retired>(await bench.Provider.RetireAsync(bench.Target, new RetireTicket($"{bench.Pair}_a", null), Stop));

        await using var ask = new MySqlCommand("select 1", session);
        Assert.Equal(1, Convert.ToInt32(await ask.ExecuteScalarAsync(Stop), System.Globalization.CultureInfo.InvariantCulture));
        Assert.IsType<ProbeOutcome.Refused>(await ProbeAsync(bench, bench.Current));
        Assert.IsType<ProbeOutcome.Works>(await ProbeAsync(bench, issued.Value));
    }

    [Theory]
    [InlineData("o'brien`; drop user root; -- ")]
    [InlineData("a@b\\' {password} %s ü")]
    public async Task Is_rotated_whatever_its_name_is(string name)
    {
        await using var bench = await StartAsync(name);
        Assert.IsType<TargetOutcome.Readable>(await bench.Provider.CheckTargetAsync(bench.Target, Stop));

        var issued = await IssueAsync(bench);

        Assert.Equal($"{bench.Pair}_b", Assert.IsType<ProbeOutcome.Works>(await ProbeAsync(bench, issued.Value)).CredentialId);
        Assert.IsType<RetireOutcome.Retired>(await bench.Provider.RetireAsync(bench.Target, new RetireTicket($"{bench.Pair}_a", null), Stop));
        Assert.False(bench.Accepts(bench.Current));
        Assert.True(bench.Accepts(issued.Value));
    }

    [Fact]
    public async Task Never_shows_a_password_to_the_servers_log()
    {
        await using var bench = await StartAsync();

        var issued = await IssueAsync(bench);
        await ProbeAsync(bench, issued.Value);

        var log = await bench.Server.ReadStatementsAsync(Stop);
        Assert.Contains($"alter user `{bench.Pair}_b`@`%` identified via", log, StringComparison.Ordinal);
        Assert.DoesNotContain(PasswordOf(issued.Value), log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("drop user {b}", "user-missing: CREATE USER {b}")]
    [InlineData("alter user {b} account lock", "user-is-locked: ALTER USER {b} ACCOUNT UNLOCK")]
    [InlineData("grant delete on shop.* to {a}", "twin-lacks-grants: 1 grants of {a} the other lacks")]
    [InlineData("revoke create user on *.* from {manager}", "management-may-not-alter")]
    public async Task Is_not_rotated_while_its_users_are_not_alike_and_says_what_mends_it(string statement, string code)
    {
        await using var bench = await StartAsync();
        Assert.IsType<TargetOutcome.Readable>(await bench.Provider.CheckTargetAsync(bench.Target, Stop));
        await bench.Server.ExecuteAsync(Fill(bench, statement), Stop);

        var outcome = Assert.IsType<TargetOutcome.Unreadable>(await bench.Provider.CheckTargetAsync(bench.Target, Stop));

        Assert.StartsWith(Fill(bench, code), outcome.Code, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_refused_while_it_is_locked()
    {
        await using var bench = await StartAsync();
        await bench.Server.ExecuteAsync($"alter user {MariaDbBench.Quote($"{bench.Pair}_a")} account lock", Stop);

        Assert.IsType<ProbeOutcome.Refused>(await ProbeAsync(bench, bench.Current));
    }

    [Fact]
    public async Task Is_told_from_another_login_of_the_same_server()
    {
        await using var bench = await StartAsync();
        var manager = PostgreSqlBench.Login(bench.Manager, bench.Target.Secrets["management"].RevealToRemote());

        Assert.IsType<ProbeOutcome.WrongIdentity>(await ProbeAsync(bench, manager));
    }

    [Fact]
    public async Task Is_gone_when_its_user_is()
    {
        await using var bench = await StartAsync();
        await bench.Server.ExecuteAsync($"drop user {MariaDbBench.Quote($"{bench.Pair}_b")}", Stop);

        Assert.IsType<RetireOutcome.AlreadyGone>(await bench.Provider.RetireAsync(bench.Target, new RetireTicket($"{bench.Pair}_b", null), Stop));
        Assert.Equal(new IssueOutcome.Rejected("1396"), await bench.Provider.IssueAsync(bench.Target, Ticket(bench, $"{bench.Pair}_a"), Stop));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("root")]
    public async Task Is_not_issued_while_nobody_knows_which_user_consumers_run(string? oldId)
    {
        await using var bench = await StartAsync();

        Assert.Equal(new IssueOutcome.Rejected("user-unknown"), await bench.Provider.IssueAsync(bench.Target, Ticket(bench, oldId), Stop));
        Assert.True(bench.Accepts(bench.Current));
    }

    [Theory]
    [InlineData("host", "/run/mysqld", "host is not usable")]
    [InlineData("port", "x", "port is not usable")]
    [InlineData("database", "", "database is not usable")]
    [InlineData("managementUser", "", "managementUser is not usable")]
    [InlineData("sslMode", "Preferred", "sslMode is not usable")]
    [InlineData("sslMode", "Disable", "host is another machine")]
    [InlineData("secondUser", "app", "secondUser is not usable")]
    [InlineData("secondUser", "{target}_a", "are one user")]
    [InlineData("userHost", "", "userHost is not usable")]
    [InlineData("value", "x", "value is not usable")]
    [InlineData("user", "x", "user is not known")]
    public async Task Says_which_parameter_is_wrong_and_what_to_set(string name, string value, string fault)
    {
        await using var bench = await StartAsync();
        var good = new Dictionary<string, string> { ["host"] = "db.example.com", ["database"] = "shop", ["managementUser"] = "rotator" };

        Assert.Empty(bench.Provider.Validate(good));
        Assert.Contains(fault, Assert.Single(bench.Provider.Validate(new Dictionary<string, string>(good) { [name] = value })), StringComparison.Ordinal);
    }

    private static Task<MariaDbBench> StartAsync(string name = "app") => RealServers.OrSkipAsync(() => MariaDbBench.StartAsync(name, Stop));

    private static IssueTicket Ticket(MariaDbBench bench, string? oldId) => AzureKeys.The_table_of_resource_types.Ticket("") with { OldId = oldId, Material = bench.Provider.MakeMaterial(bench.Target.Parameters) };

    private static async Task<IssueOutcome.Issued> IssueAsync(MariaDbBench bench) => Assert.IsType<IssueOutcome.Issued>(await bench.Provider.IssueAsync(bench.Target, Ticket(bench, $"{bench.Pair}_a"), Stop));

    private static Task<ProbeOutcome> ProbeAsync(MariaDbBench bench, SecretText value) => bench.Provider.VerifyAsync(bench.Target, new Candidate(null, value), Stop);

    private static string PasswordOf(SecretText value)
    {
        using var login = JsonDocument.Parse(value.RevealToRemote());
        return login.RootElement.GetProperty("password").GetString()!;
    }

    private static string Fill(MariaDbBench bench, string text)
        => text.Replace("{a}", MariaDbBench.Quote($"{bench.Pair}_a"), StringComparison.Ordinal).Replace("{b}", MariaDbBench.Quote($"{bench.Pair}_b"), StringComparison.Ordinal)
            .Replace("{manager}", MariaDbBench.Quote(bench.Manager), StringComparison.Ordinal);
}
