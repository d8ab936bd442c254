using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>Neither issue nor probe says what a new credential is called there; only its list does, under our marker.</summary>
public sealed class A_provider_that_names_no_id : IAsyncLifetime
{
    private readonly RotationWorld _world = new(vendor: VendorClasses.Find("overlap-list") with { ShowsHandle = false });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Keeps_what_consumers_run_when_the_rotation_closes()
    {
        await RotateAsync();

        Assert.True(_world.Vendor!.Accepts(_world.CurrentValue()!));
        Assert.DoesNotContain(await _world.LedgerAsync(Cancel), entry => entry.What == "LeftoverRetired");
    }

    [Fact]
    public async Task Is_known_by_its_list_from_then_on()
    {
        await RotateAsync();

        var row = await _world.RowAsync(Cancel);
        Assert.Equal(_world.Vendor!.Find(_world.CurrentValue()!)!.Id, row.Known?.ProviderId);
        Assert.Equal(row.Known!.ProviderId, (await _world.RotationAsync(Cancel)).New?.ProviderId);
    }

    /// <summary>Nobody knows the first one's id, so a person ends it.</summary>
    private async Task RotateAsync()
    {
        var old = _world.Vendor!.Find(_world.CurrentValue()!)!;
        await _world.SweepAsync(Cancel);
        await _world.PassAsync(TimeSpan.FromHours(1), Cancel);
        await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        Assert.Equal(HoldReason.OldUnknown, (await _world.RotationAsync(Cancel)).Hold?.Reason);
        _world.Vendor.End(old.Id);
        await _world.PassAsync(TimeSpan.FromDays(2), Cancel);
        Assert.Equal(RotationState.Retired, (await _world.RotationAsync(Cancel)).State);
    }
}
