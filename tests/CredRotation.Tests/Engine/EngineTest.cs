using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>A world per test, and the token that ends it.</summary>
public abstract class EngineTest : IAsyncLifetime
{
    protected RotationWorld World { get; init; } = new();

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>An approved rotation whose consumers were told and have not proved it yet.</summary>
    protected async Task<Rotation> PromotedAsync()
    {
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var rotation = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Promoted, rotation.State);
        return rotation;
    }

    /// <summary>What the ledger says happened, in order.</summary>
    protected async Task<IReadOnlyList<string>> HappenedAsync() => [.. (await World.LedgerAsync(Cancel)).Select(entry => entry.What)];
}
