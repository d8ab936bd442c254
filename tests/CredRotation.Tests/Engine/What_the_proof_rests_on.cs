using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>One test for each rule that a rotation would seem to work without.</summary>
public sealed class What_the_proof_rests_on : EngineTest
{
    [Fact]
    public async Task A_reservation_is_staged_before_the_provider_hears_of_an_issue()
    {
        string? reserved = null;
        World.Faults.Hook = async (operation, point) =>
        {
            if (operation != "gateway.generate" || point is not FaultPoint.Before) return;
            var sent = await World.RotationAsync(Cancel);
            reserved = World.Vaults.Get(RotationWorld.StagingHost, sent.Attempts[^1].Ticket.Marker, sent.Attempts[^1].ReservationVersion, new VaultCaller("test", "look")).Value?.ContentType;
        };
        await World.SweepAsync(Cancel);

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        Assert.Equal("application/x-credrotation-reservation", reserved);
    }

    [Theory]
    [InlineData("gateway.generate")]
    [InlineData("vault.write@payments")]
    public async Task A_takeover_waits_until_what_the_dead_visit_sent_must_have_landed(string sent)
    {
        await World.SweepAsync(Cancel);
        await DieAsync(sent);
        var claim = (await World.RowAsync(Cancel)).Claim!;
        var landing = (await World.RotationAsync(Cancel)).Plan.Traits.LandingMax;
        var tried = World.Faults.Operations.Count;
        var other = World.AddHost();

        World.Clock.SetUtcNow(claim.ExpiresOn + landing - TimeSpan.FromSeconds(1));
        await other.Engine.AdvanceAsync(World.Credential, Cancel);
        Assert.Equal(tried, World.Faults.Operations.Count);
        World.Clock.SetUtcNow(claim.ExpiresOn + landing + TimeSpan.FromSeconds(1));
        await other.Engine.AdvanceAsync(World.Credential, Cancel);

        Assert.Equal(RotationState.Reloaded, (await AfterMessagesAsync(other)).State);
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_has_its_time_to_land_before_the_next_look()
    {
        World.Faults.Add("vault.write@payments", new Fault.DropBefore());
        await World.SweepAsync(Cancel);

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        var waiting = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.PromoteSent, waiting.State);
        Assert.True(waiting.WakeOn >= waiting.StateOn + waiting.Plan.Traits.LandingMax, "Somebody could write while the first call may still land.");
    }

    [Fact]
    public async Task A_version_written_by_hand_while_a_promotion_was_interrupted_is_not_written_over()
    {
        await World.SweepAsync(Cancel);
        await DieAsync("vault.write@payments");
        World.Clock.Advance(TimeSpan.FromMinutes(8));
        World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("by hand"), World.Clock.GetUtcNow().AddDays(10), RotationWorld.Tags());

        await World.AddHost().Engine.AdvanceAsync(World.Credential, Cancel);

        var held = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.ChangedByHand, held.Hold?.Reason);
        Assert.Equal("by hand", World.CurrentValue()!.RevealToRemote());
    }

    [Fact]
    public async Task A_new_credential_is_not_called_refused_while_a_good_one_is_refused_as_well()
    {
        World.Faults.Hook = (operation, point) =>
        {
            if (operation == "gateway.generate" && point is FaultPoint.After) World.Gateway.SetActive(RotationWorld.Target, isActive: false);
            return Task.CompletedTask;
        };
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        await World.PassAsync(TimeSpan.FromHours(1), Cancel);
        Assert.Single(World.Gateway.Requests, request => request.Method == "POST");
        World.Gateway.SetActive(RotationWorld.Target, isActive: true);
        await World.PassAsync(TimeSpan.FromHours(2), Cancel);

        var rotation = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Reloaded, rotation.State);
        Assert.Single(rotation.Attempts);
    }

    [Fact]
    public async Task An_old_value_that_somebody_put_back_is_replaced_at_once_and_people_hear_of_it()
    {
        await World.SweepAsync(Cancel);
        var old = World.CurrentValue()!;
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(12), Cancel);
        World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, old, World.Clock.GetUtcNow().AddDays(300), RotationWorld.Tags());

        await World.PassAsync(TimeSpan.FromHours(13), Cancel);

        Assert.True(World.Gateway.Accepts(World.CurrentValue()!, World.Clock.GetUtcNow()));
        var rotation = await World.RotationAsync(Cancel, ordinal: 1);
        Assert.Equal(RotationState.Retired, rotation.State);
        Assert.NotNull(rotation.Incident);
        Assert.Contains(World.Inbox.Notices, notice => notice.Kind is NoticeKind.Incident);
    }

    [Fact]
    public async Task No_incident_opens_on_the_clock_of_one_host_alone()
    {
        World.Consumers.Signalled = null;
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        World.Queue.LoseAll();
        var ahead = new FakeTimeProvider(World.Clock.GetUtcNow() + TimeSpan.FromHours(20)) { AutoAdvanceAmount = TimeSpan.FromTicks(1) };

        await World.AddHost(ahead).Engine.AdvanceAsync(World.Credential, Cancel);

        Assert.Null((await World.RotationAsync(Cancel)).Incident);
    }

    /// <summary>The first host dies before this operation and never goes on.</summary>
    private async Task DieAsync(string at)
    {
        var died = new TaskCompletionSource();
        World.Faults.Hook = (operation, point) =>
        {
            if (operation != at || point is not FaultPoint.Before || !died.TrySetResult()) return Task.CompletedTask;
            return new TaskCompletionSource().Task;
        };
        var rotation = await World.RotationAsync(Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Approve(World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1"), Cancel);
        _ = World.Host.Engine.AdvanceAsync(World.Credential, Cancel);
        await died.Task;
    }

    private async Task<Rotation> AfterMessagesAsync(RotationHost host)
    {
        while (World.Queue.TryTake(out var credential)) await host.Engine.AdvanceAsync(credential, Cancel);
        return await World.RotationAsync(Cancel);
    }
}
