using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>Kills the process before and after every remote effect of a rotation; another one goes on from what was saved.</summary>
public sealed class A_process_that_dies
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Loses_nothing_wherever_it_dies()
    {
        var operations = await CountOperationsAsync();
        Assert.True(operations > 15, $"Only {operations} operations were seen.");

        for (var at = 1; at <= operations; at++)
        {
            foreach (var point in new[] { FaultPoint.Before, FaultPoint.After }) await KillAsync(at, point);
        }
    }

    [Fact]
    public async Task Loses_nothing_when_the_one_after_it_dies_too()
    {
        var operations = await CountOperationsAsync();
        for (var at = 1; at <= operations; at++)
        {
            for (var again = 1; again <= 4; again++)
            {
                foreach (var point in new[] { FaultPoint.Before, FaultPoint.After }) await KillAsync(at, point, again);
            }
        }
    }

    private static async Task<int> CountOperationsAsync()
    {
        await using var world = new RotationWorld();
        await world.SweepAsync(Cancel);
        var before = world.Faults.Operations.Count;
        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await world.PassAsync(TimeSpan.FromDays(2), Cancel);
        return world.Faults.Operations.Count - before;
    }

    /// <summary>Kills the first process around its n-th remote operation, and, when asked, the second one around its m-th.</summary>
    private static async Task KillAsync(int at, FaultPoint point, int again = 0)
    {
        var what = $"killed {point} operation {at}{(again > 0 ? $" and {again} operations later" : "")}";
        await using var world = new RotationWorld();
        var running = world.CurrentValue()!;
        world.Consumers.Signalled = async (alias, signal, instances) =>
        {
            running = world.Vaults.Get(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, signal.Version, new VaultCaller("checkout", "read")).Value!.Value;
            await world.AcknowledgeAllAsync(alias, signal, instances);
        };
        await world.SweepAsync(Cancel);

        var died = new TaskCompletionSource<string>();
        var seen = 0;
        var kills = new Queue<int>(again > 0 ? [at, at + again] : [at]);
        world.Faults.Hook = (operation, now) =>
        {
            if (now is FaultPoint.Before) seen++;
            if (kills.Count == 0 || seen != kills.Peek() || now != point) return Task.CompletedTask;
            kills.Dequeue();
            died.SetResult(operation);
            // A killed process never goes on: neither does this call.
            return new TaskCompletionSource().Task;
        };

        var isAccepted = true;
        var host = world.Host;
        var rotation = await world.RotationAsync(Cancel);
        await world.Host.Registry.TellAsync(world.Credential, new CredRotation.Engine.Registry.InboxItem.Approve(world.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1"), Cancel);
        for (var wakes = 0; wakes < 400 && !(await world.RotationAsync(Cancel)).IsClosed; wakes++)
        {
            while (world.Queue.TryTake(out var credential))
            {
                died = new TaskCompletionSource<string>();
                var visit = host.Engine.AdvanceAsync(credential, Cancel);
                if (await Task.WhenAny(visit, died.Task) == visit) await visit;
                else host = world.AddHost();
            }

            isAccepted &= world.Gateway.Accepts(running, world.Clock.GetUtcNow());
            var row = await world.RowAsync(Cancel);
            var next = world.Queue.NextVisibleOn is { } queued && (row.WakeOn is null || queued < row.WakeOn) ? queued : row.WakeOn;
            if (next is { } moment && moment > world.Clock.GetUtcNow()) world.Clock.SetUtcNow(moment);
            else world.Clock.Advance(TimeSpan.FromSeconds(30));
            await host.Sleepers.WakeAsync(Cancel);
        }

        // A kill that never came would prove nothing; the second one may lie beyond the end.
        Assert.True(kills.Count == 0 || again > 0, $"{what}: the process was never killed.");
        var ended = await world.RotationAsync(Cancel);
        Assert.True(ended is { State: RotationState.Retired, IsClosed: true }, $"{what}: {ended.State}, hold {ended.Hold?.Reason} {ended.LastTrouble}");
        Assert.True(isAccepted, $"{what}: the checkout ran a credential that the gateway refused.");
        var live = world.Gateway.LiveKeys(RotationWorld.Target);
        Assert.True(live.Count == 1 && live[0].Value.RevealToRemote() == world.CurrentValue()!.RevealToRemote(), $"{what}: {live.Count} keys live at the end.");
        Assert.Null(ended.Incident);
        await AssertChainAsync(world, what);
    }

    private static async Task AssertChainAsync(RotationWorld world, string what)
    {
        var (sequence, previous) = (0L, new string('0', 64));
        await foreach (var (entry, hash) in world.Host.Registry.ReadLedgerAsync(world.Credential, Cancel))
        {
            Assert.True(entry.Sequence == ++sequence && entry.Previous == previous, $"{what}: the chain forks at {entry.Sequence}.");
            previous = hash;
        }

        Assert.Equal(previous, (await world.RowAsync(Cancel)).Chain.Hash);
    }
}
