using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;
using CredRotation.Tests.Servers;

namespace CredRotation.Tests.Providers.Databases;

public sealed class A_redis_user
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_its_new_password_over_a_restart_of_every_node()
    {
        await using var bench = await StartAsync();

        var issued = await IssueAsync(bench);

        foreach (var node in bench.Nodes) Assert.Contains($"#{HashOf(issued.Value)}", await node.ReadUsersAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loses_its_old_password_over_a_restart_of_every_node()
    {
        await using var bench = await StartAsync();
        await IssueAsync(bench);

        await bench.Provider.RetireAsync(bench.Target, new RetireTicket(null, bench.Current), Stop);

        foreach (var node in bench.Nodes) Assert.DoesNotContain($"#{HashOf(bench.Current)}", await node.ReadUsersAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_not_issued_before_it_is_kept()
    {
        await using var bench = await StartAsync("aclFile", hasAclFile: false);

        var outcome = Assert.IsType<IssueOutcome.Unknown>(await bench.Provider.IssueAsync(bench.Target, Ticket(bench), Stop));

        Assert.Contains("not yet set and kept on all", outcome.Detail, StringComparison.Ordinal);
        Assert.StartsWith("no-acl-file", Assert.IsType<TargetOutcome.Unreadable>(await bench.Provider.CheckTargetAsync(bench.Target, Stop)).Code, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_issued_where_somebody_else_keeps_users()
    {
        await using var bench = await StartAsync("elsewhere", hasAclFile: false);

        Assert.IsType<TargetOutcome.Readable>(await bench.Provider.CheckTargetAsync(bench.Target, Stop));
        Assert.True(bench.Accepts((await IssueAsync(bench)).Value));
    }

    [Fact]
    public async Task Is_changed_on_no_node_while_one_does_not_know_it()
    {
        await using var bench = await StartAsync();
        bench.Nodes[^1].Ask("ACL", "DELUSER", RedisBench.User);
        var before = bench.Nodes[0].Ask("ACL", "GETUSER", RedisBench.User);

        Assert.StartsWith("user-missing", Assert.IsType<IssueOutcome.Rejected>(await bench.Provider.IssueAsync(bench.Target, Ticket(bench), Stop)).Code, StringComparison.Ordinal);
        Assert.Equal(before, bench.Nodes[0].Ask("ACL", "GETUSER", RedisBench.User));
    }

    [Fact]
    public async Task Is_neither_alive_nor_dead_while_nodes_disagree()
    {
        await using var bench = await StartAsync();
        bench.Nodes[^1].Ask("ACL", "SETUSER", RedisBench.User, $"<{bench.Current.RevealToRemote()}");

        Assert.Contains("1 nodes accept the password and 1 refuse it", Assert.IsType<ProbeOutcome.Unknown>(await ProbeAsync(bench, bench.Current)).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nopass", "user-takes-any-password")]
    [InlineData("off", "user-is-off")]
    public async Task Is_not_rotated_while_its_password_is_none(string rule, string code)
    {
        await using var bench = await StartAsync();
        bench.Nodes[0].Ask("ACL", "SETUSER", RedisBench.User, rule);

        Assert.StartsWith(code, Assert.IsType<TargetOutcome.Unreadable>(await bench.Provider.CheckTargetAsync(bench.Target, Stop)).Code, StringComparison.Ordinal);
        Assert.StartsWith(code, Assert.IsType<IssueOutcome.Rejected>(await bench.Provider.IssueAsync(bench.Target, Ticket(bench), Stop)).Code, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_the_connections_that_are_open_when_its_password_is_removed()
    {
        await using var bench = await StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, bench.Nodes[0].Port, Stop);
        using var reader = new StreamReader(client.GetStream());
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"AUTH {RedisBench.User} {bench.Current.RevealToRemote()}\r\n"), Stop);
        Assert.Equal("+OK", await reader.ReadLineAsync(Stop));
        await IssueAsync(bench);

        Assert.IsType<RetireOutcome.Retired>(await bench.Provider.RetireAsync(bench.Target, new RetireTicket(null, bench.Current), Stop));

        await client.GetStream().WriteAsync("SET app:1 alive\r\n"u8.ToArray(), Stop);
        Assert.Equal("+OK", await reader.ReadLineAsync(Stop));
        Assert.IsType<ProbeOutcome.Refused>(await ProbeAsync(bench, bench.Current));
    }

    [Fact]
    public async Task Is_told_from_another_user_by_the_name_in_its_form()
    {
        await using var bench = await StartAsync();
        var target = bench.Target with { Parameters = new Dictionary<string, string>(bench.Target.Parameters) { ["value"] = "redis://{username}:{password}@{host}:{port}" } };
        var manager = new SecretText($"redis://rotator:{bench.Target.Secrets["management"].RevealToRemote()}@localhost");

        Assert.IsType<ProbeOutcome.WrongIdentity>(await bench.Provider.VerifyAsync(target, new Candidate(null, manager), Stop));
        Assert.Equal(new RetireOutcome.Rejected("value-is-of-another-user"), await bench.Provider.RetireAsync(target, new RetireTicket(null, manager), Stop));
    }

    [Theory]
    [InlineData("")]
    [InlineData("app on")]
    [InlineData("app\r\nFLUSHALL")]
    public async Task Is_not_asked_for_by_a_name_that_is_none(string user)
    {
        await using var bench = await StartAsync();
        var hostile = bench.Target with { Target = user };

        Assert.IsType<TargetOutcome.Unreadable>(await bench.Provider.CheckTargetAsync(hostile, Stop));
        Assert.IsType<IssueOutcome.Rejected>(await bench.Provider.IssueAsync(hostile, Ticket(bench), Stop));
    }

    [Theory]
    [InlineData("endpoints", "localhost", "endpoints is not usable")]
    [InlineData("endpoints", "a.example.com:6380,a.example.com:6380", "endpoints is not usable")]
    [InlineData("managementUser", "", "managementUser is not usable")]
    [InlineData("tls", "false", "a node is another machine")]
    [InlineData("keep", "disk", "keep is not usable")]
    [InlineData("value", "{password}", "value is not usable")]
    [InlineData("host", "x", "host is not known")]
    public async Task Says_which_parameter_is_wrong_and_what_to_set(string name, string value, string fault)
    {
        await using var bench = await StartAsync();
        var good = new Dictionary<string, string> { ["endpoints"] = "a.example.com:6380, b.example.com:6380", ["managementUser"] = "rotator" };

        Assert.Empty(bench.Provider.Validate(good));
        Assert.Contains(fault, Assert.Single(bench.Provider.Validate(new Dictionary<string, string>(good) { [name] = value })), StringComparison.Ordinal);
    }

    private static Task<RedisBench> StartAsync(string keep = "aclFile", bool hasAclFile = true) => RealServers.OrSkipAsync(() => RedisBench.StartAsync(keep, hasAclFile, Stop));

    private static IssueTicket Ticket(RedisBench bench) => AzureKeys.The_table_of_resource_types.Ticket("") with { Material = bench.Provider.MakeMaterial(bench.Target.Parameters) };

    private static async Task<IssueOutcome.Issued> IssueAsync(RedisBench bench) => Assert.IsType<IssueOutcome.Issued>(await bench.Provider.IssueAsync(bench.Target, Ticket(bench), Stop));

    private static Task<ProbeOutcome> ProbeAsync(RedisBench bench, SecretText value) => bench.Provider.VerifyAsync(bench.Target, new Candidate(null, value), Stop);

    private static string HashOf(SecretText value) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value.RevealToRemote())));
}
