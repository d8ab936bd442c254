using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class A_consumer_that_does_not_answer : EngineTest
{
    [Fact]
    public async Task Before_issue_holds_the_rotation_without_any_provider_call()
    {
        World.Consumers.FallsSilent("checkout");
        await World.SweepAsync(Cancel);

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        var held = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.ConsumerSilentBeforeIssue, held.Hold?.Reason);
        Assert.Empty(World.Gateway.Requests);
        Assert.DoesNotContain(held.Calls, call => call.Kind == "provider");
        Assert.Contains("Nothing was issued", World.Inbox.Notices[^1].WhatHappened, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_issue_is_asked_again_and_heals_by_itself()
    {
        World.Consumers.FallsSilent("checkout");
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        World.Consumers.Answers("checkout", "checkout-1");
        await World.PassAsync(TimeSpan.FromHours(2), Cancel);

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task After_promotion_is_escalated_after_the_slowest_reload_and_opens_an_incident_at_the_reserve()
    {
        World.Consumers.Signalled = null;
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var promotedOn = (await World.RotationAsync(Cancel)).PromotedOn!.Value;

        await World.PassAsync(TimeSpan.FromMinutes(11), Cancel);

        var held = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.ConsumerSilent, held.Hold?.Reason);
        Assert.Equal(promotedOn + held.Plan.Policy.ReloadMax, held.Hold!.Since, TimeSpan.FromSeconds(1));
        Assert.Equal(held.ReserveFrom, held.Hold.Deadline);
        Assert.Null(held.Incident);
        Assert.Contains("checkout-1", World.Inbox.Notices[^1].WhatHappened, StringComparison.Ordinal);

        await World.PassAsync(held.ReserveFrom!.Value - World.Clock.GetUtcNow() + TimeSpan.FromSeconds(1), Cancel);

        var late = await World.RotationAsync(Cancel);
        Assert.NotNull(late.Incident);
        Assert.Equal(held.ReserveFrom!.Value, late.Incident.OpenedOn, TimeSpan.FromSeconds(1));
        Assert.Contains(World.Inbox.Notices, notice => notice.Kind is NoticeKind.Incident);
    }

    [Fact]
    public async Task After_promotion_ends_the_hold_when_its_proof_arrives()
    {
        World.Consumers.Signalled = null;
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromMinutes(20), Cancel);
        var held = await World.RotationAsync(Cancel);

        await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, held.Id, held.PromotedVersion!, "checkout-1");
        await World.DrainAsync(Cancel);

        var healed = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Reloaded, healed.State);
        Assert.Null(healed.Hold);
    }

    [Fact]
    public async Task Is_overridden_only_by_two_people_and_the_record_names_who_will_fail()
    {
        World.Consumers.Signalled = null;
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromMinutes(20), Cancel);

        await World.ChooseAsync("override", RotationWorld.OwnerOne, Cancel);
        Assert.Equal(RotationState.Promoted, (await World.RotationAsync(Cancel)).State);
        await World.ChooseAsync("override", RotationWorld.OwnerTwo, Cancel);

        var rotation = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Reloaded, rotation.State);
        Assert.Contains("checkout-1", Assert.Single(rotation.Overrides), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_waited_for_until_every_instance_it_named_has_proved_the_version()
    {
        World.Consumers.Answers("checkout", "checkout-1", "checkout-2");
        World.Consumers.Signalled = (_, signal, _) => World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, signal.Rotation, signal.Version, "checkout-1");
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        Assert.Equal(RotationState.Promoted, (await World.RotationAsync(Cancel)).State);

        var rotation = await World.RotationAsync(Cancel);
        await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, rotation.Id, rotation.PromotedVersion!, "checkout-2");
        await World.DrainAsync(Cancel);

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
    }
}
