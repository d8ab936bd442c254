using System.Management.Automation;
using CredRotation.Sandbox.World;

namespace CredRotation.Tests.Runbooks;

public sealed class A_runbook_that_looks(RunbookWorld world) : IClassFixture<RunbookWorld>, IAsyncLifetime
{
    private (string, object)[] Payment => [("Vault", world.Sandbox.VaultUri(SandboxNames.PaymentsVault)), ("Secret", SandboxNames.PaymentSecret)];

    public async ValueTask InitializeAsync() => await world.SweepAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Rehearses_and_changes_nothing()
    {
        var before = (await world.RowAsync()).Chain;
        var versions = world.Sandbox.Vault.Requests.Count(request => request.Operation is "SecretSet" or "SecretUpdate");

        var job = await world.RunAsync("Invoke-Rehearsal", Payment);

        Assert.Null(job.Failure);
        Assert.Equal("NotDue", Value(job, "Verdict", "Name"));
        Assert.Contains("Nothing is due before", Value(job, "Verdict", "What"), StringComparison.Ordinal);
        Assert.Equal("nothing", Value(job, "In the way", "Name"));
        Assert.Equal(["Detect", "Authorize", "Issue", "Verify", "Promote", "Reload", "Retire"], job.Output.Where(line => Is(line, "Part", "Step")).Select(line => line.Properties["Name"].Value));
        Assert.Contains(job.Output, line => Is(line, "Part", "Call") && Is(line, "Next", "would change something"));
        Assert.Equal(before, (await world.RowAsync()).Chain);
        Assert.Equal(versions, world.Sandbox.Vault.Requests.Count(request => request.Operation is "SecretSet" or "SecretUpdate"));
    }

    [Fact]
    public async Task Lists_what_expires_the_nearest_end_first_managed_or_not()
    {
        var soon = await world.RunAsync("Get-ExpiringCredential", ("Days", "30"));
        var later = await world.RunAsync("Get-ExpiringCredential", ("Days", 90));

        Assert.Null(soon.Failure);
        Assert.Contains(soon.Output, row => Is(row, "Name", "report-sftp-password") && Is(row, "State", "watched") && Is(row, "TimeLeft", "11 days"));
        Assert.DoesNotContain(soon.Output, row => Is(row, "Name", SandboxNames.PaymentSecret));
        var payment = Assert.Single(later.Output, row => Is(row, "Name", SandboxNames.PaymentSecret));
        Assert.Equal("managed", payment.Properties["State"].Value);
        Assert.StartsWith($"{world.App.AbsoluteUri}api/pages/rehearsal/", (string)payment.Properties["Page"].Value, StringComparison.Ordinal);
        var ends = later.Output.Select(row => (string)row.Properties["Expires"].Value).ToList();
        Assert.Equal(ends.Order(StringComparer.Ordinal), ends);
        Assert.Contains(later.Output, row => ((string)row.Properties["Findings"].Value).Contains("Expires on", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Says_so_when_nothing_expires()
    {
        var job = await world.RunAsync("Get-ExpiringCredential", ("Days", 0));

        Assert.Null(job.Failure);
        Assert.All(job.Output.Where(row => row.BaseObject is PSCustomObject), row => Assert.StartsWith("expired", (string)row.Properties["TimeLeft"].Value, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Start-Rotation")]
    [InlineData("Request-AdoptionRelease")]
    public async Task Changes_nothing_with_what_if(string name)
    {
        world.Calls.Clear();

        var job = await world.RunAsync(name, [.. Payment, ("Reason", "A look."), ("WhatIf", true)]);

        Assert.Null(job.Failure);
        Assert.Equal("NotAsked", Assert.Single(job.Output).Properties["Outcome"].Value);
        Assert.All(world.Calls, call => Assert.StartsWith("GET ", call, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Invoke-Rehearsal")]
    [InlineData("Start-Rotation")]
    [InlineData("Request-AdoptionRelease")]
    public async Task Shows_a_refusal_in_its_three_parts_and_fails(string name)
    {
        (string, object)[] unknown = [("Vault", world.Sandbox.VaultUri(SandboxNames.PaymentsVault)), ("Secret", "no-such-secret")];
        var job = await world.RunAsync(name, name == "Invoke-Rehearsal" ? unknown : [.. unknown, ("Reason", "A look.")]);

        Assert.Matches("(?s)^What happened: .+\nWhat still works: .+\nWhat to do next: .+", job.Failure);
        Assert.Empty(job.Output);
    }

    [Fact]
    public async Task Needs_an_identity_and_says_how_to_get_one()
    {
        var job = await world.RunAsync("Get-ExpiringCredential", isInAccount: false);

        Assert.Contains("This job has no managed identity.", job.Failure, StringComparison.Ordinal);
        Assert.Contains("Switch on the system-assigned identity", job.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_token_for_another_audience_is_told_what_to_check()
    {
        var job = await world.RunAsync("Get-ExpiringCredential", ("Audience", "api://another"));

        Assert.Contains("401", job.Failure, StringComparison.Ordinal);
        Assert.Contains("What to do next: ", job.Failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://example.com/")]
    [InlineData("https://user:pass@example.com/")]
    [InlineData("ftp://127.0.0.1/")]
    public async Task Sends_no_token_over_an_open_wire(string address)
    {
        var job = await world.RunAsync("Get-ExpiringCredential", ("BaseUri", address));

        Assert.StartsWith("What happened: -BaseUri is no https address.", job.Failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Secret", "../../etc")]
    [InlineData("Secret", "name\n")]
    [InlineData("Reason", "two\nlines")]
    [InlineData("Reason", "no")]
    [InlineData("Audience", "https://example.com")]
    public async Task Refuses_parameters_that_cannot_be_meant(string parameter, string value)
    {
        var all = new Dictionary<string, object> { ["Vault"] = "https://kv.vault.azure.net/", ["Secret"] = "a", ["Reason"] = "A look." };
        all[parameter] = value;

        var job = await world.RunAsync("Start-Rotation", [.. all.Select(one => (one.Key, one.Value))]);

        Assert.Contains(parameter, job.Failure, StringComparison.Ordinal);
        Assert.Empty(job.Output);
    }

    internal static bool Is(PSObject line, string member, string value) => (string?)line.Properties[member]?.Value == value;

    private static string Value(RunbookJob job, string part, string member) => (string)job.Output.Single(line => Is(line, "Part", part)).Properties[member].Value;
}
