using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>Instances come and go while a credential is rotated; each says by its heartbeat that it is there and what it runs.</summary>
public sealed class An_app_of_many_instances : EngineTest
{
    private const string App = "checkout";

    public An_app_of_many_instances() => World.Consumers.Signalled = null;

    [Fact]
    public async Task Is_waited_for_until_one_that_no_rehearsal_named_has_proved_the_version_too()
    {
        var rotation = await PromotedAsync();
        await World.BeatAsync(App, "checkout-2", rotation.Plan.OldVersion);

        await ProveAsync(rotation, "checkout-1");
        Assert.Equal(RotationState.Promoted, (await World.RotationAsync(Cancel)).State);
        await ProveAsync(rotation, "checkout-2");

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
        Assert.Contains("InstanceJoined", await HappenedAsync());
    }

    [Fact]
    public async Task Is_not_waited_for_where_an_instance_stopped_for_good()
    {
        await World.BeatAsync(App, "checkout-2", "0");
        World.Consumers.Answers(App, "checkout-1", "checkout-2");
        var rotation = await PromotedAsync();
        await World.BeatAsync(App, "checkout-2", rotation.Plan.OldVersion, isLeaving: true);

        await ProveAsync(rotation, "checkout-1");

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
        Assert.Contains("InstanceGone", await HappenedAsync());
    }

    [Fact]
    public async Task Is_not_waited_for_where_an_instance_was_not_heard_of_for_minutes_while_others_were()
    {
        World.Consumers.Answers(App, "checkout-1", "checkout-2");
        var rotation = await PromotedAsync();
        await World.BeatAsync(App, "checkout-2", rotation.Plan.OldVersion);
        await ProveAsync(rotation, "checkout-1");

        for (var minute = 0; minute < 30 && (await World.RotationAsync(Cancel)).State is RotationState.Promoted; minute++)
        {
            await World.BeatAsync(App, "checkout-1", rotation.PromotedVersion!);
            await World.PassAsync(TimeSpan.FromMinutes(1), Cancel);
            if (minute < 9) Assert.Equal(RotationState.Promoted, (await World.RotationAsync(Cancel)).State);
        }

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task Is_waited_for_where_nobody_was_heard_of_for_it_may_be_us_who_heard_nobody()
    {
        World.Consumers.Answers(App, "checkout-1", "checkout-2");
        var rotation = await PromotedAsync();
        await World.BeatAsync(App, "checkout-1", rotation.Plan.OldVersion);
        await World.BeatAsync(App, "checkout-2", rotation.Plan.OldVersion);

        await World.PassAsync(TimeSpan.FromMinutes(30), Cancel);
        // The first one is heard again before the second had its time to be.
        await World.BeatAsync(App, "checkout-1", rotation.PromotedVersion!);
        await ProveAsync(rotation, "checkout-1");

        var waiting = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Promoted, waiting.State);
        Assert.Equal(["checkout-1", "checkout-2"], waiting.Consumers[0].Instances);
    }

