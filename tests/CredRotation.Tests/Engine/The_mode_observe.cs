using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class The_mode_observe
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Adopts_and_lists_but_reads_no_value_writes_nothing_and_calls_no_provider()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:Mode"] = null });

        await world.SweepAsync(Cancel);
        await world.PassAsync(TimeSpan.FromDays(20), Cancel);

        var row = await world.RowAsync(Cancel);
        Assert.False(row.IsOpen);
        Assert.Equal(0, row.Ordinal);
        Assert.DoesNotContain(world.Faults.Operations, operation => operation.StartsWith("vault.read", StringComparison.Ordinal) || operation.StartsWith("vault.write", StringComparison.Ordinal) || operation.StartsWith("gateway.", StringComparison.Ordinal) || operation.StartsWith("consumer.", StringComparison.Ordinal));
        Assert.NotEmpty(world.Faults.Operations);
    }

    [Fact]
    public async Task Is_what_a_policy_can_lower_the_mode_to()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:Policies:payments:Mode"] = "Observe" });

        await world.SweepAsync(Cancel);

        Assert.Equal(0, (await world.RowAsync(Cancel)).Ordinal);
    }
}
