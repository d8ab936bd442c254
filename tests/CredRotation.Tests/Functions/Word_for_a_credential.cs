using CredRotation.Engine.Registry;
using CredRotation.Functions;
using CredRotation.Testing;
using CredRotation.Tests.Engine;

namespace CredRotation.Tests.Functions;

/// <summary>What a way in leaves for the next visit.</summary>
public sealed class Word_for_a_credential : EngineTest
{
    [Fact]
    public async Task Asks_for_one_visit()
    {
        await World.SweepAsync(Cancel);
        World.Queue.LoseAll();

        await new Inbox(World.Host.Registry, World.Clock).PutAsync(World.Credential, on => new InboxItem.Start(on, RotationWorld.OwnerOne, "owner-1", "Asked."), Cancel);

        Assert.Equal(1, World.Queue.Count);
    }
}
