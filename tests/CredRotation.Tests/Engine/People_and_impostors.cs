using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class People_and_impostors : EngineTest
{
    [Fact]
    public async Task A_stranger_cannot_approve()
    {
        await World.SweepAsync(Cancel);

        await World.ApproveAsync(RotationWorld.Stranger, Cancel);

        Assert.Equal(RotationState.Detected, (await World.RotationAsync(Cancel)).State);
        Assert.Contains("ApprovalRefused", await HappenedAsync());
    }

    [Fact]
    public async Task Two_owners_are_never_one_person_under_two_spellings()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:Policies:payments:Approval"] = "TwoOwners" });
        await world.SweepAsync(Cancel);

        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await world.ApproveAsync(RotationWorld.OwnerOne.ToUpperInvariant(), Cancel);

        Assert.Equal(HoldReason.ApprovalNeeded, (await world.RotationAsync(Cancel)).Hold?.Reason);
        await world.ApproveAsync(RotationWorld.OwnerTwo, Cancel);
        Assert.Equal(RotationState.Reloaded, (await world.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task One_person_may_break_the_glass_once_nobody_else_answered_in_time_and_it_is_recorded()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:Policies:payments:Approval"] = "TwoOwners" });
        await world.SweepAsync(Cancel);
        Assert.Equal(["approve", "reject"], (await world.RotationAsync(Cancel)).Hold!.Choices.Select(choice => choice.Name));
        await world.PassAsync(TimeSpan.FromDays(7.1), Cancel);
        Assert.Contains((await world.RotationAsync(Cancel)).Hold!.Choices, choice => choice is { Name: "expedite", PeopleNeeded: 1 });

        await world.ChooseAsync("expedite", RotationWorld.Stranger, Cancel);
        Assert.Equal(RotationState.Detected, (await world.RotationAsync(Cancel)).State);
        await world.ChooseAsync("expedite", RotationWorld.OwnerTwo, Cancel);

        var rotation = await world.RotationAsync(Cancel);
        Assert.NotNull(rotation.PromotedVersion);
        Assert.Contains(rotation.Overrides, text => text.StartsWith($"ApprovalNeeded: expedited by {RotationWorld.OwnerTwo}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_owner_who_left_before_issue_no_longer_counts()
    {
        await World.SweepAsync(Cancel);
        var rotation = await World.RotationAsync(Cancel);
        World.Consumers.FallsSilent("checkout");
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        Assert.Equal(HoldReason.ConsumerSilentBeforeIssue, (await World.RotationAsync(Cancel)).Hold?.Reason);

        World.Directory.Put(new DirectoryGroup(RotationWorld.OwnerGroup, "payments-owners", null, [RotationWorld.OwnerTwo, RotationWorld.Stranger]));
        World.Consumers.Answers("checkout", "checkout-1");
        await World.PassAsync(TimeSpan.FromHours(2), Cancel);

        var held = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.ApprovalNeeded, held.Hold?.Reason);
        Assert.Equal(rotation.Id, held.Id);
        Assert.DoesNotContain(World.Gateway.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task An_approval_expires_and_counts_again_once_it_is_said_again()
    {
        await World.SweepAsync(Cancel);
        World.Consumers.FallsSilent("checkout");
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        Assert.Equal(HoldReason.ConsumerSilentBeforeIssue, (await World.RotationAsync(Cancel)).Hold?.Reason);

        await World.PassAsync(TimeSpan.FromDays(7) + TimeSpan.FromHours(1), Cancel);
        World.Consumers.Answers("checkout", "checkout-1");
        await World.PassAsync(TimeSpan.FromHours(2), Cancel);

        Assert.Equal(HoldReason.ApprovalNeeded, (await World.RotationAsync(Cancel)).Hold?.Reason);
        Assert.DoesNotContain(World.Gateway.Requests, request => request.Method == "POST");
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task Leadership_hears_once_when_nobody_answered_in_time_and_the_hold_asks_on()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:LeadershipGroup"] = "leaders" });
        await world.SweepAsync(Cancel);
        await world.PassAsync(TimeSpan.FromDays(6), Cancel);
        Assert.DoesNotContain(world.Inbox.Notices, notice => notice.Kind is NoticeKind.Escalation);

        await world.PassAsync(TimeSpan.FromDays(3), Cancel);

        var told = Assert.Single(world.Inbox.Notices, notice => notice.Kind is NoticeKind.Escalation);
        Assert.Equal("leaders", told.OwnerGroup);
        Assert.Contains("nobody who answers", told.WhatHappened, StringComparison.Ordinal);
        Assert.Equal(HoldReason.ApprovalNeeded, (await world.RotationAsync(Cancel)).Hold?.Reason);
        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        Assert.Equal(RotationState.Reloaded, (await world.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task Leadership_hears_although_the_channel_was_down_at_first()
    {
        await using var world = new RotationWorld();
        await world.SweepAsync(Cancel);
        await world.PassAsync(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1), Cancel);
        world.Faults.Add("notify", new Fault.Refuse(500, "down"), times: 3);

        await world.PassAsync(TimeSpan.FromMinutes(20), Cancel);

        Assert.Single(world.Inbox.Notices, notice => notice.Kind is NoticeKind.Escalation);
        Assert.Contains(await world.LedgerAsync(Cancel), entry => entry.What == "Escalated");
    }

    [Fact]
    public async Task Nobody_approves_what_they_started()
    {
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(25), Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Start(World.Clock.GetUtcNow(), RotationWorld.OwnerOne, "owner-1", "leaver"), Cancel);
        await World.DrainAsync(Cancel);
        var started = await World.RotationAsync(Cancel);

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        Assert.Equal(2, started.Ordinal);
        Assert.Equal(RotationWorld.OwnerOne, started.Plan.StartedBy);
        Assert.Contains("ApprovalRefused", await HappenedAsync());
    }

    [Fact]
    public async Task An_approval_of_another_plan_authorizes_nothing()
    {
        await World.SweepAsync(Cancel);
        var rotation = await World.RotationAsync(Cancel);

        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Approve(World.Clock.GetUtcNow(), rotation.Id, new string('0', 64), RotationWorld.OwnerOne, "owner-1"), Cancel);
        await World.DrainAsync(Cancel);

        Assert.Equal(RotationState.Detected, (await World.RotationAsync(Cancel)).State);
        Assert.Contains("ApprovalRefused", await HappenedAsync());
    }

    [Fact]
    public async Task A_rejection_ends_it_with_everything_as_it_was()
    {
        await World.SweepAsync(Cancel);
        var rotation = await World.RotationAsync(Cancel);

        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Reject(World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerTwo, "owner-2", "not today"), Cancel);
        await World.DrainAsync(Cancel);

        Assert.Contains("Abandoned", await HappenedAsync());
        Assert.Empty(World.Gateway.Requests);
    }

    [Fact]
    public async Task A_choice_the_hold_does_not_offer_is_refused()
    {
        await World.SweepAsync(Cancel);

        await World.ChooseAsync("close-unproven", RotationWorld.OwnerOne, Cancel);

        Assert.Contains("ChoiceRefused", await HappenedAsync());
    }

    [Theory]
    [InlineData("another principal")]
    [InlineData("another version")]
    [InlineData("another rotation")]
    public async Task A_forged_acknowledgement_proves_nothing(string forgery)
    {
        World.Consumers.Signalled = null;
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var rotation = await World.RotationAsync(Cancel);

        await World.AcknowledgeAsync(
            forgery == "another principal" ? RotationWorld.OwnerOne : RotationWorld.CheckoutPrincipal,
            forgery == "another rotation" ? RotationId.Of(World.Credential, 99) : rotation.Id,
            forgery == "another version" ? rotation.Plan.OldVersion : rotation.PromotedVersion!,
            "checkout-1");
        await World.DrainAsync(Cancel);

        var after = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Promoted, after.State);
        Assert.Empty(after.Consumers[0].Acknowledged);
        Assert.Contains("AcknowledgementRefused", await HappenedAsync());
    }

    [Fact]
    public async Task Dead_owners_are_replaced_by_the_fallback_group()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:FallbackGroup"] = RotationWorld.FallbackGroup });
        world.Directory.DeleteGroup(RotationWorld.OwnerGroup);
        await world.SweepAsync(Cancel);
        Assert.Equal(RotationWorld.FallbackGroup, world.Inbox.Notices[^1].OwnerGroup);

        await world.ApproveAsync(RotationWorld.Stranger, Cancel);

        Assert.Equal(RotationState.Reloaded, (await world.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task Without_living_owners_or_fallback_it_holds_and_goes_on_when_they_are_back()
    {
        World.Directory.Put(new DirectoryGroup(RotationWorld.OwnerGroup, "payments-owners", null, [RotationWorld.OwnerOne]));
        await World.SweepAsync(Cancel);
        Assert.Equal(HoldReason.OwnersMissing, (await World.RotationAsync(Cancel)).Hold?.Reason);

        World.Directory.Put(new DirectoryGroup(RotationWorld.OwnerGroup, "payments-owners", null, [RotationWorld.OwnerOne, RotationWorld.OwnerTwo]));
        await World.PassAsync(TimeSpan.FromHours(2), Cancel);

        Assert.Equal(HoldReason.ApprovalNeeded, (await World.RotationAsync(Cancel)).Hold?.Reason);
    }

    [Fact]
    public async Task A_directory_that_does_not_answer_is_never_taken_for_missing_owners()
    {
        World.Faults.Add("directory.members", new Fault.Refuse(503, "ServiceNotAvailable"), times: 3);

        await World.SweepAsync(Cancel);

        Assert.Null((await World.RotationAsync(Cancel)).Hold);
        await World.PassAsync(TimeSpan.FromMinutes(20), Cancel);
        Assert.Equal(HoldReason.ApprovalNeeded, (await World.RotationAsync(Cancel)).Hold?.Reason);
    }
}
