using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class The_heartbeats : EngineTest
{
    [Fact]
    public async Task Are_well_after_a_sweep_a_wake_up_and_reminders()
    {
        await World.Host.Sweep.RunAsync(Cancel);
        await World.Host.Ladder.RunAsync(Cancel);
        await World.Host.Sleepers.WakeAsync(Cancel);

        var report = await World.Host.Health.ReadAsync(Cancel);

        Assert.True(report.IsOk);
        Assert.Equal(["sweep", "wake", "reminders", "Rotation:Vaults:0", "Rotation:Vaults:1", "anchor"], report.Heartbeats.Select(line => line.Name));
        Assert.All(report.Heartbeats, line => Assert.Equal((0d, null), (line.AgeSeconds, line.Next)));
    }

    [Fact]
    public async Task Say_which_is_late_what_still_works_and_what_to_do()
    {
        await World.Host.Sweep.RunAsync(Cancel);
        await World.Host.Sleepers.WakeAsync(Cancel);
        World.Clock.Advance(TimeSpan.FromMinutes(4));

        var report = await World.Host.Health.ReadAsync(Cancel);

        Assert.False(report.IsOk);
        var late = Assert.Single(report.Heartbeats, line => !line.IsOk);
        Assert.Equal(("wake", 240d), (late.Name, late.AgeSeconds));
        Assert.All(new[] { late.WhatIsLate, late.WhatStillWorks, late.Next }, text => Assert.False(string.IsNullOrEmpty(text)));
    }

    [Fact]
    public async Task Do_not_call_a_new_app_late_and_do_call_one_that_never_sweeps()
    {
        Assert.True((await World.Host.Health.ReadAsync(Cancel)).IsOk);

        World.Clock.Advance(TimeSpan.FromDays(4));

        Assert.All((await World.Host.Health.ReadAsync(Cancel)).Heartbeats, line => Assert.Equal((false, (double?)null), (line.IsOk, line.AgeSeconds)));
    }

    [Fact]
    public async Task Of_a_vault_that_cannot_be_read_grow_old_while_the_sweep_is_well()
    {
        await World.Host.Sweep.RunAsync(Cancel);
        World.Faults.Add("vault.list@other", new Fault.Refuse(403, "Forbidden", "ForbiddenByFirewall"), times: 100);
        World.Clock.Advance(TimeSpan.FromHours(4));
        await World.Host.Sleepers.WakeAsync(Cancel);
        await World.Host.Ladder.RunAsync(Cancel);

        await World.Host.Sweep.RunAsync(Cancel);

        var late = Assert.Single((await World.Host.Health.ReadAsync(Cancel)).Heartbeats, line => !line.IsOk);
        Assert.Equal(("Rotation:Vaults:1", true), (late.Name, late.HasTrouble));
    }

    [Fact]
    public async Task Are_those_of_any_host()
    {
        var other = World.AddHost();
        await other.Sweep.RunAsync(Cancel);
        World.Clock.Advance(TimeSpan.FromHours(2));
        await other.Sleepers.WakeAsync(Cancel);

        Assert.True((await World.Host.Health.ReadAsync(Cancel)).IsOk);
    }
}
