using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Rehearse;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Engine;

/// <summary>It stays adopted until an owner releases it; then nothing of it is rotated, and everything that was written of it stays.</summary>
public sealed class A_credential_that_is_released : EngineTest
{
    private const string SecondSecret = "second-secret";
    private const string AnotherTarget = "S2-AAAAAAAAAA";

    public A_credential_that_is_released() => Write(days: 80);

    [Fact]
    public async Task Keeps_its_ledger_and_says_who_and_why()
    {
        await World.SweepAsync(Cancel);

        await ReleaseAsync(RotationWorld.OwnerOne);

        var row = await World.RowAsync(Cancel);
        Assert.Equal((RotationWorld.OwnerOne, "Moved to another team."), (row.Released?.PersonId, row.Released?.Reason));
        Assert.Null(row.Released!.ToFree);
        var entry = Assert.Single(await World.LedgerAsync(Cancel), entry => entry.What == "Released");
        Assert.Equal($"person:{RotationWorld.OwnerOne}", entry.Who);
        Assert.Contains("Moved to another team.", entry.Why, StringComparison.Ordinal);
        Assert.Equal("Adopted", (await World.LedgerAsync(Cancel))[0].What);
    }

    [Fact]
    public async Task Is_never_rotated_again_although_it_nears_its_end()
    {
        await World.SweepAsync(Cancel);
        await ReleaseAsync(RotationWorld.OwnerOne);

        World.Clock.Advance(TimeSpan.FromDays(70));
        await World.SweepAsync(Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Start(World.Clock.GetUtcNow(), "operator", "operator", "Now."), Cancel);
        await World.DrainAsync(Cancel);

        Assert.Equal(0, (await World.RowAsync(Cancel)).Ordinal);
        Assert.Contains("StartRefused", await HappenedAsync());
        var told = await World.Host.Registry.ListFindingsAsync(Cancel).Select(found => found.Finding.Code).ToListAsync(Cancel);
        Assert.Contains("unmanaged", told);
    }

    [Fact]
    public async Task Gives_its_target_back_for_another_credential_to_take()
    {
        await World.SweepAsync(Cancel);
        await ReleaseAsync(RotationWorld.OwnerOne);

        World.ByHand(RotationWorld.PaymentsHost, SecondSecret, new SecretText("x1"), World.Clock.GetUtcNow().AddDays(80), RotationWorld.Tags());
        await World.SweepAsync(Cancel);

        Assert.Equal(RotationWorld.Target, (await SecondAsync())?.Binding.Target);
    }

    [Fact]
    public async Task Is_not_for_strangers_to_release()
    {
        await World.SweepAsync(Cancel);

        await ReleaseAsync(RotationWorld.Stranger);

        Assert.Null((await World.RowAsync(Cancel)).Released);
        Assert.Contains("ReleaseRefused", await HappenedAsync());
    }

    [Fact]
    public async Task Waits_for_a_directory_that_is_silent()
    {
        await World.SweepAsync(Cancel);
        World.Faults.Add("directory.members", new Fault.Refuse(503, "ServiceUnavailable"), times: 1);
        await ReleaseAsync(RotationWorld.OwnerOne);
        Assert.Null((await World.RowAsync(Cancel)).Released);

        World.Clock.Advance(TimeSpan.FromHours(1));
        await World.SweepAsync(Cancel);

        Assert.NotNull((await World.RowAsync(Cancel)).Released);
    }

