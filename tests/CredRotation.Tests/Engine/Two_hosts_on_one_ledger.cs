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

    [Theory]
    [InlineData(-10)]
    [InlineData(10)]
    public async Task Leave_each_other_their_claims_though_one_clock_is_off(int minutes)
    {
        await World.SweepAsync(Cancel);
        var rotation = await World.RotationAsync(Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Approve(World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1"), Cancel);
        World.Queue.LoseAll();
        var off = World.AddHost(Off(TimeSpan.FromMinutes(minutes)));
        var (arrived, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        World.Faults.Hook = (operation, point) => operation.StartsWith("consumer.signal", StringComparison.Ordinal) && point is FaultPoint.Before && arrived.TrySetResult() ? goOn.Task : Task.CompletedTask;
        // With the clock behind it claims; with the clock ahead it would take over.
        var (first, second) = minutes < 0 ? (off, World.Host) : (World.Host, off);
        var visit = first.Engine.AdvanceAsync(World.Credential, Cancel);
        await arrived.Task;
        var claimed = (await World.RowAsync(Cancel)).Claim!.Visit;

        await second.Engine.AdvanceAsync(World.Credential, Cancel);

        Assert.Equal(claimed, (await World.RowAsync(Cancel)).Claim?.Visit);
        goOn.SetResult();
        await visit;
    }

    [Theory]
    [InlineData(-90)]
    [InlineData(90)]
    public async Task Wait_until_a_lost_call_has_landed_though_one_clock_is_off(int seconds)
    {
        World.Faults.Add("vault.write@staging", new Fault.DropAfter(), occurrence: 2);
        await World.SweepAsync(Cancel);
        World.Queue.LoseAll();
        var off = World.AddHost(Off(TimeSpan.FromSeconds(seconds)));
        var rotation = await World.RotationAsync(Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Approve(World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1"), Cancel);
        await off.Engine.AdvanceAsync(World.Credential, Cancel);
        var lost = await World.RotationAsync(Cancel);
        Assert.NotNull(lost.LastTrouble);

        World.Clock.Advance(TimeSpan.FromSeconds(100));
        await World.Host.Engine.AdvanceAsync(World.Credential, Cancel);
        Assert.Equal(lost.LastTrouble, (await World.RotationAsync(Cancel)).LastTrouble);
        Assert.Null((await World.RowAsync(Cancel)).Claim);

        World.Clock.Advance(TimeSpan.FromSeconds(30));
        await World.Host.Sleepers.WakeAsync(Cancel);
        await World.DrainAsync(Cancel);
        Assert.Null((await World.RotationAsync(Cancel)).LastTrouble);
    }

    private Microsoft.Extensions.Time.Testing.FakeTimeProvider Off(TimeSpan by)
        => new(World.Clock.GetUtcNow() + by) { AutoAdvanceAmount = TimeSpan.FromTicks(1) };
}
