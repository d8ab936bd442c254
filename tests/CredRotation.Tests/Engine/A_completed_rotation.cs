using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class A_completed_rotation
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_published_once_with_the_head_of_its_chain()
    {
        var topic = new Topic();
        await using var world = new RotationWorld(events: topic);

        await RunAsync(world);

        var said = Assert.Single(topic.Said);
        var rotation = await world.RotationAsync(Cancel);
        Assert.Equal((rotation.Id, RotationState.Retired, rotation.PlanHash, rotation.PromotedVersion), (said.Rotation, said.State, said.PlanHash, said.Version));
        Assert.Equal((RotationWorld.PaymentsHost, RotationWorld.SecretNameText), (said.Vault, said.Secret));
        var hashes = new List<string>();
        await foreach (var (entry, hash) in world.Host.Registry.ReadLedgerAsync(world.Credential, Cancel))
            if (entry.Sequence == said.Chain.Sequence) hashes.Add(hash);
        Assert.Equal([said.Chain.Hash], hashes);
        Assert.Contains(rotation.Calls, call => call.Operation == "publish the completed rotation");
    }

    [Fact]
    public async Task Closes_although_the_topic_stays_down_and_tells_people_once()
    {
        var topic = new Topic { IsDown = true };
        await using var world = new RotationWorld(events: topic);

        await RunAsync(world);

        Assert.True((await world.RotationAsync(Cancel)).IsClosed);
        Assert.Single(await world.LedgerAsync(Cancel), entry => entry.What == "NotPublished");
        Assert.Single(world.Inbox.Notices, notice => notice.Kind is NoticeKind.Done);
    }

    private static async Task RunAsync(RotationWorld world)
    {
        await world.SweepAsync(Cancel);
        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await world.PassAsync(TimeSpan.FromHours(26), Cancel);
    }

    private sealed class Topic : IRotationEvents
    {
        public List<RotationCompleted> Said { get; } = [];

        public bool IsDown { get; init; }

        public Task PublishAsync(RotationCompleted completed, CancellationToken cancellationToken)
        {
            if (IsDown) throw new RemoteTroubleException("eventgrid", RemoteTrouble.Unknown, "The topic is down.");
            Said.Add(completed);
            return Task.CompletedTask;
        }
    }
}
