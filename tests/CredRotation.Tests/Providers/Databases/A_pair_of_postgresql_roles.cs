using System.Text.Json;
using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;
using CredRotation.Tests.Servers;
using Npgsql;

namespace CredRotation.Tests.Providers.Databases;

public sealed class A_pair_of_postgresql_roles
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_the_sessions_that_are_open_when_its_password_is_taken_away()
    {
        await using var bench = await StartAsync();
        await using var source = NpgsqlDataSource.Create(SettingsOf(bench, bench.Current));
        await using var session = await source.OpenConnectionAsync(Stop);
        var issued = await IssueAsync(bench);

        Assert.IsType<RetireOutcome.Retired>(await bench.Provider.RetireAsync(bench.Target, new RetireTicket($"{bench.Pair}_a", null), Stop));

        await using var ask = new NpgsqlCommand("select 1", session);
        Assert.Equal(1, await ask.ExecuteScalarAsync(Stop));
        Assert.IsType<ProbeOutcome.Refused>(await ProbeAsync(bench, bench.Current));
        Assert.IsType<ProbeOutcome.Works>(await ProbeAsync(bench, issued.Value));
    }

    [Fact]
    public async Task Ends_open_sessions_where_the_account_says_so()
    {
        await using var bench = await StartAsync();
        await using var source = NpgsqlDataSource.Create(SettingsOf(bench, bench.Current));
        await using var session = await source.OpenConnectionAsync(Stop);
        var target = With(bench, "endSessions", "true");
        Assert.IsType<TargetOutcome.Readable>(await bench.Provider.CheckTargetAsync(target, Stop));

        await bench.Provider.RetireAsync(target, new RetireTicket($"{bench.Pair}_a", null), Stop);

        await using var ask = new NpgsqlCommand("select 1", session);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ask.ExecuteScalarAsync(Stop));
    }

    [Theory]
    [InlineData("o'brien\"; drop role postgres; --")]
    [InlineData("Ümläut $1 {password} %s \\")]
    public async Task Is_rotated_whatever_its_name_is(string name)
    {
        await using var bench = await StartAsync(name);

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

        var log = await bench.Server.ReadLogAsync(Stop);
        Assert.Contains($"alter role \"{bench.Pair}_b\" password 'SCRAM-SHA-256$", log, StringComparison.Ordinal);
        Assert.DoesNotContain(PasswordOf(issued.Value), log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("postgres")]
    public async Task Is_not_issued_while_nobody_knows_which_role_consumers_run(string? oldId)
    {
        await using var bench = await StartAsync();

        Assert.Equal(new IssueOutcome.Rejected("role-unknown"), await bench.Provider.IssueAsync(bench.Target, Ticket(bench, oldId), Stop));
        Assert.True(bench.Accepts(bench.Current));
    }

    [Fact]
    public async Task Is_told_from_another_login_of_the_same_server()
    {
        await using var bench = await StartAsync();
        var manager = PostgreSqlBench.Login(bench.Manager, bench.Target.Secrets["management"].RevealToRemote());

        Assert.IsType<ProbeOutcome.WrongIdentity>(await ProbeAsync(bench, manager));
    }

    [Fact]
    public async Task Is_known_by_a_password_that_stands_alone()
    {
        await using var bench = await StartAsync();
        var issued = await IssueAsync(bench);

        Assert.Equal($"{bench.Pair}_a", Assert.IsType<ProbeOutcome.Works>(await ProbeAsync(bench, new SecretText(PasswordOf(bench.Current)))).CredentialId);
        Assert.Equal($"{bench.Pair}_b", Assert.IsType<ProbeOutcome.Works>(await ProbeAsync(bench, new SecretText(PasswordOf(issued.Value)))).CredentialId);
    }

    [Fact]
    public async Task Is_not_called_refused_where_only_the_network_is_shut()
    {
        await using var bench = await StartAsync();
        await bench.Server.ShutOutAsync($"{bench.Pair}_a", Stop);

        // The server reads its file when it comes to it.
        ProbeOutcome outcome;
        do outcome = await ProbeAsync(bench, bench.Current);
        while (outcome is ProbeOutcome.Works);

        Assert.Contains("pg_hba.conf", Assert.IsType<ProbeOutcome.Unknown>(outcome).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_refused_when_it_may_not_log_in_any_more()
    {
        await using var bench = await StartAsync();
        await bench.Server.ExecuteAsync($"alter role {PostgreSqlBench.Quote($"{bench.Pair}_a")} nologin", Stop);

        Assert.IsType<ProbeOutcome.Refused>(await ProbeAsync(bench, bench.Current));
    }

    [Fact]
    public async Task Is_gone_when_its_role_is()
    {
        await using var bench = await StartAsync();
        await bench.Server.ExecuteAsync($"drop role {PostgreSqlBench.Quote($"{bench.Pair}_b")}", Stop);

        Assert.IsType<RetireOutcome.AlreadyGone>(await bench.Provider.RetireAsync(bench.Target, new RetireTicket($"{bench.Pair}_b", null), Stop));
        Assert.Equal(new IssueOutcome.Rejected("42704"), await bench.Provider.IssueAsync(bench.Target, Ticket(bench, $"{bench.Pair}_a"), Stop));
    }

    [Fact]
    public async Task Is_read_in_the_form_that_the_account_wants()
    {
        await using var bench = await StartAsync();
        var target = With(bench, "value", "postgresql://{username}:{password}@{host}:{port}/{database}?sslmode=disable");

        var issued = Assert.IsType<IssueOutcome.Issued>(await bench.Provider.IssueAsync(target, Ticket(bench, $"{bench.Pair}_a"), Stop));

        Assert.StartsWith($"postgresql://{bench.Pair}_b:", issued.Value.RevealToRemote(), StringComparison.Ordinal);
        Assert.Equal($"{bench.Pair}_b", Assert.IsType<ProbeOutcome.Works>(await bench.Provider.VerifyAsync(target, new Candidate(null, issued.Value), Stop)).CredentialId);
    }

    internal static Task<PostgreSqlBench> StartAsync(string name = "app") => RealServers.OrSkipAsync(() => PostgreSqlBench.StartAsync(name, Stop));

    internal static ProviderTarget With(PostgreSqlBench bench, string parameter, string value)
        => bench.Target with { Parameters = new Dictionary<string, string>(bench.Target.Parameters) { [parameter] = value } };

    private static async Task<IssueOutcome.Issued> IssueAsync(PostgreSqlBench bench)
        => Assert.IsType<IssueOutcome.Issued>(await bench.Provider.IssueAsync(bench.Target, Ticket(bench, $"{bench.Pair}_a"), Stop));

    private static IssueTicket Ticket(PostgreSqlBench bench, string? oldId)
        => AzureKeys.The_table_of_resource_types.Ticket("") with { OldId = oldId, Material = bench.Provider.MakeMaterial(bench.Target.Parameters) };

    private static Task<ProbeOutcome> ProbeAsync(PostgreSqlBench bench, SecretText value) => bench.Provider.VerifyAsync(bench.Target, new Candidate(null, value), Stop);

    private static string PasswordOf(SecretText value)
    {
        using var login = JsonDocument.Parse(value.RevealToRemote());
        return login.RootElement.GetProperty("password").GetString()!;
    }

    private static string SettingsOf(PostgreSqlBench bench, SecretText value) => bench.Server.SettingsFor($"{bench.Pair}_a", PasswordOf(value));
}
