using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>Rows beside a credential's own: those from before a format was written are read, those of a newer one are left as they are.</summary>
public sealed class Rows_and_their_formats : EngineTest
{
    [Fact]
    public async Task A_rotation_goes_on_over_rows_from_before_the_format_was_written()
    {
        await World.SweepAsync(Cancel);
        var rotation = await World.RotationAsync(Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Approve(World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1"), Cancel);
        foreach (var row in World.Rows.Snapshot())
            await World.Rows.ReplaceAsync(row.Key, row.Body.Replace("\"format\":1,", "", StringComparison.Ordinal).Replace(",\"format\":1", "", StringComparison.Ordinal).Replace("\"format\":1", "", StringComparison.Ordinal), row.Tag, Cancel);

        await World.PassAsync(TimeSpan.FromHours(30), Cancel);

        Assert.Equal(RotationState.Retired, (await World.RotationAsync(Cancel)).State);
    }
}
