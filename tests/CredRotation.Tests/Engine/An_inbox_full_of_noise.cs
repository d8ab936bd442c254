using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class An_inbox_full_of_noise : EngineTest
{
    [Fact]
    public async Task That_cannot_be_judged_yet_does_not_keep_a_proof_from_counting()
    {
        World.Consumers.Signalled = null;
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var rotation = await World.RotationAsync(Cancel);
        World.Faults.Add("directory.members", new Fault.Refuse(503, "ServiceNotAvailable"), times: 1000);
        for (var person = 0; person < 200; person++)
            await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Approve(World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, $"person-{person}", "somebody"), Cancel);

        await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, rotation.Id, rotation.PromotedVersion!, "checkout-1");
        await World.DrainAsync(Cancel);

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task Is_refused_item_by_item_and_then_gone()
    {
        await World.SweepAsync(Cancel);
        var rotation = await World.RotationAsync(Cancel);
        for (var person = 0; person < 200; person++)
            await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Approve(World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, $"person-{person}", "somebody"), Cancel);

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(2), Cancel);

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
        Assert.DoesNotContain(World.Rows.Snapshot(), row => row.Key.Row.StartsWith("in-", StringComparison.Ordinal));
        Assert.Equal(200, (await HappenedAsync()).Count(what => what == "ApprovalRefused"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("""{"kind":"something-newer","on":"2026-11-22T08:00:00+00:00"}""")]
    public async Task That_nobody_can_read_is_left_alone_and_the_rotation_goes_on(string body)
    {
        await World.SweepAsync(Cancel);
        var partition = World.Rows.Snapshot().Single(row => row.Key.Row == "row").Key.Partition;
        await World.Rows.InsertAsync(new RowKey(partition, "in-aaaa"), body, Cancel);

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
        Assert.Contains(World.Rows.Snapshot(), row => row.Key.Row == "in-aaaa");
    }

    [Fact]
    public async Task Of_acknowledgements_by_instances_that_nobody_named_does_not_grow_the_rotation()
    {
        World.Consumers.Signalled = null;
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var rotation = await World.RotationAsync(Cancel);
        for (var instance = 0; instance < 300; instance++)
            await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, rotation.Id, rotation.PromotedVersion!, $"{instance}-{new string('x', 2000)}");
        await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, rotation.Id, rotation.PromotedVersion!, "checkout-1");

        await World.PassAsync(TimeSpan.FromHours(1), Cancel);

        var after = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Reloaded, after.State);
        Assert.Equal(["checkout-1"], after.Consumers[0].Acknowledged.Keys);
    }
}
