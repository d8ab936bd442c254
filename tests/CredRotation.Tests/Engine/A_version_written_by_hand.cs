using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class A_version_written_by_hand : EngineTest
{
    [Fact]
    public async Task Before_issue_supersedes_the_rotation_and_costs_no_provider_call()
    {
        await World.SweepAsync(Cancel);
        World.Clock.Advance(TimeSpan.FromMinutes(5));
        World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, World.CurrentValue()!, World.Clock.GetUtcNow().AddDays(300), RotationWorld.Tags());

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        var rotation = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Superseded, rotation.State);
        Assert.Empty(World.Gateway.Requests);
        Assert.False((await World.RowAsync(Cancel)).IsOpen);
    }

    [Theory]
    [InlineData("keep-ours", RotationState.Retired)]
    [InlineData("restore-theirs", RotationState.RolledBack)]
    public async Task While_we_promote_is_a_hold_and_a_person_says_which_one_stands(string choice, RotationState end)
    {
        await World.SweepAsync(Cancel);
        World.Clock.Advance(TimeSpan.FromMinutes(5));
        var theirs = new SecretText("written-by-hand-in-the-middle");
        World.Faults.Hook = (operation, point) =>
        {
            if (operation == "vault.write@payments" && point is FaultPoint.Before)
            {
                World.Faults.Hook = null;
                World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, theirs, World.Clock.GetUtcNow().AddDays(10), RotationWorld.Tags());
            }

            return Task.CompletedTask;
        };
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var held = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.ChangedByHand, held.Hold?.Reason);
        Assert.Equal(["keep-ours", "restore-theirs"], held.Hold!.Choices.Select(offered => offered.Name));

        await World.ChooseAsync(choice, RotationWorld.OwnerTwo, Cancel);
        await World.PassAsync(TimeSpan.FromHours(25), Cancel);

        var ended = await World.RotationAsync(Cancel, ordinal: 1);
        Assert.Equal(end, ended.State);
        if (choice == "restore-theirs")
        {
            Assert.Equal(theirs.RevealToRemote(), World.CurrentValue()!.RevealToRemote());
            Assert.Single(ended.Suspects);
        }
    }
}
