using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;
using CredRotation.Providers.Databases.MariaDb;
using CredRotation.Testing;
using CredRotation.Tests.Servers;

namespace CredRotation.Tests.Providers.Databases;

/// <summary>No MySQL runs here. Its statements are run against MariaDB, which takes them too, and the kind stays one that an account must allow unverified.</summary>
public sealed class A_pair_of_mysql_users
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_the_contract_with_its_statements_at_a_server_that_takes_them()
    {
        var anywhere = new MariaDbProvider(LoginDialect.MySql with { ServerFault = _ => null });

        var report = await RealServers.OrSkipAsync(() => ProviderContract.RunAsync(async stop => await MariaDbBench.StartAsync(anywhere, stop), Stop));

        Assert.True(report.IsKept, report.ToString());
    }

    [Fact]
    public async Task Is_not_looked_for_at_another_server()
    {
        await using var bench = await RealServers.OrSkipAsync(() => MariaDbBench.StartAsync(new MariaDbProvider(LoginDialect.MySql), Stop));

        Assert.StartsWith("server-is-not-mysql-8", Assert.IsType<TargetOutcome.Unreadable>(await bench.Provider.CheckTargetAsync(bench.Target, Stop)).Code, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8.4.6", null)]
    [InlineData("9.3.0-commercial", null)]
    [InlineData("5.7.44", "server-is-not-mysql-8")]
    [InlineData("10.11.19-MariaDB-0+deb12u1", "server-is-not-mysql-8")]
    public void Is_known_by_the_servers_version(string version, string? fault)
        => Assert.Equal(fault, LoginDialect.MySql.ServerFault(version)?.Split(':')[0]);

    [Fact]
    public void Is_given_a_password_and_let_in_by_one_statement_and_locked_by_another()
    {
        Assert.Equal("alter user `app_b`@`%` identified by 'abc123' account unlock", LoginDialect.MySql.SetPassword("`app_b`@`%`", new SecretText("abc123")));
        Assert.Equal("alter user `app_b`@`%` account lock", LoginDialect.MySql.TakeAway("`app_b`@`%`"));
    }

    [Fact]
    public async Task Takes_no_password_that_could_end_its_statement()
    {
        await using var bench = await RealServers.OrSkipAsync(() => MariaDbBench.StartAsync(new MariaDbProvider(LoginDialect.MySql), Stop));
        var ticket = new IssueTicket(default, 1, "token", "rot-test", DateTimeOffset.UnixEpoch) { OldId = $"{bench.Pair}_a", Material = new SecretText("x' account lock -- ") };

        Assert.Equal("password-is-not-plain", Assert.IsType<IssueOutcome.Rejected>(await bench.Provider.IssueAsync(bench.Target, ticket, Stop)).Code);
    }
}
