using CredRotation.Engine;
using CredRotation.Engine.Ladder;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class A_reminder : IAsyncLifetime
{
    private const string Leaders = "33333333-3333-3333-3333-333333333333";
    private const string Manager = "a0000000-0000-0000-0000-000000000005";
    private const string Leader = "a0000000-0000-0000-0000-000000000006";

    private readonly RotationWorld _world = new(new Dictionary<string, string?>
    {
        ["Rotation:Mode"] = "Rehearse",
        ["Rotation:FallbackGroup"] = RotationWorld.FallbackGroup,
        ["Rotation:LeadershipGroup"] = Leaders,
    });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IReadOnlyList<Notice> Reminders => [.. _world.Inbox.Notices.Where(notice => notice.Kind is NoticeKind.Reminder)];

    public async ValueTask InitializeAsync()
    {
        foreach (var (id, name) in new[] { (Manager, "manager"), (Leader, "leader") }) _world.Directory.Put(new DirectoryUser(id, name, $"{name}@example.com"));
        foreach (var id in new[] { RotationWorld.OwnerOne, RotationWorld.OwnerTwo }) _world.Directory.Put(_world.Directory.FindUser(id)! with { Manager = Manager });
        _world.Directory.Put(new DirectoryGroup(Leaders, "leaders", null, [Leader, Manager]));
        await _world.SweepAsync(Cancel);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Goes_to_every_enabled_owner_by_name_and_is_said_once_until_the_next_rung()
    {
        _world.Directory.Put(new DirectoryUser("a0000000-0000-0000-0000-000000000007", "gone", "gone@example.com", IsEnabled: false));
        _world.Directory.Put(new DirectoryGroup(RotationWorld.OwnerGroup, "payments-owners", "old-alias@example.com", [RotationWorld.OwnerOne, RotationWorld.OwnerTwo, "a0000000-0000-0000-0000-000000000007"]));

        for (var hour = 0; hour < 48; hour++) await RoundAsync(TimeSpan.FromHours(1));

        var told = Assert.Single(Reminders);
        Assert.Equal(RotationWorld.OwnerGroup, told.OwnerGroup);
        Assert.Equal(["owner-1@example.com", "owner-2@example.com"], told.People!.Select(person => person.Address).Order());
        Assert.Equal($"{RotationWorld.SecretNameText} ends in 19 days", told.Title);
        Assert.Equal("/api/pages/tasks", told.Page);
    }

    [Fact]
    public async Task That_nobody_acknowledges_climbs_one_level_at_each_rung()
    {
        await RoundAsync(TimeSpan.Zero);
        await HeardAtAsync(TimeSpan.FromDays(14));
        var managers = Reminders[^1];
        Assert.Null(managers.OwnerGroup);
        Assert.Equal(["manager"], managers.People!.Select(person => person.Name));
        Assert.Equal(3, Reminders.Count);

        await HeardAtAsync(TimeSpan.FromDays(7));
        Assert.Equal(RotationWorld.FallbackGroup, Reminders[^1].OwnerGroup);
        await HeardAtAsync(TimeSpan.FromDays(3));
        Assert.Equal(Leaders, Reminders[^1].OwnerGroup);
        // One, two, three and four levels: the lower ones hear on.
        Assert.Equal(1 + 2 + 3 + 4, Reminders.Count);
    }

    [Fact]
    public async Task That_an_owner_acknowledges_stays_with_the_owners_and_asks_again_at_the_next_rung()
    {
        await RoundAsync(TimeSpan.Zero);
        await AcknowledgeAsync(RotationWorld.OwnerOne);

        await HeardAtAsync(TimeSpan.FromDays(14));
        await AcknowledgeAsync(RotationWorld.OwnerOne);
        await HeardAtAsync(TimeSpan.FromDays(7));

        Assert.Equal(3, Reminders.Count);
        Assert.All(Reminders, notice => Assert.Equal(RotationWorld.OwnerGroup, notice.OwnerGroup));
        Assert.False((await NoticeAsync()).IsAcknowledged);
    }

    [Fact]
    public async Task That_was_acknowledged_by_somebody_who_left_since_climbs_all_the_same()
    {
        await RoundAsync(TimeSpan.Zero);
        await AcknowledgeAsync(RotationWorld.OwnerOne);
        _world.Directory.Put(new DirectoryGroup(RotationWorld.OwnerGroup, "payments-owners", null, [RotationWorld.OwnerTwo, Leader]));

        await HeardAtAsync(TimeSpan.FromDays(14));

        Assert.Equal(LadderLevel.Managers, (await NoticeAsync()).Level);
    }

    [Fact]
    public async Task Near_the_end_goes_to_everybody_whatever_was_acknowledged()
    {
        await RoundAsync(TimeSpan.Zero);
        await HeardAtAsync(TimeSpan.FromDays(3));
        await AcknowledgeAsync(RotationWorld.OwnerOne);

        await HeardAtAsync(TimeSpan.FromDays(1));

        Assert.Equal(LadderLevel.Leadership, (await NoticeAsync()).Level);
        Assert.Equal(Leaders, Reminders[^1].OwnerGroup);
    }

    [Fact]
    public async Task Leaves_managers_able_to_take_it_on_when_others_heard_after_them()
    {
        await RoundAsync(TimeSpan.FromDays(19.2));

        var notice = await NoticeAsync();
        Assert.Equal(LadderLevel.Leadership, notice.Level);
        Assert.Equal([Manager], notice.Named);
    }

    [Fact]
    public async Task Of_dead_owners_goes_to_the_fallback_group_at_once()
    {
        _world.Directory.DeleteGroup(RotationWorld.OwnerGroup);

        await RoundAsync(TimeSpan.Zero);

        var told = Assert.Single(Reminders);
        Assert.Equal(RotationWorld.FallbackGroup, told.OwnerGroup);
    }

    [Fact]
    public async Task Whose_owners_and_fallback_group_are_gone_goes_to_the_default_receiver()
    {
        _world.Directory.DeleteGroup(RotationWorld.OwnerGroup);
        _world.Directory.DeleteGroup(RotationWorld.FallbackGroup);

        await RoundAsync(TimeSpan.Zero);

        var told = Assert.Single(Reminders);
        Assert.Null(told.OwnerGroup);
        Assert.Null(told.People);
    }

    [Fact]
    public async Task Is_not_sent_while_the_directory_does_not_say_who_the_people_are_and_is_made_up_for()
    {
        _world.Faults.Add("directory.members", new Fault.Refuse(503, "Unavailable"), times: 8);
        await RoundAsync(TimeSpan.Zero);
        Assert.Empty(Reminders);
        _world.Faults.Clear();

        await RoundAsync(TimeSpan.FromHours(1));

        Assert.Single(Reminders);
    }

    [Fact]
    public async Task That_was_not_accepted_is_sent_again_next_round_and_does_not_climb_for_that()
    {
        _world.Faults.Add("notify", new Fault.Refuse(503, "Unavailable"));
        await RoundAsync(TimeSpan.Zero);
        Assert.Null((await NoticeAsync()).ToldOn);

        await RoundAsync(TimeSpan.FromHours(1));

        Assert.Single(Reminders);
        Assert.Equal(LadderLevel.Owners, (await NoticeAsync()).Level);
        Assert.NotNull((await NoticeAsync()).ToldOn);
    }

    [Fact]
    public async Task Is_said_by_one_of_two_hosts_that_climb_at_the_same_moment()
    {
        var other = _world.AddHost();
        _world.Faults.Hook = async (operation, point) =>
        {
            if (operation != "notify" || point is not FaultPoint.Before) return;
            _world.Faults.Hook = null;
            await other.Ladder.RunAsync(Cancel);
        };

        await RoundAsync(TimeSpan.Zero);

        Assert.Single(Reminders);
    }

    [Fact]
    public async Task Whose_writer_died_is_sent_after_a_while_by_another()
    {
        _world.Faults.Hook = (operation, point) => operation == "notify" && point is FaultPoint.Before ? throw new InvalidOperationException("The process died.") : Task.CompletedTask;
        await Assert.ThrowsAsync<InvalidOperationException>(() => RoundAsync(TimeSpan.Zero));
        _world.Faults.Hook = null;

        await _world.AddHost().Ladder.RunAsync(Cancel);
        Assert.Empty(Reminders);
        await RoundAsync(LadderDelivery.SendingMax);

        Assert.Single(Reminders);
    }

    [Fact]
    public async Task Speaks_of_everything_that_an_owner_has_in_one_message()
    {
        var tags = RotationWorld.Tags();
        tags["rotate-target"] = "S2-0000000001";
        _world.ByHand(RotationWorld.PaymentsHost, "another-key", new SecretText("x"), _world.Clock.GetUtcNow().AddDays(10), tags);
        await _world.SweepAsync(Cancel);

        await RoundAsync(TimeSpan.Zero);

        var told = Assert.Single(Reminders);
        Assert.Equal("2 credentials near their end", told.Title);
        Assert.Equal(["another-key in payments.vault.azure.net", "payment-gateway-api-key in payments.vault.azure.net"], told.Facts.Select(fact => fact.Title));
    }

    [Fact]
    public async Task Ends_when_the_credential_was_replaced()
    {
        await RoundAsync(TimeSpan.Zero);
        _world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("new"), _world.Clock.GetUtcNow().AddDays(90), RotationWorld.Tags());
        await _world.SweepAsync(Cancel);

        await HeardAtAsync(TimeSpan.FromDays(14), ends: _world.Clock.GetUtcNow().AddDays(20));

        Assert.Single(Reminders);
        Assert.Null(await _world.Host.Reminders.FindAsync(_world.Credential, Cancel));
    }

    [Fact]
    public async Task After_the_end_says_that_it_has_ended()
    {
        await RoundAsync(TimeSpan.FromDays(21));

        Assert.Contains(Reminders, notice => notice.Title == $"{RotationWorld.SecretNameText} has ended" && notice.OwnerGroup == Leaders);
    }

    [Fact]
    public async Task Takes_the_place_of_the_digest_of_ends()
    {
        await RoundAsync(TimeSpan.Zero);

        Assert.DoesNotContain(_world.Inbox.Notices, notice => notice.Kind is NoticeKind.NearExpiry);
        Assert.Contains(await _world.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel), found => found.Finding.Code == "near-expiry");
    }

    [Fact]
    public async Task Is_not_made_while_a_rotation_has_half_of_its_lead_left()
    {
        await using var world = new RotationWorld();
        await world.SweepAsync(Cancel);
        await world.Host.Ladder.RunAsync(Cancel);
        Assert.DoesNotContain(world.Inbox.Notices, notice => notice.Kind is NoticeKind.Reminder);

        world.Clock.Advance(TimeSpan.FromDays(6.1));
        await world.Host.Ladder.RunAsync(Cancel);

        Assert.Contains(world.Inbox.Notices, notice => notice.Kind is NoticeKind.Reminder);
    }

    [Fact]
    public async Task Is_not_made_in_Observe()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:Mode"] = null });
        await world.SweepAsync(Cancel);

        Assert.Equal(new LadderRound(0, 0, 0, 0), await world.Host.Ladder.RunAsync(Cancel));
        Assert.DoesNotContain("directory.members", world.Faults.Operations);
    }

    private async Task RoundAsync(TimeSpan after)
    {
        _world.Clock.Advance(after);
        await _world.Host.Ladder.RunAsync(Cancel);
    }

    /// <summary>A round an hour after this much was left.</summary>
    private async Task HeardAtAsync(TimeSpan left, DateTimeOffset? ends = null)
    {
        var end = ends ?? (await NoticeAsync()).EndsOn;
        await RoundAsync(end - left + TimeSpan.FromHours(1) - _world.Clock.GetUtcNow());
    }

    private async Task AcknowledgeAsync(string person)
    {
        var notice = await NoticeAsync();
        Assert.True(await _world.Host.Reminders.AcknowledgeAsync(_world.Credential, notice.Version, notice.Rung, person, person, Cancel));
    }

    private async Task<LadderNotice> NoticeAsync()
        => await _world.Host.Reminders.FindAsync(_world.Credential, Cancel) ?? throw new InvalidOperationException("Nobody was reminded.");
}
