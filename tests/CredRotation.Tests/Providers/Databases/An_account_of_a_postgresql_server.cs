using CredRotation.Engine;
using CredRotation.Providers.Databases.PostgreSql;

namespace CredRotation.Tests.Providers.Databases;

public sealed class An_account_of_a_postgresql_server
{
    private static readonly PostgreSqlProvider s_provider = new();

    private static Dictionary<string, string> Good => new() { ["host"] = "db.example.com", ["database"] = "shop", ["managementUser"] = "rotator" };

    [Fact]
    public void Needs_no_more_than_a_server_a_database_and_a_manager() => Assert.Empty(s_provider.Validate(Good));

    [Theory]
    [InlineData("host", "db.example.com,other", "host is not usable")]
    [InlineData("host", "/var/run", "host is not usable")]
    [InlineData("port", "0", "port is not usable")]
    [InlineData("port", "5432x", "port is not usable")]
    [InlineData("database", "", "database is not usable")]
    [InlineData("managementUser", "a\nb", "managementUser is not usable")]
    [InlineData("sslMode", "Prefer", "sslMode is not usable")]
    [InlineData("sslMode", "Disable", "host is another machine")]
    [InlineData("firstRole", "app", "firstRole is not usable")]
    [InlineData("firstRole", "{target}_b", "are one role")]
    [InlineData("value", "{password}", "value is not usable")]
    [InlineData("endSessions", "yes", "endSessions is not usable")]
    [InlineData("password", "x", "password is not known")]
    public void Says_which_parameter_is_wrong_and_what_to_set(string name, string value, string fault)
        => Assert.Contains(fault, Assert.Single(s_provider.Validate(new Dictionary<string, string>(Good) { [name] = value })), StringComparison.Ordinal);

    [Theory]
    [InlineData("host")]
    [InlineData("database")]
    [InlineData("managementUser")]
    public void Says_which_parameter_is_missing(string name)
    {
        var parameters = Good;
        parameters.Remove(name);

        Assert.StartsWith($"{name} is missing", Assert.Single(s_provider.Validate(parameters)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("a_name_that_is_so_long_that_the_server_would_cut_it_off_silently_x")]
    public async Task Has_no_pair_of_a_name_that_the_server_would_take_for_another(string pair)
    {
        var target = new ProviderTarget("db", pair, Good, new Dictionary<string, SecretText> { ["management"] = new("word") });
        if (pair.Length == 0) target = target with { Parameters = new Dictionary<string, string>(Good) { ["firstRole"] = "{target}" } };

        Assert.IsType<TargetOutcome.Unreadable>(await s_provider.CheckTargetAsync(target, TestContext.Current.CancellationToken));
        Assert.IsType<RetireOutcome.Rejected>(await s_provider.RetireAsync(target, new RetireTicket($"{pair}_a", null), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void May_take_in_a_role_that_is_there_already()
    {
        var account = PostgreSqlAccount.Read(new Dictionary<string, string>(Good) { ["firstRole"] = "{target}", ["secondRole"] = "{target}_clone" }, [])!;

        Assert.Equal(new RolePair("app", "app_clone"), account.PairOf("app"));
    }
}
