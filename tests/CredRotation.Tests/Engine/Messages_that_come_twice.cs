using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class Messages_that_come_twice : EngineTest
{
    [Fact]
    public async Task Die_out_instead_of_calling_each_other_for_ever()
    {
        World.Consumers.Signalled = null;
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        for (var extra = 0; extra < 20; extra++)
        {
            await World.Queue.SendAsync(World.Credential, TimeSpan.FromSeconds(extra + 1), Cancel);
            World.Clock.Advance(TimeSpan.FromSeconds(2));
            while (World.Queue.TryTake(out var credential)) await World.Host.Engine.AdvanceAsync(credential, Cancel);
        }

        Assert.True(World.Queue.Count <= 2, $"{World.Queue.Count} messages wait.");
    }
}
