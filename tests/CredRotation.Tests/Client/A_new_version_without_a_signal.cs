using Azure;

namespace CredRotation.Tests.Client;

/// <summary>What an app does when nobody tells it that its credential changed.</summary>
public sealed class A_new_version_without_a_signal
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Is_found_by_its_id_and_read_once()
    {
        await using var fixture = await ClientFixture.StartedAsync(s_interval);
        await LookedAsync(fixture);
        Assert.Equal(["newest"], fixture.VaultHandler.Reads);

        fixture.VaultHandler.Add("v2", "two");
        await RunsAsync(fixture, "v2");

        using var lease = fixture.Credential.Acquire();
        Assert.Equal("two", lease.RevealToRemote());
        Assert.Equal(["newest", "v2"], fixture.VaultHandler.Reads);
    }

    [Fact]
    public async Task Is_acknowledged_once_the_rotator_signals_again()
    {
        await using var fixture = await ClientFixture.StartedAsync(s_interval);
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        fixture.VaultHandler.Add("v2", "two");
        await RunsAsync(fixture, "v2");
        fixture.UseOnce();
        Assert.Equal(0, fixture.RotatorHandler.Count);

        await fixture.SignalAsync("v2");
        await fixture.RotatorHandler.ArrivedAsync();

        Assert.Equal("v2", fixture.RotatorHandler.Last.Body.GetProperty("version").GetString());
        Assert.Equal(["newest", "v2"], fixture.VaultHandler.Reads);
    }

    [Fact]
    public async Task Is_acknowledged_at_once_when_a_signal_named_it_while_the_vault_was_away()
    {
        await using var fixture = await ClientFixture.StartedAsync(s_interval);
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        fixture.VaultHandler.Add("v2", "two");
        fixture.VaultHandler.RefuseNext(1);
        await Assert.ThrowsAsync<RequestFailedException>(() => fixture.SignalAsync("v2"));

        await RunsAsync(fixture, "v2");
        fixture.UseOnce();
        await fixture.RotatorHandler.ArrivedAsync();

        Assert.Equal(ClientFixture.Rotation, fixture.RotatorHandler.Last.Body.GetProperty("rotation").GetString());
    }

    [Fact]
    public async Task Is_not_taken_while_it_is_disabled()
    {
        await using var fixture = await ClientFixture.StartedAsync(s_interval);
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        fixture.VaultHandler.Add("v2", "two");
        fixture.VaultHandler.Disable("v2");

        await LookedAsync(fixture);
        await LookedAsync(fixture);

        Assert.Equal("v1", fixture.Credential.Version);
    }

    [Fact]
    public async Task Is_found_although_looks_before_were_refused()
    {
        await using var fixture = await ClientFixture.StartedAsync(s_interval);
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        fixture.VaultHandler.Add("v2", "two");
        fixture.VaultHandler.RefuseNext(2);

        await RunsAsync(fixture, "v2");

        Assert.Equal("v2", fixture.Credential.Version);
    }

    [Fact]
    public async Task Is_looked_for_in_intervals_that_differ_by_at_most_a_fifth()
    {
        await using var fixture = await ClientFixture.StartedAsync(s_interval);

        fixture.Clock.Advance(s_interval * 0.79);
        Assert.Equal(0, fixture.VaultHandler.Lists);
        var last = s_interval * 0.79;
        var listed = fixture.VaultHandler.ListedAsync();
        for (; !listed.IsCompleted && last < s_interval * 3; last += TimeSpan.FromSeconds(1)) await MoveAsync(fixture, TimeSpan.FromSeconds(1));

        await listed;
        Assert.InRange(last, s_interval * 0.8, s_interval * 1.25);
    }

    [Fact]
    public async Task Is_left_to_signals_where_looking_is_turned_off()
    {
        await using var fixture = await ClientFixture.StartedAsync();

        fixture.Clock.Advance(TimeSpan.FromDays(2));

        Assert.Equal(0, fixture.VaultHandler.Lists);
        Assert.Throws<ArgumentException>(() => new ClientFixture(TimeSpan.FromSeconds(1)));
    }

    private static Task LookedAsync(ClientFixture fixture)
    {
        var listed = fixture.VaultHandler.ListedAsync();
        return MoveUntilAsync(fixture, () => listed.IsCompleted);
    }

    private static Task RunsAsync(ClientFixture fixture, string version) => MoveUntilAsync(fixture, () => fixture.Credential.Version == version);

    private static async Task MoveUntilAsync(ClientFixture fixture, Func<bool> isSo)
    {
        while (!isSo()) await MoveAsync(fixture, TimeSpan.FromSeconds(20));
    }

    // What the clock wakes goes on elsewhere, so it gets a moment before the clock moves again.
    private static async Task MoveAsync(ClientFixture fixture, TimeSpan span)
    {
        fixture.Clock.Advance(span);
        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
    }
}
