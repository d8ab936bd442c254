using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;
using CredRotation.Tests.Engine;

namespace CredRotation.Tests.Ledgers;

/// <summary>After a way back to an older build: what a newer one wrote is left as it is, and said to be so.</summary>
public sealed class A_row_of_a_newer_format : EngineTest
{
    [Theory]
    [InlineData("row", "Credential ")]
    [InlineData("rot-00000001", "Rotation ")]
    public async Task Is_refused_untouched_with_what_to_do(string row, string about)
    {
        await World.SweepAsync(Cancel);
        var newer = await RaiseAsync(row);
        var before = World.Rows.Snapshot();
        var calls = World.Faults.Operations.Count;

        var refused = await Assert.ThrowsAsync<NewerFormatException>(() => World.Host.Engine.AdvanceAsync(World.Credential, Cancel));

        Assert.StartsWith(about, refused.Message, StringComparison.Ordinal);
        Assert.Contains("was written by a newer version of CredRotation (format 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("It is left untouched; deploy the newer version again.", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, World.Rows.Snapshot());
        Assert.Equal(calls, World.Faults.Operations.Count);
        Assert.Contains("\"format\":2", newer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_the_ledger_is_never_written_over_and_the_chain_goes_on_behind_it()
    {
        await World.SweepAsync(Cancel);
        var newer = await RaiseAsync("log-000000000001");

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromDays(2), Cancel);

        Assert.Equal(RotationState.Retired, (await World.RotationAsync(Cancel)).State);
        Assert.Equal(newer, World.Rows.Snapshot().Single(stored => stored.Key.Row == "log-000000000001").Body);
    }

    private async Task<string> RaiseAsync(string name)
    {
        var row = World.Rows.Snapshot().Single(stored => stored.Key == new RowKey($"c-{World.Credential}", name));
        Assert.Contains("\"format\":1", row.Body, StringComparison.Ordinal);
        var newer = row.Body.Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal);
        await World.Rows.ReplaceAsync(row.Key, newer, row.Tag, Cancel);
        return newer;
    }
}