    [Fact]
    public async Task Is_refused_while_a_rotation_is_open()
    {
        Write(days: 20);
        await World.SweepAsync(Cancel);

        await ReleaseAsync(RotationWorld.OwnerOne);

        Assert.Null((await World.RowAsync(Cancel)).Released);
        Assert.Contains("ReleaseRefused", await HappenedAsync());
        Assert.True((await World.RowAsync(Cancel)).IsOpen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stays_released_whether_a_start_was_said_before_or_after(bool isStartFirst)
    {
        await World.SweepAsync(Cancel);
        var now = World.Clock.GetUtcNow();
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Start(now.AddSeconds(isStartFirst ? 0 : 2), "operator", "operator", "Now."), Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Release(now.AddSeconds(1), RotationWorld.OwnerOne, "owner-1", "Not ours."), Cancel);

        await World.DrainAsync(Cancel);

        Assert.NotNull((await World.RowAsync(Cancel)).Released);
        Assert.Equal(0, (await World.RowAsync(Cancel)).Ordinal);
        Assert.Contains("StartRefused", await HappenedAsync());
    }

    [Fact]
    public async Task Said_twice_is_released_once()
    {
        await World.SweepAsync(Cancel);

        await ReleaseAsync(RotationWorld.OwnerOne);
        var first = (await World.RowAsync(Cancel)).Released;
        await ReleaseAsync(RotationWorld.OwnerTwo);

        Assert.Equal(first, (await World.RowAsync(Cancel)).Released);
        Assert.Single(await HappenedAsync(), "Released");
        Assert.Contains("ReleaseRefused", await HappenedAsync());
    }

    [Fact]
    public async Task Is_not_adopted_again_while_its_tags_are_the_same()
    {
        await World.SweepAsync(Cancel);
        await ReleaseAsync(RotationWorld.OwnerOne);

        Write(days: 10);
        await World.SweepAsync(Cancel);
        Write(days: 9, ("team", "another tag says nothing"));
        await World.SweepAsync(Cancel);

        Assert.NotNull((await World.RowAsync(Cancel)).Released);
        Assert.Equal(0, (await World.RowAsync(Cancel)).Ordinal);
    }

    [Fact]
    public async Task Is_adopted_anew_once_somebody_changes_its_tags_and_asks_an_owner_first()
    {
        Write(days: 20);
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(26), Cancel);
        await ReleaseAsync(RotationWorld.OwnerOne);
        Assert.NotNull((await World.RowAsync(Cancel)).Released);

        Write(days: 20, ("rotate-policy", "standard"));
        await World.SweepAsync(Cancel);

        var row = await World.RowAsync(Cancel);
        Assert.Null(row.Released);
        Assert.Equal((CredentialRow.FirstFormat, "standard", 2), (row.Format, row.Binding.Policy, row.Ordinal));
        Assert.Equal(HoldReason.ApprovalNeeded, (await World.RotationAsync(Cancel)).Hold?.Reason);
        Assert.Equal(2, (await HappenedAsync()).Count(what => what == "Adopted"));
    }

    [Fact]
    public async Task Is_not_adopted_anew_for_tags_that_were_changed_before_the_release()
    {
        await World.SweepAsync(Cancel);
        Write(days: 80, ("rotate-policy", "standard"));
        World.Clock.Advance(TimeSpan.FromMinutes(1));
        await ReleaseAsync(RotationWorld.OwnerOne);

        await World.SweepAsync(Cancel);
        Assert.NotNull((await World.RowAsync(Cancel)).Released);
        Write(days: 10, ("rotate-policy", "standard"));
        await World.SweepAsync(Cancel);

        Assert.NotNull((await World.RowAsync(Cancel)).Released);
    }

    [Fact]
    public async Task Is_not_adopted_anew_by_what_a_sweep_saw_before_the_release()
    {
        await World.SweepAsync(Cancel);
        var before = (await World.RowAsync(Cancel)).Binding;
        await ReleaseAsync(RotationWorld.OwnerOne);

        var late = new InboxItem.Hint(World.Clock.GetUtcNow(), "sweep", null, null, before with { Policy = "standard" });
        var other = new InboxItem.Retagged(World.Clock.GetUtcNow(), "sweep", World.Clock.GetUtcNow().AddDays(-1), (await World.RowAsync(Cancel)).Seen, before with { Policy = "standard" });
        await World.Host.Registry.TellAsync(World.Credential, late, Cancel);
        await World.Host.Registry.TellAsync(World.Credential, other, Cancel);
        await World.DrainAsync(Cancel);

        Assert.NotNull((await World.RowAsync(Cancel)).Released);
        Assert.Null((await World.RowAsync(Cancel)).Pending);
    }

