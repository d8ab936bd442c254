using System.Net;
using Azure;
using CredRotation.Client;

namespace CredRotation.Tests.Client;

/// <summary>What an app gets from a credential that changes under it, and what it tells.</summary>
public sealed class A_reloading_credential
{
    [Fact]
    public async Task Gives_new_calls_the_signalled_version_and_leaves_calls_in_flight_alone()
    {
        await using var fixture = await ClientFixture.StartedAsync();
        using var inFlight = fixture.Credential.Acquire();
        fixture.VaultHandler.Add("v2", "two");
        fixture.VaultHandler.Add("v3", "three");

        var answer = await fixture.SignalAsync("v2");

        using var next = fixture.Credential.Acquire();
        Assert.Equal(["checkout-1"], answer.Instances);
        Assert.Equal(("one", "two"), (inFlight.RevealToRemote(), next.RevealToRemote()));
        Assert.Equal(["newest", "v2"], fixture.VaultHandler.Reads);
    }

    [Fact]
    public async Task Acknowledges_once_as_its_own_principal_after_a_first_success()
    {
        await using var fixture = await ReloadedAsync();
        Assert.Equal(0, fixture.RotatorHandler.Count);
        var success = fixture.Clock.GetUtcNow();

        fixture.UseOnce();
        await fixture.RotatorHandler.ArrivedAsync();
        fixture.Clock.Advance(TimeSpan.FromHours(1));
        fixture.UseOnce();

        var (token, uri, body) = fixture.RotatorHandler.Last;
        Assert.Equal("token for api://cred-rotation/.default", token);
        Assert.Equal(new Uri("https://rotator.example/api/acknowledgements"), uri);
        Assert.Equal(
            [("rotation", ClientFixture.Rotation), ("vault", "https://payments.vault.azure.net/"), ("secret", ClientFixture.Secret), ("version", "v2"), ("instance", "checkout-1")],
            body.EnumerateObject().Take(5).Select(member => (member.Name, member.Value.GetString()!)));
        Assert.Equal(success, body.GetProperty("firstSuccessOn").GetDateTimeOffset());
        Assert.Equal(1, fixture.RotatorHandler.Count);
    }

    [Fact]
    public async Task Says_nothing_while_a_call_still_uses_the_version_before()
    {
        await using var fixture = await ClientFixture.StartedAsync();
        var inFlight = fixture.Credential.Acquire();
        fixture.VaultHandler.Add("v2", "two");
        await fixture.SignalAsync("v2");

        fixture.UseOnce();
        Assert.Equal(0, fixture.RotatorHandler.Count);
        inFlight.Succeeded();
        inFlight.Dispose();
        inFlight.Dispose();

        await fixture.RotatorHandler.ArrivedAsync();
    }

    [Fact]
    public async Task Falls_back_for_a_refused_call_and_reports_nothing()
    {
        await using var fixture = await ReloadedAsync();

        using (var refused = fixture.Credential.Acquire())
        using (var wayBack = refused.Refused())
        {
            Assert.Equal("one", wayBack!.RevealToRemote());
            wayBack.Succeeded();
        }

        Assert.Equal("v2", fixture.Credential.Version);
        Assert.Equal(0, fixture.RotatorHandler.Count);
    }

    [Fact]
    public async Task Has_no_way_back_once_the_new_version_has_worked()
    {
        await using var fixture = await ReloadedAsync();
        fixture.UseOnce();

        using var lease = fixture.Credential.Acquire();

        Assert.Null(lease.Refused());
    }

    [Fact]
    public async Task Offers_the_new_version_to_a_call_whose_old_one_was_refused()
    {
        await using var fixture = await ClientFixture.StartedAsync();
        using var inFlight = fixture.Credential.Acquire();
        fixture.VaultHandler.Add("v2", "two");
        await fixture.SignalAsync("v2");

        using var other = inFlight.Refused();

        Assert.Equal("two", other!.RevealToRemote());
    }

    [Fact]
    public async Task Keeps_the_last_version_that_worked_as_the_way_back_over_two_reloads()
    {
        await using var fixture = await ClientFixture.StartedAsync();
        fixture.UseOnce();
        fixture.VaultHandler.Add("v2", "two");
        fixture.VaultHandler.Add("v3", "three");
        await fixture.SignalAsync("v2");
        await fixture.SignalAsync("v3");

        using var lease = fixture.Credential.Acquire();
        using var wayBack = lease.Refused();

        Assert.Equal(("three", "one"), (lease.RevealToRemote(), wayBack!.RevealToRemote()));
    }

