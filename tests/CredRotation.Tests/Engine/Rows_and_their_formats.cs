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

    [Fact]
    public async Task An_inbox_row_of_a_newer_format_waits_for_who_can_read_it()
    {
        await World.SweepAsync(Cancel);
        var rotation = await World.RotationAsync(Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Approve(World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1"), Cancel);
        var row = World.Rows.Snapshot().Single(stored => stored.Key.Row.StartsWith("in-", StringComparison.Ordinal));
        Assert.Contains("\"format\":1", row.Body, StringComparison.Ordinal);
        var newer = row.Body.Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal);
        await World.Rows.ReplaceAsync(row.Key, newer, row.Tag, Cancel);

        await World.DrainAsync(Cancel);

        Assert.Equal(newer, World.Rows.Snapshot().Single(stored => stored.Key == row.Key).Body);
        Assert.Empty((await World.RotationAsync(Cancel)).Approvals);
    }

    [Fact]
    public async Task An_index_of_a_newer_format_is_refused_with_a_remedy()
    {
        await World.SweepAsync(Cancel);
        var rotation = await World.RotationAsync(Cancel);
        var row = World.Rows.Snapshot().Single(stored => stored.Key.Row == "rotation");
        await World.Rows.ReplaceAsync(row.Key, row.Body.Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal), row.Tag, Cancel);

        var refused = await Assert.ThrowsAsync<NewerFormatException>(() => World.Host.Registry.FindRotationAsync(rotation.Id, Cancel));

        Assert.Contains("deploy the newer version again", refused.Message, StringComparison.Ordinal);
    }
}
