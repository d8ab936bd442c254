using CredRotation.Engine;
using CredRotation.Engine.Evidence;
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

    [Fact]
    public async Task Carries_its_chains_head_on_the_card_and_every_chain_leaves_the_ledger_once_a_day()
    {
        var topic = new Topic();
        await using var world = new RotationWorld(events: topic);
        await RunAsync(world);

        var done = Assert.Single(world.Inbox.Notices, notice => notice.Kind is NoticeKind.Done);
        var said = Assert.Single(topic.Said);
        Assert.Equal($"{said.Chain.Sequence}:{said.Chain.Hash}", Assert.Single(done.Facts, fact => fact.Title == "Chain head").Value);

        topic.Anchored.Clear();
        await world.SweepAsync(Cancel);
        await world.PassAsync(TimeSpan.FromHours(23), Cancel);
        await world.SweepAsync(Cancel);
        Assert.True(topic.Anchored.Count <= 1, $"{topic.Anchored.Count} anchors within a day.");
        topic.Anchored.Clear();
        await world.PassAsync(TimeSpan.FromHours(24), Cancel);
        await world.SweepAsync(Cancel);
        await world.SweepAsync(Cancel);

        var anchor = Assert.Single(topic.Anchored);
        var head = Assert.Single(anchor.Heads);
        Assert.Equal(((await world.RowAsync(Cancel)).Chain.Sequence, (await world.RowAsync(Cancel)).Chain.Hash), (head.Sequence, head.Hash));
        Assert.Contains(world.Logs, line => line.Contains(head.Hash, StringComparison.Ordinal));
        Assert.Contains(world.Logs, line => line.Contains(anchor.Digest, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whose_anchor_is_refused_is_anchored_by_the_next_sweep_and_the_sweep_stands()
    {
        var topic = new Topic { IsDown = true };
        await using var world = new RotationWorld(events: topic);
        await world.SweepAsync(Cancel);
        Assert.Contains(world.Logs, line => line.Contains("were not anchored", StringComparison.Ordinal));

        topic.IsDown = false;
        await world.SweepAsync(Cancel);

        Assert.Single(topic.Anchored);
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

        public List<ChainAnchor> Anchored { get; } = [];

        public bool IsDown { get; set; }

        public Task AnchorAsync(ChainAnchor anchor, CancellationToken cancellationToken)
        {
            if (IsDown) throw new RemoteTroubleException("eventgrid", RemoteTrouble.Unknown, "The topic is down.");
            Anchored.Add(anchor);
            return Task.CompletedTask;
        }

        public Task PublishAsync(RotationCompleted completed, CancellationToken cancellationToken)
        {
            if (IsDown) throw new RemoteTroubleException("eventgrid", RemoteTrouble.Unknown, "The topic is down.");
            Said.Add(completed);
            return Task.CompletedTask;
        }
    }
}
