using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class At_the_reserve : EngineTest
{
    [Fact]
    public async Task A_consumers_vault_that_cannot_be_read_does_not_keep_the_incident_from_opening()
    {
        var held = await PromotedWithoutProofAsync();
        World.Faults.Add("vault.read@payments", new Fault.Refuse(403, "Forbidden", "ForbiddenByFirewall"), times: 1000);

        await World.PassAsync(held.ReserveFrom!.Value - World.Clock.GetUtcNow() + TimeSpan.FromMinutes(1), Cancel);

        Assert.NotNull((await World.RotationAsync(Cancel)).Incident);
        Assert.Contains(World.Inbox.Notices, notice => notice.Kind is NoticeKind.Incident);
    }

    [Fact]
    public async Task Every_vault_down_still_lets_a_proof_end_the_wait()
    {
        var held = await PromotedWithoutProofAsync();
        World.Faults.Add("vault.read", new Fault.Refuse(503, "ServiceUnavailable"), times: 1000);
        await World.PassAsync(held.ReserveFrom!.Value - World.Clock.GetUtcNow() + TimeSpan.FromMinutes(1), Cancel);

        await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, held.Id, held.PromotedVersion!, "checkout-1");
        await World.PassAsync(TimeSpan.FromMinutes(1), Cancel);

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task An_incident_that_nobody_could_be_told_of_is_told_when_the_channel_is_back()
    {
        var held = await PromotedWithoutProofAsync();
        World.Faults.Add("notify", new Fault.Refuse(500, "InternalServerError"), times: 3);

        await World.PassAsync(held.ReserveFrom!.Value - World.Clock.GetUtcNow() + TimeSpan.FromMinutes(10), Cancel);

        Assert.Single(World.Inbox.Notices, notice => notice.Kind is NoticeKind.Incident);
    }

    [Fact]
    public async Task A_vault_that_refused_every_promotion_until_then_has_an_incident_and_heals_by_itself()
    {
        World.Faults.Add("vault.write@payments", new Fault.Refuse(403, "Forbidden", "ForbiddenByRbac"), times: 1000);
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(5), Cancel);
        var stuck = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.TooManyFailures, stuck.Hold?.Reason);
        await World.PassAsync(stuck.ReserveFrom!.Value - World.Clock.GetUtcNow() + TimeSpan.FromMinutes(1), Cancel);
        Assert.NotNull((await World.RotationAsync(Cancel)).Incident);

        World.Faults.Clear();
        await World.PassAsync(TimeSpan.FromHours(2), Cancel);

        var healed = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Reloaded, healed.State);
        Assert.Null(healed.Hold);
    }

    [Fact]
    public async Task A_host_whose_clock_ran_ahead_leaves_no_wake_behind_that_comes_too_late()
    {
        World.Consumers.Signalled = null;
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var promoted = await World.RotationAsync(Cancel);
        var ahead = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(World.Clock.GetUtcNow() + TimeSpan.FromDays(3)) { AutoAdvanceAmount = TimeSpan.FromTicks(1) };
        World.Queue.LoseAll();
        await World.AddHost(ahead).Engine.AdvanceAsync(World.Credential, Cancel);
        World.Queue.LoseAll();

        World.Clock.SetUtcNow(promoted.ReserveFrom!.Value);
        await World.Host.Sleepers.WakeAsync(Cancel);
        await World.DrainAsync(Cancel);

        Assert.NotNull((await World.RotationAsync(Cancel)).Incident);
    }

    [Fact]
    public async Task A_host_that_died_with_its_clock_ahead_does_not_keep_the_credential()
    {
        World.Consumers.Signalled = null;
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var promoted = await World.RotationAsync(Cancel);
        World.Clock.SetUtcNow(promoted.ReserveFrom!.Value - TimeSpan.FromHours(1));
        var ahead = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(World.Clock.GetUtcNow() + TimeSpan.FromDays(3)) { AutoAdvanceAmount = TimeSpan.FromTicks(1) };
        World.Queue.LoseAll();
        var died = new TaskCompletionSource();
        World.Faults.Hook = (_, _) => { died.TrySetResult(); return new TaskCompletionSource().Task; };
        _ = World.AddHost(ahead).Engine.AdvanceAsync(World.Credential, Cancel);
        await died.Task;
        World.Faults.Hook = null;

        for (var wakes = 0; wakes < 200; wakes++)
        {
            World.Clock.Advance(TimeSpan.FromMinutes(1));
            await World.Host.Sleepers.WakeAsync(Cancel);
            await World.DrainAsync(Cancel);
        }

        Assert.NotNull((await World.RotationAsync(Cancel)).Incident);
    }

    private async Task<Rotation> PromotedWithoutProofAsync()
    {
        World.Consumers.Signalled = null;
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromMinutes(20), Cancel);
        var held = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.ConsumerSilent, held.Hold?.Reason);
        return held;
    }
}

public sealed class A_hold_that_could_not_be_told : EngineTest
{
    [Fact]
    public async Task Is_told_within_minutes_of_the_channel_coming_back()
    {
        World.Faults.Add("gateway.generate", new Fault.Refuse(403, "00_403"));
        await World.SweepAsync(Cancel);
        World.Faults.Add("notify", new Fault.Refuse(500, "InternalServerError"), times: 4);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var told = World.Inbox.Notices.Count;

        await World.PassAsync(TimeSpan.FromMinutes(6), Cancel);

        Assert.Equal(told + 1, World.Inbox.Notices.Count);
        Assert.Equal(HoldReason.IssueRejected, (await World.RotationAsync(Cancel)).Hold?.Reason);
    }
}
