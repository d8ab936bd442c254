using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class An_issue_whose_answer_is_lost : EngineTest
{
    public static TheoryData<string> Losses => ["dropped before", "dropped after", "unreadable", "timed out", "500"];

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task Is_unknown_never_failed_and_recovered_after_it_had_time_to_land(string loss)
    {
        World.Faults.Add("gateway.generate", loss switch
        {
            "dropped before" => new Fault.DropBefore(),
            "dropped after" => new Fault.DropAfter(),
            "unreadable" => new Fault.Garbage(),
            "timed out" => new Fault.LateAnswer(TimeSpan.FromMinutes(2)),
            _ => new Fault.Refuse(500, "00_500"),
        });
        await World.SweepAsync(Cancel);

        var approved = World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        // Past the time-out of the call, not past the claim.
        if (!approved.IsCompleted) World.Clock.Advance(TimeSpan.FromSeconds(31));
        await approved;

        var unknown = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.IssueSent, unknown.State);
        Assert.Contains("IssueUnknown", await HappenedAsync());
        Assert.True(unknown.WakeOn >= unknown.Attempts[0].SentOn + unknown.Plan.Traits.LandingMax, "Somebody could issue while the first call may still land.");

        await World.PassAsync(TimeSpan.FromDays(2), Cancel);

        var ended = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Retired, ended.State);
        Assert.Equal(2, ended.Attempts.Count);
        var suspect = Assert.Single(ended.Suspects);
        Assert.NotNull(suspect.EndsOn);
        Assert.Single(World.Gateway.LiveKeys(RotationWorld.Target));
        Assert.Contains(World.Inbox.Notices[^1].Facts, fact => fact.Value.Contains(suspect.Marker, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Counts_the_old_credentials_end_from_the_first_call_that_was_sent()
    {
        World.Faults.Add("gateway.generate", new Fault.DropAfter());
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var sentOn = (await World.RotationAsync(Cancel)).Attempts[0].SentOn;

        await World.PassAsync(TimeSpan.FromMinutes(10), Cancel);

        var rotation = await World.RotationAsync(Cancel);
        Assert.Equal(sentOn + TimeSpan.FromHours(24), rotation.OldEndsOn);
    }

    [Fact]
    public async Task Refused_by_the_provider_is_a_hold_and_nothing_was_issued()
    {
        World.Faults.Add("gateway.generate", new Fault.Refuse(403, "00_403"));
        await World.SweepAsync(Cancel);

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        var held = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.IssueRejected, held.Hold?.Reason);
        Assert.Empty(held.Attempts);
        Assert.Contains("nothing was issued", World.Inbox.Notices[^1].WhatStillWorks, StringComparison.OrdinalIgnoreCase);

        await World.ChooseAsync("retry", RotationWorld.OwnerTwo, Cancel);

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task That_cannot_be_staged_is_issued_again_and_the_unread_key_is_reported()
    {
        // The first two writes there are the installation key and the reservation.
        World.Faults.Add("vault.write@staging", new Fault.Refuse(500, "InternalServerError"), occurrence: 3, times: 3);
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        await World.PassAsync(TimeSpan.FromDays(2), Cancel);

        var ended = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Retired, ended.State);
        Assert.Single(ended.Suspects);
        Assert.Single(World.Gateway.LiveKeys(RotationWorld.Target));
    }
}
