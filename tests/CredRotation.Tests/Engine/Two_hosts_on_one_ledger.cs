using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class Two_hosts_on_one_ledger : EngineTest
{
    [Fact]
    public async Task Visiting_at_once_make_one_key_and_one_chain()
    {
        await World.SweepAsync(Cancel);
        var other = World.AddHost();
        var rotation = await World.RotationAsync(Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Approve(World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1"), Cancel);
        var meet = new TaskCompletionSource();
        World.Faults.Hook = async (operation, point) =>
        {
            // In the middle of the first host's issue the second one arrives and must find the door closed.
            if (operation.StartsWith("gateway.generate", StringComparison.Ordinal) && point is FaultPoint.Before && meet.TrySetResult()) await other.Engine.AdvanceAsync(World.Credential, Cancel);
        };

        await Task.WhenAll(World.Host.Engine.AdvanceAsync(World.Credential, Cancel), other.Engine.AdvanceAsync(World.Credential, Cancel));
        await World.PassAsync(TimeSpan.FromHours(25), Cancel);

        Assert.True(meet.Task.IsCompleted);
        Assert.Equal(RotationState.Retired, (await World.RotationAsync(Cancel)).State);
        Assert.Single(World.Gateway.Requests, request => request.Method == "POST");
        var sequences = (await World.LedgerAsync(Cancel)).Select(entry => entry.Sequence).ToList();
        Assert.Equal(Enumerable.Range(1, sequences.Count).Select(number => (long)number), sequences);
    }

    [Fact]
    public async Task Recognise_their_own_write_when_its_answer_was_lost()
    {
        var changes = 0;
        World.Rows.Fault = (operation, _) => operation == "Change" && ++changes % 3 == 0 ? FaultDecision.AfterCommit : FaultDecision.None;
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromDays(2), Cancel);

        Assert.True(changes > 6, $"Only {changes} changes were seen.");
        Assert.Equal(RotationState.Retired, (await World.RotationAsync(Cancel)).State);
        Assert.Single(World.Gateway.Requests, request => request.Method == "POST");
    }
}
