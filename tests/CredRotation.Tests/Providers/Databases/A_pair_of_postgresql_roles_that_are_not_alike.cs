using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;

namespace CredRotation.Tests.Providers.Databases;

public sealed class A_pair_of_postgresql_roles_that_are_not_alike
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("drop role {b}", "role-missing: CREATE ROLE \"{b}\" LOGIN")]
    [InlineData("alter role {b} nologin", "role-cannot-log-in: ALTER ROLE \"{b}\" LOGIN")]
    [InlineData("alter role {a} valid until '2020-01-01'", "role-has-ended: ALTER ROLE \"{a}\" VALID UNTIL 'infinity'")]
    [InlineData("revoke {owner} from {b}", "twin-lacks-membership: GRANT {owner} TO \"{b}\"")]
    [InlineData("create table t_{a} (id int); grant select on t_{a} to {a}", "twin-lacks-grants: 1 objects are \"{a}\"'s own or granted to it alone")]
    [InlineData("create table t_{b} (id int); alter table t_{b} owner to {b}", "twin-lacks-grants: 1 objects are \"{b}\"'s own")]
    [InlineData("alter role {b} set search_path = elsewhere", "twin-is-set-otherwise: ALTER ROLE \"{a}\" SET")]
    [InlineData("alter role {manager} nocreaterole", "management-may-not-alter: GRANT \"{a}\" TO the management role")]
    public async Task Is_not_rotated_and_says_what_mends_it(string statements, string code)
    {
        await using var bench = await A_pair_of_postgresql_roles.StartAsync();
        Assert.IsType<TargetOutcome.Readable>(await bench.Provider.CheckTargetAsync(bench.Target, Stop));
        await bench.Server.ExecuteAsync(Fill(bench, statements), Stop);

        var outcome = Assert.IsType<TargetOutcome.Unreadable>(await bench.Provider.CheckTargetAsync(bench.Target, Stop));

        Assert.StartsWith(Fill(bench, code), outcome.Code, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_rotated_where_one_inherits_what_the_other_owns()
    {
        await using var bench = await A_pair_of_postgresql_roles.StartAsync();
        await bench.Server.ExecuteAsync(Fill(bench, "create table u_{a} (id int); alter table u_{a} owner to {a}; grant {a} to {b}"), Stop);

        Assert.IsType<TargetOutcome.Readable>(await bench.Provider.CheckTargetAsync(bench.Target, Stop));
    }

    [Fact]
    public async Task Is_not_rotated_by_one_of_its_own()
    {
        await using var bench = await A_pair_of_postgresql_roles.StartAsync();
        var target = A_pair_of_postgresql_roles.With(bench, "managementUser", $"{bench.Pair}_b");

        Assert.StartsWith("management-is-of-the-pair", Assert.IsType<TargetOutcome.Unreadable>(await bench.Provider.CheckTargetAsync(target, Stop)).Code, StringComparison.Ordinal);
    }

    private static string Fill(PostgreSqlBench bench, string text)
        => text.Replace("{a}", $"{bench.Pair}_a", StringComparison.Ordinal).Replace("{b}", $"{bench.Pair}_b", StringComparison.Ordinal)
            .Replace("{manager}", bench.Manager, StringComparison.Ordinal).Replace("{owner}", bench.Manager.Replace("manager", "owner", StringComparison.Ordinal), StringComparison.Ordinal);
}
