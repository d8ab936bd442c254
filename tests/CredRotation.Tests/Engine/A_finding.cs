using CredRotation.Engine;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class A_finding : IAsyncLifetime
{
    private readonly RotationWorld _world = new(new Dictionary<string, string?> { ["Rotation:Mode"] = null });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IReadOnlyList<Notice> Told => _world.Inbox.Notices;

    public ValueTask InitializeAsync()
    {
        _world.ByHand(RotationWorld.OtherHost, "lonely", new SecretText("x"), _world.Clock.GetUtcNow().AddDays(12), new Dictionary<string, string>());
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Is_told_once_and_again_only_when_it_is_worse()
    {
        await SweepAsync();
        var first = Told.Count;
        for (var hour = 0; hour < 24; hour++) await SweepAsync(TimeSpan.FromHours(1));
        Assert.Equal(first, Told.Count);

        await SweepAsync(TimeSpan.FromDays(4.5));

        var worse = Assert.Single(Told.Skip(first));
        Assert.Equal(NoticeKind.NearExpiry, worse.Kind);
        Assert.Equal(["lonely in other.vault.azure.net"], worse.Facts.Select(fact => fact.Title));
        Assert.Contains("within 7 days", worse.Facts[0].Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_its_age_and_is_cleared_with_a_record_when_a_sweep_no_longer_sees_it()
    {
        var since = _world.Clock.GetUtcNow();
        await SweepAsync();
        await SweepAsync(TimeSpan.FromDays(1));
        Assert.InRange((await FindAsync("unmanaged"))!.Finding.Since, since, since.AddMinutes(1));
        _world.ByHand(RotationWorld.OtherHost, "lonely", new SecretText("y"), _world.Clock.GetUtcNow().AddDays(90), new Dictionary<string, string>());

        await SweepAsync(TimeSpan.FromHours(1));

        Assert.Null(await FindAsync("unmanaged"));
        Assert.Contains(_world.Rows.Snapshot(), row => row.Key.Partition.StartsWith("find-", StringComparison.Ordinal) && row.Body.Contains("unmanaged", StringComparison.Ordinal) && !row.Body.Contains("\"clearedOn\":null", StringComparison.Ordinal));
    }

    [Fact]
    public async Task That_comes_back_is_told_again()
    {
        await SweepAsync();
        _world.ByHand(RotationWorld.OtherHost, "lonely", new SecretText("y"), _world.Clock.GetUtcNow().AddDays(90), new Dictionary<string, string>());
        await SweepAsync();
        var before = Told.Count;
        _world.ByHand(RotationWorld.OtherHost, "lonely", new SecretText("z"), _world.Clock.GetUtcNow().AddDays(12), new Dictionary<string, string>());

        await SweepAsync();

        Assert.Single(Told.Skip(before));
    }

    [Fact]
    public async Task Stays_when_its_vault_cannot_be_read()
    {
        await SweepAsync();
        _world.Faults.Add("vault.list@other", new Fault.Refuse(403, "Forbidden", "ForbiddenByFirewall"));

        await SweepAsync();

        Assert.NotNull(await FindAsync("unmanaged"));
    }

    [Fact]
    public async Task Is_not_lost_while_nobody_can_be_told()
    {
        _world.Faults.Add("notify", new Fault.DropBefore(), times: 100);
        await SweepAsync();
        Assert.Empty(Told);
        _world.Faults.Clear();

        await SweepAsync();

        Assert.Contains(Told, notice => notice.Facts.Any(fact => fact.Title.StartsWith("lonely", StringComparison.Ordinal)));
        Assert.All(await _world.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel), found => Assert.NotNull(found.AnnouncedOn));
    }

    [Fact]
    public async Task Goes_to_the_granted_group_that_its_tag_names_else_to_the_default_receiver()
    {
        await SweepAsync();

        Assert.Contains(Told, notice => notice.OwnerGroup == RotationWorld.OwnerGroup && notice.Facts.Any(fact => fact.Title.StartsWith(RotationWorld.SecretNameText, StringComparison.Ordinal)));
        Assert.All(Told.Where(notice => notice.Facts.Any(fact => fact.Title.StartsWith("lonely", StringComparison.Ordinal))), notice => Assert.Null(notice.OwnerGroup));
    }

    [Fact]
    public async Task Among_many_is_one_message_that_counts_the_rest()
    {
        for (var number = 0; number < 61; number++) _world.Vaults.AddKey(RotationWorld.OtherHost, $"key-{number:D2}", _world.Clock.GetUtcNow().AddDays(5));

        await SweepAsync();

        var near = Assert.Single(Told, notice => notice is { Kind: NoticeKind.NearExpiry, OwnerGroup: null });
        Assert.Equal((25, 37), (near.Facts.Count, near.More));
    }

    [Fact]
    public async Task Of_an_event_is_cleared_when_nothing_said_it_again_for_a_month()
    {
        await _world.Host.Registry.NoteFindingAsync(WatchedName.OfWayIn("HearEvent"), new Finding("event-foreign-vault", "x", "y", _world.Clock.GetUtcNow()), 1, Cancel);
        await SweepAsync();
        Assert.NotNull(await FindAsync("event-foreign-vault"));

        await SweepAsync(TimeSpan.FromDays(31));

        Assert.Null(await FindAsync("event-foreign-vault"));
    }

    private async Task SweepAsync(TimeSpan? after = null)
    {
        _world.Clock.Advance(after ?? TimeSpan.Zero);
        await _world.Host.Sweep.RunAsync(Cancel);
    }

    private async Task<ObjectFinding?> FindAsync(string code)
        => (await _world.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel)).SingleOrDefault(found => found.Finding.Code == code && found.About.Name is "lonely" or "HearEvent" && found.Finding.Code == code);
}
