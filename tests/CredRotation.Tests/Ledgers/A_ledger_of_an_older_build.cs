using CredRotation.Adapters.Storage;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;
using CredRotation.Tests.Adapters.Storage;
using CredRotation.Tests.Hosts;
using Microsoft.Data.Sqlite;

namespace CredRotation.Tests.Ledgers;

/// <summary>
/// An upgrade in the middle of a rotation: rows that a build of the past wrote, in every state and in holds, are given to today's engine beside
/// the vault and the vendor as they were. Proven is that today's engine reads those bytes and brings each rotation to the end it came to then;
/// not that the older build could read what today's writes.
/// </summary>
public sealed class A_ledger_of_an_older_build
{
    private const string RecordIn = "CREDROTATION_RECORD_LEDGERS";

    /// <summary>Holds that only the second format of a rotation knows.</summary>
    private static readonly HoldReason[] s_second = [HoldReason.ProviderApprovalNeeded, HoldReason.OutsideWindow];

    /// <summary>And only the third.</summary>
    private static readonly HoldReason[] s_third = [HoldReason.ConsumerFailing, HoldReason.OldStillRead];

    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "CredRotation.Tests", "Ledgers");

    /// <summary>Every file of every format that was ever current: <c>v1/issued-first</c>. Another format is another folder; the second is that of a released credential's row, and of a rotation that is rolled back or waits for what the first did not know, the third of one whose consumers fail or whose old credential is read by others.</summary>
    public static TheoryData<string> Recordings
        => [.. Directory.EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories).Select(file => Path.ChangeExtension(Path.GetRelativePath(Folder, file), null).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Goes_on_to_the_end_it_came_to_then(string file)
    {
        var recorded = await ReadAsync(file);
        await using var world = await recorded.OpenAsync(null, Cancel);

        await JudgeAsync(world, recorded);
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Goes_on_out_of_a_file_too(string file)
    {
        var recorded = await ReadAsync(file);
        using var ledger = new TemporaryLedger();
        using (var database = new SqliteDatabase(ledger.Path))
        {
            await using var world = await recorded.OpenAsync(clock => new SqliteRowStore(database, clock), Cancel);
            await JudgeAsync(world, recorded);
        }

        SqliteConnection.ClearAllPools();
    }

    [Fact]
    public async Task Stays_released_where_an_owner_released_it()
    {
        await using var world = await (await ReadAsync("v2/released-retired-last")).OpenAsync(null, Cancel);
        world.Clock.Advance(TimeSpan.FromDays(80));

        await world.SweepAsync(Cancel);

        var row = await world.RowAsync(Cancel);
        Assert.Equal(("Not ours any more.", 1, false), (row.Released?.Reason, row.Ordinal, row.IsOpen));
    }

    [Fact]
    public async Task Is_kept_for_every_state_and_every_hold_of_every_format()
    {
        var files = Recordings.Select(row => row.Data).ToList();
        var recorded = new List<RecordedLedger>();
        foreach (var file in files) recorded.Add(await ReadAsync(file));
        var (first, second, third) = (Of(Rotation.FirstFormat), Of(Rotation.SecondFormat), Of(Rotation.CurrentFormat));

        Assert.Empty(Enum.GetValues<RotationState>().Except(first.Select(ledger => ledger.State)));
        Assert.Empty(Enum.GetValues<HoldReason>().Except(s_second).Except(s_third).Except(first.Select(ledger => ledger.Hold).OfType<HoldReason>()));
        Assert.Empty(s_second.Except(second.Select(ledger => ledger.Hold).OfType<HoldReason>()));
        Assert.Empty(s_third.Except(third.Select(ledger => ledger.Hold).OfType<HoldReason>()));
        // A rollback that was begun and one whose old value stands again.
        Assert.Contains(second, ledger => ledger.Situation == "rolling-back-reloaded-last");
        Assert.Contains(second, ledger => ledger.Situation == "rolling-back-promoted-last");

        List<RecordedLedger> Of(int format) => [.. recorded.Where(ledger => FormatOf(ledger) == format)];
    }

    private static int FormatOf(RecordedLedger ledger)
        => EngineJson.Read<Rotation>(ledger.Rows.Single(row => row.Row == "rot-00000001").Body).Format;

    /// <summary>Records this build's ledgers, where somebody asks for it by name: before a format changes, and never over one that was released.</summary>
    [Fact]
    public async Task Can_be_recorded_in_every_state_and_every_hold()
    {
        var one = await LedgerRecorder.RecordAsync(Cancel);
        AssertWhole(one.Values);

        if (Environment.GetEnvironmentVariable(RecordIn) is not { Length: > 0 } folder) return;
        Assert.Equal(one.Values.Select(recorded => recorded.Write()), (await LedgerRecorder.RecordAsync(Cancel)).Values.Select(recorded => recorded.Write()));
        foreach (var recorded in one.Values)
        {
            await using var world = await recorded.OpenAsync(null, Cancel);
            var ended = recorded with { Ends = await LedgerRecorder.GoOnAsync(world, Cancel) };
            await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(folder).FullName, $"{recorded.Situation}.json"), ended.Write(), Cancel);
        }
    }

    private static void AssertWhole(IEnumerable<RecordedLedger> recorded)
    {
        Assert.Empty(Enum.GetValues<RotationState>().Except(recorded.Select(ledger => ledger.State)));
        Assert.Empty(Enum.GetValues<HoldReason>().Except(recorded.Select(ledger => ledger.Hold).OfType<HoldReason>()));
    }

    private static async Task<RecordedLedger> ReadAsync(string file) => RecordedLedger.Read(await File.ReadAllTextAsync(Path.Combine(Folder, $"{file}.json"), Cancel));

    private static async Task JudgeAsync(RotationWorld world, RecordedLedger recorded)
    {
        var before = await world.RotationAsync(Cancel, ordinal: 1);
        Assert.Equal((recorded.State, recorded.Hold), (before.State, before.Hold?.Reason));
        var entries = recorded.Rows.Where(row => row.Row.StartsWith("log-", StringComparison.Ordinal)).Select(row => Hash(row.Body)).ToList();

        var end = await LedgerRecorder.GoOnAsync(world, Cancel);

        Assert.Equal(recorded.Ends, end);
        var chain = await world.Host.Registry.ReadLedgerAsync(world.Credential, Cancel).ToListAsync(Cancel);
        Assert.Equal(entries, chain.Take(entries.Count).Select(link => link.Hash));
        Assert.Equal(chain.SkipLast(1).Select(link => link.Hash).Prepend(ChainHead.Empty.Hash), chain.Select(link => link.Entry.Previous));
        Assert.Equal((chain[^1].Entry.Sequence, chain[^1].Hash), ((await world.RowAsync(Cancel)).Chain.Sequence, (await world.RowAsync(Cancel)).Chain.Hash));
        if (end == nameof(RotationState.Retired)) Assert.True(world.Vendor?.Accepts(world.CurrentValue()!) ?? world.Gateway.Accepts(world.CurrentValue()!, world.Clock.GetUtcNow()));
    }

    private static string Hash(string body) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(body)));
}
