using CredRotation.Engine;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;
using CredRotation.Testing;
using CredRotation.Tests.Engine;

namespace CredRotation.Tests.Ledgers;

/// <summary>
/// After a way back to an older build: what a newer one wrote is left as it is, and said to be so. A newer row has nothing in common with
/// today's but its format.
/// </summary>
public sealed class A_row_of_a_newer_format : EngineTest
{
    private const string Newer = """{"format":99,"everything":"else changed"}""";

    [Fact]
    public async Task Is_known_by_what_every_row_says_but_those_whose_first_format_was_no_object()
    {
        World.ByHand(RotationWorld.PaymentsHost, "without-end", new SecretText("endless"), null, new Dictionary<string, string>());
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, (await World.RotationAsync(Cancel)).Id, "none", "checkout-1");

        var kinds = World.Rows.Snapshot().Select(row => (Kind: Kind(row.Key), HasFormat: row.Body.Contains("\"format\":", StringComparison.Ordinal))).Distinct().Order();

        Assert.Equal(["all", "beat", "c in", "c log", "c rot", "c row", "find", "lane", "open", "r", "seen", "t"], kinds.Select(row => row.Kind));
        Assert.Equal(["t"], kinds.Where(row => !row.HasFormat).Select(row => row.Kind));
    }

    [Theory]
    [InlineData("c row", "Credential ")]
    [InlineData("c rot", "Rotation 1 of credential ")]
    public async Task Is_refused_untouched_with_what_to_do(string kind, string about)
    {
        await World.SweepAsync(Cancel);
        await RaiseAsync(kind);
        var before = World.Rows.Snapshot();
        var calls = World.Faults.Operations.Count;

        var refused = await Assert.ThrowsAsync<NewerFormatException>(() => World.Host.Engine.AdvanceAsync(World.Credential, Cancel));

        AssertClear(refused, about);
        Assert.Equal(before, World.Rows.Snapshot());
        Assert.Equal(calls, World.Faults.Operations.Count);
    }

    /// <summary>An entry of the ledger, behind which the chain goes on, and one in the index of open work, which still wakes.</summary>
    [Theory]
    [InlineData("c log")]
    [InlineData("open")]
    public async Task Beside_the_rotation_is_never_written_over_or_removed_and_the_rotation_goes_on(string kind)
    {
        await World.SweepAsync(Cancel);
        await RaiseAsync(kind);

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromDays(2), Cancel);

        Assert.Equal(RotationState.Retired, (await World.RotationAsync(Cancel)).State);
        Assert.Equal(Newer, Only(kind).Body);
    }

    [Fact]
    public async Task In_the_ledger_is_refused_to_readers_and_handed_out_as_evidence()
    {
        await World.SweepAsync(Cancel);
        await RaiseAsync("c log");

        var refused = await Assert.ThrowsAsync<NewerFormatException>(() => World.LedgerAsync(Cancel));
        var chain = await World.Host.Registry.ReadChainAsync(World.Credential, Cancel).ToListAsync(Cancel);

        AssertClear(refused, "Entry 1 of the ledger of credential ");
        Assert.Equal(Newer, chain[0]);
    }

    [Fact]
    public async Task In_the_inbox_waits_while_what_is_understood_counts_and_is_a_finding_until_it_is_gone()
    {
        await World.SweepAsync(Cancel);
        await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, (await World.RotationAsync(Cancel)).Id, "none", "checkout-1");
        await RaiseAsync("c in");

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromDays(2), Cancel);

        Assert.Equal(RotationState.Retired, (await World.RotationAsync(Cancel)).State);
        Assert.Equal(Newer, Only("c in").Body);
        var finding = Assert.Single((await World.RowAsync(Cancel)).Findings, found => found.Code == "newer-message");
        Assert.Equal("Deploy the newer version again.", finding.Remedy);
        Assert.Single(await HappenedAsync(), "Finding");

        await World.Rows.DeleteAsync(Only("c in").Key, Only("c in").Tag, Cancel);
        await World.Host.Engine.AdvanceAsync(World.Credential, Cancel);

        Assert.DoesNotContain((await World.RowAsync(Cancel)).Findings, found => found.Code == "newer-message");
    }

    [Fact]
    public async Task In_an_index_is_refused_to_who_asks_for_the_rotation()
    {
        await World.SweepAsync(Cancel);
        await RaiseAsync("r");

        AssertClear(await Assert.ThrowsAsync<NewerFormatException>(async () => await World.Host.Registry.FindRotationAsync((await World.RotationAsync(Cancel)).Id, Cancel)), "The index of a rotation ");
    }

    [Fact]
    public async Task In_a_lane_stops_before_the_issue_and_says_why()
    {
        await World.SweepAsync(Cancel);
        await World.Rows.InsertAsync(await LaneAsync(), Newer, Cancel);

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(12), Cancel);

        var rotation = await World.RotationAsync(Cancel);
        Assert.Equal((RotationState.Authorized, HoldReason.TooManyFailures), (rotation.State, rotation.Hold?.Reason));
        Assert.Contains("An account's lane was written by a newer version of CredRotation (format 99, this one reads up to 1)", rotation.Hold!.Detail, StringComparison.Ordinal);
        Assert.Equal(Newer, Only("lane").Body);
    }

    [Fact]
    public async Task At_a_target_keeps_it_from_whoever_else_asks_for_it()
    {
        await World.SweepAsync(Cancel);
        await RaiseAsync("t");
        World.ByHand(RotationWorld.PaymentsHost, "another-key", new SecretText("another"), World.Clock.GetUtcNow().AddDays(20), RotationWorld.Tags());

        await World.SweepAsync(Cancel);

        var finding = (await FindingsAsync()).Single(found => found.Finding.Code == "newer-format");
        Assert.Equal("another-key", finding.About.Name);
        Assert.StartsWith("A target's row was written by a newer version", finding.Finding.Detail, StringComparison.Ordinal);
        Assert.Equal(Newer, Only("t").Body);
    }

    [Theory]
    [InlineData("find", "1 of the findings")]
    [InlineData("seen", "the list of Secret objects in payments.vault.azure.net")]
    public async Task That_a_list_leaves_out_is_itself_a_finding(string kind, string words)
    {
        World.ByHand(RotationWorld.PaymentsHost, "without-end", new SecretText("endless"), null, new Dictionary<string, string>());
        await World.SweepAsync(Cancel);
        await RaiseAsync(kind);

        await World.SweepAsync(Cancel);

        var finding = (await FindingsAsync()).Single(found => found.About == WatchedName.Ledger);
        Assert.Equal(("newer-format", "Deploy the newer version again."), (finding.Finding.Code, finding.Finding.Remedy));
        Assert.Contains(words, finding.Finding.Detail, StringComparison.Ordinal);
        Assert.NotNull(await World.Host.Registry.ListObjectsAsync(Cancel).ToListAsync(Cancel));
        Assert.Contains(World.Rows.Snapshot(), row => Kind(row.Key) == kind && row.Body == Newer);
    }

    [Fact]
    public async Task Of_a_heartbeat_is_said_by_health_once_it_would_be_late()
    {
        await World.SweepAsync(Cancel);
        foreach (var row in World.Rows.Snapshot().Where(row => Kind(row.Key) == "beat")) await World.Rows.ReplaceAsync(row.Key, Newer, row.Tag, Cancel);
        World.Clock.Advance(TimeSpan.FromDays(4));

        await World.SweepAsync(Cancel);
        var health = await World.Host.Health.ReadAsync(Cancel);

        var sweep = health.Heartbeats.Single(line => line.Name == "sweep");
        Assert.False(sweep.IsOk);
        Assert.Equal(("This heartbeat was written by a newer version of CredRotation. It is left untouched, so whether it is late cannot be told.", "Deploy the newer version again."), (sweep.WhatIsLate, sweep.Next));
        Assert.All(World.Rows.Snapshot().Where(row => Kind(row.Key) == "beat"), row => Assert.Equal(Newer, row.Body));
    }

    [Fact]
    public async Task Is_no_older_one_a_list_of_watched_objects_without_a_format_is_read_and_written_anew()
    {
        await World.SweepAsync(Cancel);
        var row = Only("seen");
        var start = row.Body.IndexOf('[', StringComparison.Ordinal);
        await World.Rows.ReplaceAsync(row.Key, row.Body[start..(row.Body.LastIndexOf(']') + 1)], row.Tag, Cancel);

        var read = await World.Host.Registry.ListObjectsAsync(Cancel).ToListAsync(Cancel);
        await World.SweepAsync(Cancel);

        Assert.Equal([RotationWorld.SecretNameText], read.Select(seen => seen.Name));
        Assert.Equal(row.Body, Only("seen").Body);
    }

    private static void AssertClear(NewerFormatException refused, string about)
    {
        Assert.StartsWith(about, refused.Message, StringComparison.Ordinal);
        var reads = about switch { "Credential " => CredentialRow.CurrentFormat, _ when about.StartsWith("Rotation 1 ", StringComparison.Ordinal) => Rotation.CurrentFormat, _ => 1 };
        Assert.Contains($"was written by a newer version of CredRotation (format 99, this one reads up to {reads}). It is left untouched.", refused.WhatHappened, StringComparison.Ordinal);
        Assert.NotEmpty(refused.WhatStillWorks);
        Assert.Equal($"{refused.WhatHappened} {refused.WhatStillWorks} Deploy the newer version again.", refused.Message);
    }

    /// <summary>Where the account's lane is, learned from a world whose rotation took it.</summary>
    private static async Task<RowKey> LaneAsync()
    {
        await using var other = new RotationWorld();
        await other.SweepAsync(Cancel);
        await other.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        return other.Rows.Snapshot().Single(row => Kind(row.Key) == "lane").Key;
    }

    private static string Kind(RowKey key)
    {
        var kind = key.Partition.Split('-')[0];
        return kind == "c" ? $"c {key.Row.Split('-')[0]}" : kind;
    }

    private StoredRow Only(string kind) => World.Rows.Snapshot().First(row => Kind(row.Key) == kind);

    private Task<string> RaiseAsync(string kind) => World.Rows.ReplaceAsync(Only(kind).Key, Newer, Only(kind).Tag, Cancel);

    private Task<List<ObjectFinding>> FindingsAsync() => World.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel).AsTask();
}