    [Fact]
    public async Task Answers_a_rehearsal_without_reading_or_changing_anything()
    {
        await using var fixture = await ClientFixture.StartedAsync();

        var answer = await fixture.SignalAsync("v2", rehearsal: true);

        Assert.Equal(["checkout-1"], answer.Instances);
        Assert.Equal(["newest"], fixture.VaultHandler.Reads);
        Assert.Equal("v1", fixture.Credential.Version);
    }

    [Fact]
    public async Task Tries_again_with_growing_pauses_until_it_is_heard()
    {
        await using var fixture = await ReloadedAsync();
        fixture.RotatorHandler.RefuseNext(HttpStatusCode.ServiceUnavailable);
        fixture.RotatorHandler.RefuseNext(null);

        fixture.UseOnce();
        await fixture.RotatorHandler.ArrivedAsync();
        await MoveUntilAsync(fixture, fixture.RotatorHandler.ArrivedAsync());
        await MoveUntilAsync(fixture, fixture.RotatorHandler.ArrivedAsync());

        Assert.Equal(3, fixture.RotatorHandler.Count);
    }

    [Fact]
    public async Task Outlives_a_token_source_that_fails()
    {
        await using var fixture = await ReloadedAsync();
        fixture.Identity.FailNext(1);

        fixture.UseOnce();
        await fixture.Identity.AskedAsync();
        await MoveUntilAsync(fixture, fixture.RotatorHandler.ArrivedAsync());

        Assert.Equal(1, fixture.RotatorHandler.Count);
    }

    [Fact]
    public async Task Acknowledges_again_when_it_is_signalled_again()
    {
        await using var fixture = await ReloadedAsync();
        fixture.UseOnce();
        await fixture.RotatorHandler.ArrivedAsync();

        await fixture.SignalAsync("v2");
        await fixture.RotatorHandler.ArrivedAsync();

        Assert.Equal(["newest", "v2"], fixture.VaultHandler.Reads);
    }

    [Fact]
    public async Task Is_not_taken_back_by_a_signal_that_comes_late()
    {
        await using var fixture = await ClientFixture.StartedAsync();
        fixture.VaultHandler.Add("v2", "two");
        fixture.Clock.Advance(TimeSpan.FromDays(1));
        fixture.VaultHandler.Add("v3", "three");
        await fixture.SignalAsync("v3");

        await fixture.SignalAsync("v2");

        Assert.Equal("v3", fixture.Credential.Version);
    }

    [Fact]
    public async Task Stays_on_its_version_when_the_vault_does_not_have_the_signalled_one()
    {
        await using var fixture = await ClientFixture.StartedAsync();

        await Assert.ThrowsAsync<RequestFailedException>(() => fixture.SignalAsync("v9"));

        using var lease = fixture.Credential.Acquire();
        Assert.Equal("one", lease.RevealToRemote());
    }

    [Theory]
    [InlineData("short", "https://payments.vault.azure.net/", ClientFixture.Secret, "v2")]
    [InlineData(ClientFixture.Rotation, "https://other.vault.azure.net/", ClientFixture.Secret, "v2")]
    [InlineData(ClientFixture.Rotation, "http://payments.vault.azure.net/", ClientFixture.Secret, "v2")]
    [InlineData(ClientFixture.Rotation, "payments.vault.azure.net", "another-secret", "v2")]
    [InlineData(ClientFixture.Rotation, "payments.vault.azure.net", ClientFixture.Secret, "../v2")]
    [InlineData(null, null, null, null)]
    public async Task Refuses_a_signal_that_is_not_its_own(string? rotation, string? vault, string? secret, string? version)
    {
        await using var fixture = await ClientFixture.StartedAsync();

        await Assert.ThrowsAsync<ArgumentException>(() => fixture.Credential.HandleSignalAsync(new ReloadSignal(rotation!, vault!, secret!, version!, false), TestContext.Current.CancellationToken));

        Assert.Equal("v1", fixture.Credential.Version);
    }

    [Fact]
    public async Task Prints_no_value()
    {
        await using var fixture = await ClientFixture.StartedAsync();
        using var lease = fixture.Credential.Acquire();

        Assert.Equal("v1 ***", lease.ToString());
    }

    private static async Task<ClientFixture> ReloadedAsync()
    {
        var fixture = await ClientFixture.StartedAsync();
        fixture.VaultHandler.Add("v2", "two");
        await fixture.SignalAsync("v2");
        return fixture;
    }

    // The pause begins some time after the refusal was sent, so the clock moves until the next try is there.
    private static async Task MoveUntilAsync(ClientFixture fixture, Task next)
    {
        while (!next.IsCompleted)
        {
            fixture.Clock.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await next;
    }
}
