using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Providers.EntraApp;

public sealed class A_secret_of_an_app_registration
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, "tenant-policy:CredentialTypeNotAllowedAsPerAppPolicy")]
    [InlineData(false, "tenant-policy:CredentialInvalidLifetimeAsPerAppPolicy")]
    public async Task Is_refused_by_the_tenants_policy_in_so_many_words(bool forbids, string code)
    {
        await using var bench = await EntraAppBench.StartAsync(Stop);
        bench.Model.ForbidsPasswords = forbids;
        bench.Model.LifetimeMax = TimeSpan.FromDays(30);

        Assert.Equal(new IssueOutcome.Rejected(code), await IssueAsync(bench));
        Assert.Single(bench.App.Passwords);
    }

    [Fact]
    public async Task Is_refused_to_who_does_not_own_the_application()
    {
        await using var bench = await EntraAppBench.StartAsync(Stop);
        bench.Model.IsOwner = false;

        Assert.Equal(new IssueOutcome.Rejected("Authorization_RequestDenied"), await IssueAsync(bench));
    }

    [Fact]
    public async Task Carries_the_marker_and_the_end_that_were_asked_for()
    {
        await using var bench = await EntraAppBench.StartAsync(Stop);

        var issued = Assert.IsType<IssueOutcome.Issued>(await IssueAsync(bench));

        var made = bench.App.Passwords[^1];
        Assert.Equal((made.KeyId.ToString(), made.EndOn), (issued.Id, issued.ExpiresOn));
        Assert.Equal(("rot-kitkit-contractcontractcont-1", bench.Now + TimeSpan.FromDays(90)), (made.DisplayName, made.EndOn));
    }

    [Fact]
    public async Task Is_not_taken_for_ours_when_its_token_is_of_another_tenant()
    {
        await using var bench = await EntraAppBench.StartAsync(Stop);
        bench.SignIn.ForeignTenant = "11111111-0d5b-4e6f-8a91-b2c3d4e5f601";

        Assert.IsType<ProbeOutcome.WrongIdentity>(await ProbeAsync(bench, bench.Current));
    }

    [Fact]
    public async Task Is_refused_after_its_end()
    {
        await using var bench = await EntraAppBench.StartAsync(Stop);
        var brief = bench.Model.Add(bench.App, "brief", TimeSpan.FromDays(1));
        bench.Pass(TimeSpan.FromDays(2));

        Assert.IsType<ProbeOutcome.Refused>(await ProbeAsync(bench, brief.Value));
    }

    [Fact]
    public async Task Is_not_judged_where_the_tenant_does_not_know_the_application()
    {
        await using var bench = await EntraAppBench.StartAsync(Stop);

        var outcome = await bench.Provider.VerifyAsync(bench.Target with { Target = "99999999-6f1e-4a0e-9d2b-5c3e8f7a1b20" }, new Candidate(null, bench.Current), Stop);

        Assert.Contains("AADSTS700016", Assert.IsType<ProbeOutcome.Unknown>(outcome).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_named_by_its_hint_only_while_no_other_could_be_meant()
    {
        await using var bench = await EntraAppBench.StartAsync(Stop);
        Assert.Equal(bench.App.Passwords[0].KeyId.ToString(), Assert.IsType<ProbeOutcome.Works>(await ProbeAsync(bench, bench.Current)).CredentialId);

        bench.Model.Add(bench.App, "from long ago", TimeSpan.FromDays(1), hasHint: false);

        Assert.Null(Assert.IsType<ProbeOutcome.Works>(await ProbeAsync(bench, bench.Current)).CredentialId);
    }

    [Fact]
    public async Task Is_told_as_gone_when_the_list_shows_that_it_is()
    {
        await using var bench = await EntraAppBench.StartAsync(Stop);

        Assert.IsType<RetireOutcome.AlreadyGone>(await bench.Provider.RetireAsync(bench.Target, new RetireTicket("33333333-6f1e-4a0e-9d2b-5c3e8f7a1b20", null), Stop));
        Assert.True(bench.Accepts(bench.Current));
    }

    [Fact]
    public async Task Is_tried_again_later_when_the_directory_changes_at_the_same_time()
    {
        await using var bench = await EntraAppBench.StartAsync(Stop);
        bench.Faults.Add("directory.addPassword", new Fault.Refuse(409, "Directory_ConcurrencyViolation"));

        Assert.IsType<IssueOutcome.Throttled>(await IssueAsync(bench));
    }

    [Theory]
    [InlineData("not-a-guid")]
    [InlineData("0a9f7c52-6f1e-4a0e-9d2b-5c3e8f7a1b20')/owners/$ref?x=('")]
    public async Task Is_not_asked_for_where_the_target_is_no_application_id(string target)
    {
        await using var bench = await EntraAppBench.StartAsync(Stop);
        var hostile = bench.Target with { Target = target };

        Assert.IsType<TargetOutcome.Unreadable>(await bench.Provider.CheckTargetAsync(hostile, Stop));
        Assert.IsType<IssueOutcome.Rejected>(await bench.Provider.IssueAsync(hostile, Ticket(bench), Stop));
        Assert.IsType<ProbeOutcome.Unknown>(await bench.Provider.VerifyAsync(hostile, new Candidate(null, bench.Current), Stop));
        Assert.Empty(bench.Faults.Operations);
    }

    [Fact]
    public async Task Lives_no_longer_than_the_account_says_the_tenant_allows()
    {
        await using var bench = await EntraAppBench.StartAsync(Stop);
        var parameters = new Dictionary<string, string>(bench.Target.Parameters) { ["lifetimeMaxDays"] = "30" };

        Assert.Empty(bench.Provider.Validate(parameters));
        Assert.Equal(TimeSpan.FromDays(30), bench.Provider.Describe(parameters).LifetimeMax);
        Assert.Single(bench.Provider.Validate(new Dictionary<string, string>(bench.Target.Parameters) { ["lifetimeMaxDays"] = "0" }));
        Assert.Single(bench.Provider.Validate(new Dictionary<string, string>()));
    }

    private static Task<IssueOutcome> IssueAsync(EntraAppBench bench) => bench.Provider.IssueAsync(bench.Target, Ticket(bench), Stop);

    private static IssueTicket Ticket(EntraAppBench bench) => AzureKeys.The_table_of_resource_types.Ticket("") with { ExpiresOn = bench.Now + TimeSpan.FromDays(90) };

    private static Task<ProbeOutcome> ProbeAsync(EntraAppBench bench, SecretText value) => bench.Provider.VerifyAsync(bench.Target, new Candidate(null, value), Stop);
}