    [Fact]
    public async Task Is_not_waited_for_where_an_instance_began_with_the_new_version()
    {
        var rotation = await PromotedAsync();
        World.Clock.Advance(TimeSpan.FromSeconds(5));
        await World.BeatAsync(App, "checkout-2", rotation.PromotedVersion!);

        await ProveAsync(rotation, "checkout-1");

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task Has_to_prove_it_by_one_that_began_with_it_where_nobody_else_is_left()
    {
        await World.BeatAsync(App, "checkout-1", "0");
        var rotation = await PromotedAsync();
        World.Clock.Advance(TimeSpan.FromSeconds(5));
        await World.BeatAsync(App, "checkout-1", rotation.Plan.OldVersion, isLeaving: true);
        await World.BeatAsync(App, "checkout-9", rotation.PromotedVersion!);
        await World.PassAsync(TimeSpan.FromMinutes(4), Cancel);
        Assert.Equal(RotationState.Promoted, (await World.RotationAsync(Cancel)).State);

        await ProveAsync(rotation, "checkout-9");

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task That_was_scaled_to_nothing_runs_no_old_version()
    {
        await World.BeatAsync(App, "checkout-1", "0");
        var rotation = await PromotedAsync();

        await World.BeatAsync(App, "checkout-1", rotation.Plan.OldVersion, isLeaving: true);
        await World.PassAsync(TimeSpan.FromMinutes(4), Cancel);

        var reloaded = await World.RotationAsync(Cancel);
        Assert.Equal((RotationState.Reloaded, true), (reloaded.State, reloaded.Consumers[0].IsVacant));
    }

    [Fact]
    public async Task Hears_the_signal_at_each_heartbeat_until_the_instance_has_proved_the_version()
    {
        World.Consumers.Answers(App, "checkout-1", "checkout-2");
        var rotation = await PromotedAsync();

        Assert.Equal(rotation.PromotedVersion, (await World.BeatAsync(App, "checkout-2", rotation.Plan.OldVersion))?.Version);
        // It has it and does not know of what rotation: without that it could acknowledge nothing.
        Assert.Equal(rotation.Id, (await World.BeatAsync(App, "checkout-2", rotation.PromotedVersion!))?.Rotation);
        await ProveAsync(rotation, "checkout-2");

        Assert.Null(await World.BeatAsync(App, "checkout-2", rotation.PromotedVersion!));
        Assert.Null(await World.BeatAsync("billing", "billing-1", rotation.Plan.OldVersion));
    }

    [Fact]
    public async Task May_be_acknowledged_for_by_an_instance_that_holds_a_lease_and_by_no_other()
    {
        var rotation = await PromotedAsync();
        await World.BeatAsync(App, "checkout-2", rotation.PromotedVersion!);

        await ProveAsync(rotation, "checkout-2");
        await ProveAsync(rotation, "checkout-3");

        var known = (await World.RotationAsync(Cancel)).Consumers[0];
        Assert.Equal(["checkout-2"], known.Acknowledged.Keys);
        Assert.Contains("AcknowledgementRefused", await HappenedAsync());
    }

    [Fact]
    public async Task That_comes_back_with_the_old_version_keeps_the_old_credential_alive()
    {
        await using var world = new RotationWorld(vendor: VendorClasses.Find("overlap-list"));
        await world.SweepAsync(Cancel);
        for (var minute = 0; minute < 30 && (await world.RotationAsync(Cancel)).State is not RotationState.Reloaded; minute++) await world.PassAsync(TimeSpan.FromMinutes(1), Cancel);
        await world.BeatAsync(App, "checkout-7", (await world.RotationAsync(Cancel)).Plan.OldVersion);
        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        var held = await world.RotationAsync(Cancel);
        Assert.Contains("checkout-7", held.Hold!.Detail, StringComparison.Ordinal);
        Assert.Equal(held.PromotedVersion, (await world.BeatAsync(App, "checkout-7", held.Plan.OldVersion))?.Version);
        await world.BeatAsync(App, "checkout-7", held.PromotedVersion!);
        for (var minute = 0; minute < 60 && (await world.RotationAsync(Cancel, 1)).IsOpen; minute++)
        {
            if ((await world.RotationAsync(Cancel)).Hold?.Reason is HoldReason.ApprovalNeeded) await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
            await world.PassAsync(TimeSpan.FromMinutes(1), Cancel);
        }

        Assert.Equal(RotationState.Retired, (await world.RotationAsync(Cancel, 1)).State);
    }

    [Fact]
    public async Task Has_so_many_leases_at_most()
    {
        for (var one = 0; one < ConsumerProgress.InstancesMax; one++) Assert.True(await World.Host.Leases.RenewAsync(World.Credential, App, $"checkout-{one}", "v", isLeaving: false, Cancel));

        Assert.False(await World.Host.Leases.RenewAsync(World.Credential, App, "one-more", "v", isLeaving: false, Cancel));
        Assert.True(await World.Host.Leases.RenewAsync(World.Credential, App, "checkout-7", "v", isLeaving: false, Cancel));
        Assert.True(await World.Host.Leases.RenewAsync(World.Credential, "billing", "billing-1", "v", isLeaving: false, Cancel));
    }

    private async Task ProveAsync(Rotation rotation, string instance)
    {
        await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, rotation.Id, rotation.PromotedVersion!, instance);
        await World.DrainAsync(Cancel);
    }
}
