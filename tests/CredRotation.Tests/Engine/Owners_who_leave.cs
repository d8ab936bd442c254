using CredRotation.Engine.Authorize;
using CredRotation.Engine.Owners;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class Owners_who_leave : IAsyncLifetime
{
    private readonly RotationWorld _world = new(new Dictionary<string, string?> { ["Rotation:Mode"] = "Rehearse", ["Rotation:FallbackGroup"] = RotationWorld.FallbackGroup });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _world.Directory.Put(new DirectoryGroup(RotationWorld.OwnerGroup, "payments-owners", null, [RotationWorld.OwnerOne, RotationWorld.OwnerTwo, RotationWorld.Stranger]));
        await _world.SweepAsync(Cancel);
        await _world.Host.Ladder.RunAsync(Cancel);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Are_told_of_within_a_day_with_who_and_since_when()
    {
        var seen = _world.Clock.GetUtcNow();
        _world.Directory.Put(_world.Directory.FindUser(RotationWorld.OwnerOne)! with { IsEnabled = false });

        await DayAsync();

        var left = Assert.Single((await RecordAsync()).Departures);
        Assert.Equal((RotationWorld.OwnerOne, "the account is disabled"), (left.ObjectId, left.Why));
        Assert.InRange(left.LastSeenOn, seen.AddMinutes(-1), seen);
        Assert.InRange(left.NoticedOn, seen.AddHours(22), seen.AddHours(24));
        var told = Assert.Single(_world.Inbox.Notices, notice => notice.Facts.Any(fact => fact.Value.Contains("Left payments-owners: owner-1 (the account is disabled", StringComparison.Ordinal)));
        Assert.Equal(RotationWorld.OwnerGroup, told.OwnerGroup);
    }

    [Fact]
    public async Task And_come_back_are_forgotten_as_departed()
    {
        var group = _world.Directory.FindGroup(RotationWorld.OwnerGroup)!;
        _world.Directory.Put(group with { Members = [RotationWorld.OwnerOne, RotationWorld.OwnerTwo] });
        await DayAsync();
        Assert.Equal("is no member of the group any more", Assert.Single((await RecordAsync()).Departures).Why);

        _world.Directory.Put(group);
        await DayAsync();

        Assert.Empty((await RecordAsync()).Departures);
        Assert.Equal(3, (await RecordAsync()).People);
    }

    [Fact]
    public async Task Did_not_leave_when_one_reading_alone_does_not_show_them()
    {
        var group = _world.Directory.FindGroup(RotationWorld.OwnerGroup)!;
        _world.Directory.Put(group with { Members = [RotationWorld.OwnerOne, RotationWorld.OwnerTwo] });
        await HoursAsync(23);
        Assert.Single((await RecordAsync()).Doubted);
        _world.Directory.Put(group);

        await HoursAsync(1);

        Assert.Empty((await RecordAsync()).Doubted);
        Assert.Empty((await RecordAsync()).Departures);
        Assert.DoesNotContain(_world.Inbox.Notices, notice => notice.Facts.Any(fact => fact.Value.Contains("Left payments-owners", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Until_too_few_are_left_are_told_to_the_fallback_group()
    {
        _world.Directory.Put(_world.Directory.FindGroup(RotationWorld.OwnerGroup)! with { Members = [RotationWorld.OwnerOne] });

        await DayAsync();

        Assert.Equal(OwnerState.TooFew, (await RecordAsync()).State);
        var told = Assert.Single(_world.Inbox.Notices, notice => notice.Facts.Any(fact => fact.Value.Contains("has 1 enabled person; two are needed", StringComparison.Ordinal)));
        Assert.Equal(RotationWorld.FallbackGroup, told.OwnerGroup);
    }

    [Fact]
    public async Task From_the_fallback_group_are_told_to_the_default_receiver_as_critical()
    {
        _world.Directory.DeleteGroup(RotationWorld.FallbackGroup);

        await DayAsync();

        Assert.Contains(_world.Inbox.Notices, notice => notice.OwnerGroup is null && notice.Facts.Any(fact => fact.Value.Contains("nobody would take over for owners who are gone", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Are_not_supposed_to_have_left_while_the_directory_is_down()
    {
        _world.Faults.Add("directory.members", new Fault.Refuse(503, "Unavailable"), times: 200);

        await DayAsync();

        var record = await RecordAsync();
        Assert.Equal(OwnerState.Healthy, record.State);
        Assert.Equal(3, record.Members.Count);
        Assert.NotNull(record.AskedInVainSince);
        Assert.Empty(record.Departures);
    }

    [Fact]
    public async Task Are_found_by_asking_each_group_once_a_day()
    {
        var before = _world.Faults.Operations.Count(operation => operation == "directory.members");

        await DayAsync();

        // The owners' and the fallback group.
        Assert.Equal(2, _world.Faults.Operations.Count(operation => operation == "directory.members") - before);
    }

    private async Task<OwnerRecord> RecordAsync() => await _world.Host.Owners.FindAsync(RotationWorld.OwnerGroup, Cancel) ?? throw new InvalidOperationException("Nobody looked.");

    private Task DayAsync() => HoursAsync(25);

    private async Task HoursAsync(int hours)
    {
        for (var hour = 0; hour < hours; hour++)
        {
            _world.Clock.Advance(TimeSpan.FromHours(1));
            await _world.Host.Ladder.RunAsync(Cancel);
        }
    }
}