    [Fact]
    public async Task Is_not_adopted_anew_for_a_target_that_was_given_to_another()
    {
        await World.SweepAsync(Cancel);
        await ReleaseAsync(RotationWorld.OwnerOne);
        World.ByHand(RotationWorld.PaymentsHost, SecondSecret, new SecretText("x1"), World.Clock.GetUtcNow().AddDays(80), RotationWorld.Tags());
        await World.SweepAsync(Cancel);

        Write(days: 80, ("rotate-policy", "standard"));
        await World.SweepAsync(Cancel);

        Assert.NotNull((await World.RowAsync(Cancel)).Released);
        Assert.Contains(await World.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel), found => found is { Finding.Code: "target-taken", About.Name: RotationWorld.SecretNameText });
    }

    /// <summary>A process that dies between any two operations on the store, in the release and in the adoption that follows it.</summary>
    [Fact]
    public async Task Holds_no_target_or_exactly_its_own_wherever_a_process_dies()
    {
        for (var lived = 0; lived < 30; lived++)
        {
            await using var world = new RotationWorld();
            Write(world, 80);
            await world.SweepAsync(Cancel);
            await TellAsync(world, RotationWorld.OwnerOne);
            await DieAsync(world, Once(lived));
            await HealAsync(world);
            Assert.NotNull((await world.RowAsync(Cancel)).Released);
            Assert.Empty(Targets(world));

            Write(world, 80, ("rotate-target", AnotherTarget));
            await world.Host.Sweep.RunAsync(Cancel);
            await DieAsync(world, Once(lived));
            await HealAsync(world);
            Assert.Equal((null, AnotherTarget), ((await world.RowAsync(Cancel)).Released, (await world.RowAsync(Cancel)).Binding.Target));
            Assert.Single(Targets(world));
            Assert.Equal(1, (await world.LedgerAsync(Cancel)).Count(entry => entry.What == "Released"));
        }
    }

    [Fact]
    public async Task Gives_a_taken_target_back_when_the_adoption_was_cut_short_and_the_tags_put_back()
    {
        await World.SweepAsync(Cancel);
        await ReleaseAsync(RotationWorld.OwnerOne);
        Write(days: 80, ("rotate-target", AnotherTarget));
        await World.Host.Sweep.RunAsync(Cancel);
        // With the target taken, and its adoption not saved.
        await DieAsync(World, () => Targets(World).Any());
        Assert.Single(Targets(World));
        Write(days: 80);

        await HealAsync(World);

        Assert.NotNull((await World.RowAsync(Cancel)).Released);
        Assert.Empty(Targets(World));
    }

    [Fact]
    public async Task Is_said_by_a_rehearsal()
    {
        await World.SweepAsync(Cancel);
        await ReleaseAsync(RotationWorld.OwnerOne);
        var rehearsal = World.Host.Services.GetRequiredService<Rehearsal>();

        var same = await rehearsal.RunAsync(World.Secret, Cancel);
        World.Clock.Advance(TimeSpan.FromMinutes(1));
        Write(days: 80, ("rotate-policy", "standard"));
        var changed = await rehearsal.RunAsync(World.Secret, Cancel);

        Assert.Equal((RehearsalVerdict.Blocked, false), (same!.Verdict, same.IsManaged));
        Assert.Equal("released", Assert.Single(same.InTheWay).Code);
        Assert.Equal((RehearsalVerdict.NotDue, false), (changed!.Verdict, changed.IsManaged));
    }

    [Fact]
    public async Task Is_written_in_a_format_that_a_build_without_releases_refuses()
    {
        await World.SweepAsync(Cancel);
        Assert.Contains("\"format\":1,", RowBody(), StringComparison.Ordinal);

        await ReleaseAsync(RotationWorld.OwnerOne);

        Assert.Contains("\"format\":2,", RowBody(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_first_asked_for_by_an_operator_and_the_owners_hear_of_it_once()
    {
        await World.SweepAsync(Cancel);

        await AskAsync("Wrong vault.");
        await AskAsync("Once more.");

        var row = await World.RowAsync(Cancel);
        Assert.Null(row.Released);
        Assert.Equal(("Wrong vault.", true), (row.ReleaseAsked?.Reason, row.ReleaseAsked?.IsTold));
        var notice = Assert.Single(World.Inbox.Notices, notice => notice.Title == $"Release {RotationWorld.SecretNameText}?");
        Assert.Equal((RotationWorld.OwnerGroup, "/api/pages/credentials"), (notice.OwnerGroup, notice.Page));
        Assert.Contains("ReleaseAskRefused", await HappenedAsync());
    }

    [Fact]
    public async Task Is_asked_again_through_a_channel_that_was_down()
    {
        await World.SweepAsync(Cancel);
        World.Faults.Add("notify", new Fault.Refuse(500, "InternalServerError"), times: 1);
        await AskAsync("Wrong vault.");
        Assert.False((await World.RowAsync(Cancel)).ReleaseAsked!.IsTold);

        await World.SweepAsync(Cancel);

        Assert.True((await World.RowAsync(Cancel)).ReleaseAsked!.IsTold);
    }

    [Fact]
    public async Task Is_no_longer_asked_for_once_the_owners_had_their_time()
    {
        await World.SweepAsync(Cancel);
        await AskAsync("Wrong vault.");
        var ends = (await World.RowAsync(Cancel)).ReleaseAsked!.EndsOn;

        World.Clock.SetUtcNow(ends);
        await World.SweepAsync(Cancel);

        Assert.Null((await World.RowAsync(Cancel)).ReleaseAsked);
        Assert.Contains("ReleaseAskEnded", await HappenedAsync());
    }

    [Fact]
    public async Task Answers_the_request_with_the_release()
    {
        await World.SweepAsync(Cancel);
        await AskAsync("Wrong vault.");

        await ReleaseAsync(RotationWorld.OwnerTwo);

        Assert.Null((await World.RowAsync(Cancel)).ReleaseAsked);
        Assert.NotNull((await World.RowAsync(Cancel)).Released);
    }

    private static IEnumerable<StoredRow> Targets(RotationWorld world) => world.Rows.Snapshot().Where(row => row.Key.Partition.StartsWith("t-", StringComparison.Ordinal));

    private static Func<bool> Once(int lived)
    {
        var operations = 0;
        return () => operations++ >= lived;
    }

    /// <summary>Works on what is queued until it is dead; from then on nothing of it reaches the store, and its messages are lost.</summary>
    private static async Task DieAsync(RotationWorld world, Func<bool> isDead)
    {
        var died = false;
        world.Rows.Fault = (_, _) => (died = died || isDead()) ? FaultDecision.BeforeChange : FaultDecision.None;
        try
        {
            await world.DrainAsync(Cancel);
        }
        catch (RemoteTroubleException)
        {
            // As far as it came.
        }

        world.Rows.Fault = null;
        world.Queue.LoseAll();
    }

    private static async Task HealAsync(RotationWorld world)
    {
        for (var sweep = 0; sweep < 3; sweep++)
        {
            // Longer than a dead visit's claim.
            world.Clock.Advance(TimeSpan.FromHours(1));
            await world.SweepAsync(Cancel);
            await world.PassAsync(TimeSpan.FromMinutes(1), Cancel);
        }
    }

    private string RowBody() => World.Rows.Snapshot().Single(row => row.Key.Row == "row").Body;

    private async Task<CredentialRow?> SecondAsync()
        => await World.Host.Registry.FindAsync(CredentialId.Of(SecretName.Of(new Uri($"https://{RotationWorld.PaymentsHost}/"), SecondSecret)), Cancel);

    private async Task AskAsync(string reason)
    {
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.AskRelease(World.Clock.GetUtcNow(), "operator", "operator", reason), Cancel);
        await World.DrainAsync(Cancel);
    }

    private async Task ReleaseAsync(string person)
    {
        await TellAsync(World, person);
        await World.DrainAsync(Cancel);
    }

    private static Task TellAsync(RotationWorld world, string person)
        => world.Host.Registry.TellAsync(world.Credential, new InboxItem.Release(world.Clock.GetUtcNow(), person, person == RotationWorld.OwnerOne ? "owner-1" : person, "Moved to another team."), Cancel);

    private void Write(int days, params (string Tag, string Value)[] changes) => Write(World, days, changes);

    /// <summary>A person writes the secret's present value again, with these tags.</summary>
    private static void Write(RotationWorld world, int days, params (string Tag, string Value)[] changes)
    {
        var tags = RotationWorld.Tags();
        foreach (var (tag, value) in changes) tags[tag] = value;
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, world.CurrentValue()!, world.Clock.GetUtcNow().AddDays(days), tags);
    }
}
