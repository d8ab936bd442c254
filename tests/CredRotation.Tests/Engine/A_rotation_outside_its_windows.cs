using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class A_rotation_outside_its_windows
{
    private static readonly VendorClass s_overlap = VendorClasses.All.First(vendor => vendor.Traits.OldValidity is OldValidity.UntilRetired);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // The world begins on a Sunday, 2026-11-22 08:00 UTC; the secret ends in 20 days.
    private static Dictionary<string, string?> Wednesdays() => new()
    {
        ["Rotation:Policies:payments:Windows:0:Days:0"] = "Wednesday",
        ["Rotation:Policies:payments:Windows:0:From"] = "10:00",
        ["Rotation:Policies:payments:Windows:0:To"] = "12:00",
        ["Rotation:Policies:payments:Zone"] = "Europe/Berlin",
    };

    [Fact]
    public async Task Waits_for_the_next_one_and_issues_then()
    {
        await using var world = new RotationWorld(Wednesdays(), vendor: s_overlap);
        await world.SweepAsync(Cancel);

        var waiting = await world.RotationAsync(Cancel);
        Assert.Equal(RotationState.Authorized, waiting.State);
        Assert.Null(waiting.Hold);
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 9, 0, 0, TimeSpan.Zero), waiting.WindowOpensOn);
        Assert.DoesNotContain("vendor.issue", world.Faults.Operations);

        await world.PassAsync(TimeSpan.FromDays(2.9), Cancel);
        Assert.DoesNotContain("vendor.issue", world.Faults.Operations);
        await world.PassAsync(TimeSpan.FromDays(0.2), Cancel);

        var rotation = await world.RotationAsync(Cancel);
        Assert.True(rotation.State >= RotationState.Promoted, $"It is {rotation.State}.");
        Assert.Null(rotation.WindowOpensOn);
    }

    [Fact]
    public async Task Retires_in_a_window_only()
    {
        await using var world = new RotationWorld(Wednesdays(), vendor: s_overlap);
        await world.SweepAsync(Cancel);
        await world.PassAsync(TimeSpan.FromDays(3.1), Cancel);
        var asked = await world.RotationAsync(Cancel);
        Assert.Equal((RotationState.Reloaded, HoldReason.ApprovalNeeded), (asked.State, asked.Hold!.Reason));
        await world.PassAsync(TimeSpan.FromHours(6), Cancel);

        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        Assert.DoesNotContain("vendor.retire", world.Faults.Operations);
        Assert.Equal(new DateTimeOffset(2026, 12, 2, 9, 0, 0, TimeSpan.Zero), (await world.RotationAsync(Cancel)).WindowOpensOn);
        await world.PassAsync(TimeSpan.FromDays(7), Cancel);

        Assert.Equal(RotationState.Retired, (await world.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task In_a_freeze_that_outlasts_the_last_safe_moment_asks_a_person_in_time()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?>
        {
            ["Rotation:Freezes:year-end:From"] = "2026-11-20T00:00:00+00:00",
            ["Rotation:Freezes:year-end:To"] = "2027-01-10T00:00:00+00:00",
        }, vendor: s_overlap);
        await world.SweepAsync(Cancel);

        var held = await world.RotationAsync(Cancel);
        Assert.Equal(HoldReason.OutsideWindow, held.Hold!.Reason);
        Assert.Contains("Freeze 'year-end' lasts until 2027-01-10", held.Hold.Detail, StringComparison.Ordinal);
        await world.ChooseAsync("override", RotationWorld.OwnerOne, Cancel);
        await world.PassAsync(TimeSpan.FromHours(2), Cancel);

        var rotation = await world.RotationAsync(Cancel);
        Assert.True(rotation.State >= RotationState.Promoted, $"It is {rotation.State}.");
        Assert.Contains(rotation.Overrides, text => text.StartsWith("OutsideWindow: override by", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_a_standing_authorization_goes_on_at_the_last_safe_moment_and_tells_leadership()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?>
        {
            ["Rotation:Freezes:long:From"] = "2026-12-20T00:00:00+00:00",
            ["Rotation:Freezes:long:To"] = "2027-12-31T00:00:00+00:00",
        }, vendor: s_overlap);
        await world.SweepAsync(Cancel);
        await world.PassAsync(TimeSpan.FromHours(1), Cancel);
        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await world.PassAsync(TimeSpan.FromDays(2), Cancel);
        Assert.Equal(RotationState.Retired, (await world.RotationAsync(Cancel)).State);

        // Due again in the freeze, by its new end.
        var end = (await world.RowAsync(Cancel)).Seen.ExpiresOn!.Value;
        await world.PassAsync(end.AddDays(-29) - world.Clock.GetUtcNow(), Cancel);
        await world.SweepAsync(Cancel);
        await world.PassAsync(TimeSpan.FromDays(20), Cancel);
        Assert.Equal(HoldReason.OutsideWindow, (await world.RotationAsync(Cancel)).Hold!.Reason);
        await world.PassAsync(end.AddHours(-1) - world.Clock.GetUtcNow(), Cancel);

        var rotation = await world.RotationAsync(Cancel);
        Assert.Equal(2, rotation.Ordinal);
        Assert.True(rotation.PromotedOn < end, $"It is {rotation.State}.");
        Assert.Contains(world.Inbox.Notices, notice => notice.Kind is NoticeKind.Escalation && notice.WhatHappened.Contains("outside its change windows", StringComparison.Ordinal));
    }

    [Fact]
    public async Task In_an_incident_waits_for_no_window()
    {
        await using var world = new RotationWorld(Wednesdays(), vendor: s_overlap);
        world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("dead-by-now"), world.Clock.GetUtcNow().AddDays(-1), RotationWorld.Tags());
        await world.SweepAsync(Cancel);
        Assert.NotNull((await world.RotationAsync(Cancel)).Incident);

        await world.ChooseAsync("expedite", RotationWorld.OwnerOne, Cancel);
        await world.PassAsync(TimeSpan.FromMinutes(30), Cancel);

        Assert.NotNull((await world.RotationAsync(Cancel)).PromotedVersion);
    }
}
