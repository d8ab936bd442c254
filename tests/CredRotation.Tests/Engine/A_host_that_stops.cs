using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>A host that is told to stop, before or after any call to a remote: what must be finished is finished, the rest is handed back.</summary>
public sealed class A_host_that_stops
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Leaves_a_rotation_that_the_next_host_goes_on_with_at_once()
    {
        var calls = await CallsOfAWholeRotationAsync();
        var wrong = new List<string>();
        for (var call = 0; call < calls.Count; call++)
        {
            foreach (var point in Enum.GetValues<FaultPoint>())
            {
                if (await StopAsync(call, point) is { } fault) wrong.Add($"{point} call {call + 1}, {calls[call]}: {fault}");
            }
        }

        Assert.True(calls.Count > 20, $"Only {calls.Count} calls were seen.");
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Finishes_an_issue_and_puts_its_value_away()
    {
        await using var world = new RotationWorld();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        world.Faults.Hook = (operation, point) => operation.StartsWith("gateway.generate", StringComparison.Ordinal) && point is FaultPoint.Before ? stop.CancelAsync() : Task.CompletedTask;
        await world.SweepAsync(Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.ApproveAsync(RotationWorld.OwnerOne, stop.Token));

        Assert.Equal(RotationState.Issued, (await world.RotationAsync(Cancel)).State);
        Assert.Null((await world.RowAsync(Cancel)).Claim);
    }

    private static async Task<IReadOnlyList<string>> CallsOfAWholeRotationAsync()
    {
        await using var world = new RotationWorld();
        await RunAsync(world, Cancel);
        Assert.Equal(RotationState.Retired, (await world.RotationAsync(Cancel)).State);
        return world.Faults.Operations;
    }

    /// <summary>What is wrong after a stop there; null: nothing.</summary>
    private static async Task<string?> StopAsync(int call, FaultPoint at)
    {
        await using var world = new RotationWorld();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        world.Faults.Hook = (_, point) => point == at && world.Faults.Operations.Count == call + 1 ? stop.CancelAsync() : Task.CompletedTask;
        try
        {
            await RunAsync(world, stop.Token);
        }
        catch (OperationCanceledException)
        {
            if (await ClaimAsync(world) is { } claim) return $"the claim of visit {claim} still stands";
        }

        world.Faults.Hook = null;
        var other = world.AddHost();
        if (!stop.IsCancellationRequested) return "nothing was stopped";
        if (await ClaimAsync(world) is null) await other.Engine.AdvanceAsync(world.Credential, Cancel);
        await RunAsync(world, Cancel);

        var rotation = await world.RotationAsync(Cancel);
        var issues = world.Gateway.Requests.Count(request => request.Method == "POST");
        return rotation.State is not RotationState.Retired ? $"it ended {rotation.State}, {rotation.Hold?.Reason}: {rotation.LastTrouble}"
            : issues != 1 ? $"{issues} keys were issued"
            : null;
    }

    private static async Task<string?> ClaimAsync(RotationWorld world)
        => await world.Host.Registry.FindAsync(world.Credential, Cancel) is { Claim: { } claim } ? claim.Visit : null;

    private static async Task RunAsync(RotationWorld world, CancellationToken cancellationToken)
    {
        await world.SweepAsync(cancellationToken);
        if ((await world.RotationAsync(cancellationToken)).State is RotationState.Detected) await world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
        await world.PassAsync(TimeSpan.FromDays(2), cancellationToken);
    }
}
