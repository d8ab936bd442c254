using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class Every_class_of_vendor
{
    public static TheoryData<string> Classes => [.. VendorClasses.All.Select(vendor => vendor.Name)];

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task Is_rotated_and_leaves_nothing_but_the_current_credential(string name)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var world = new VendorWorld(VendorClasses.Find(name));
        var old = world.Current!;

        var rotation = await world.RotateAsync(cancellation);

        Assert.Equal((RotationState.Retired, true, (HoldReason?)null), (rotation.State, rotation.IsClosed, rotation.Hold?.Reason));
        Assert.False(world.Vendor.Accepts(old.Value));
        Assert.Equal([world.Current!.Id], world.Vendor.Alive(RotationWorld.Target).Select(credential => credential.Id));
        Assert.Empty(world.Consumer.Work());
    }
}
