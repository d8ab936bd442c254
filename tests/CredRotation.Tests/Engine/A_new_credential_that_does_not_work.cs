using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class A_new_credential_that_does_not_work
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Yet_is_probed_again_until_the_activation_time_has_passed()
    {
        await using var world = new RotationWorld(gateway: new GatewayOptions { ActivationDelay = TimeSpan.FromMinutes(4) });
        await world.SweepAsync(Cancel);

        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        Assert.Equal(RotationState.Issued, (await world.RotationAsync(Cancel)).State);
        await world.PassAsync(TimeSpan.FromMinutes(6), Cancel);

        Assert.Equal(RotationState.Reloaded, (await world.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task Yet_is_not_given_up_by_a_host_whose_clock_runs_ahead()
    {
        await using var world = new RotationWorld(gateway: new GatewayOptions { ActivationDelay = TimeSpan.FromMinutes(4) });
        await world.SweepAsync(Cancel);
        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        world.Clock.SetUtcNow((await world.RotationAsync(Cancel)).WakeOn);
        var ahead = world.AddHost(new Microsoft.Extensions.Time.Testing.FakeTimeProvider(world.Clock.GetUtcNow() + TimeSpan.FromMinutes(20)) { AutoAdvanceAmount = TimeSpan.FromTicks(1) });

        await ahead.Engine.AdvanceAsync(world.Credential, Cancel);

        var doubted = await world.RotationAsync(Cancel);
        Assert.Equal((RotationState.Issued, HoldReason.ClockDisagrees), (doubted.State, doubted.Hold?.Reason));
        await world.PassAsync(TimeSpan.FromHours(1), Cancel);
        var rotation = await world.RotationAsync(Cancel);
        Assert.Equal((RotationState.Reloaded, 1), (rotation.State, rotation.Attempts.Count));
    }

    [Fact]
    public async Task At_all_never_reaches_consumers_and_another_is_issued_while_there_is_time()
    {
        await using var world = new RotationWorld();
        // The first probe after issue and every later one of that key is refused: it was ended at the gateway.
        world.Faults.Hook = (operation, point) =>
        {
            if (operation.StartsWith("gateway.generate", StringComparison.Ordinal) && point is FaultPoint.After)
            {
                world.Faults.Hook = null;
                world.Gateway.End(world.Gateway.Keys[^1]);
            }

            return Task.CompletedTask;
        };
        await world.SweepAsync(Cancel);
        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        await world.PassAsync(TimeSpan.FromHours(1), Cancel);

        var rotation = await world.RotationAsync(Cancel);
        Assert.Equal(RotationState.Reloaded, rotation.State);
        Assert.Equal(2, rotation.Attempts.Count);
        Assert.True(world.Gateway.Accepts(world.CurrentValue()!, world.Clock.GetUtcNow()));
        Assert.Equal(2, world.Vaults.ListVersions(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, null, new VaultCaller("test", "look")).Value!.Items.Count);
    }
}
