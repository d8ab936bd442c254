using System.Globalization;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Rollbacks;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class A_rollback
{
    private const int TurnsMax = 200;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Where the old credential lives until it is retired, beside the new one.</summary>
    public static TheoryData<string> Classes => [.. VendorClasses.All.Where(CanGoBack).Select(vendor => vendor.Name)];

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task Makes_the_old_credential_current_again_and_leaves_nothing_unreported(string name)
    {
        await using var vendors = new VendorWorld(VendorClasses.Find(name));
        var old = vendors.Current!;
        await ReloadedAsync(vendors);
        Assert.NotEqual(old.Id, vendors.Current!.Id);

        await RollBackAsync(vendors, RotationWorld.OwnerOne);
        var rotation = await EndAsync(vendors);

        Assert.Null(Judge(vendors, rotation, old));
        Assert.Contains(await vendors.World.LedgerAsync(Cancel), entry => entry is { What: "RollbackAsked", Who: $"person:{RotationWorld.OwnerOne}" });
    }

    [Fact]
    public async Task Ends_the_new_credential_once_every_consumer_proved_that_it_runs_the_old_one()
    {
        await using var vendors = new VendorWorld(VendorClasses.Find("overlap-list"));
        await ReloadedAsync(vendors);
        var issued = vendors.Current!;
        var wasRunWhenItEnded = true;
        vendors.Vendor.Called = request =>
        {
            if (request.Stopped.Contains(issued.Id)) wasRunWhenItEnded = vendors.Consumer.Instances.Values.Any(instance => instance.Value.RevealToRemote() == issued.Value.RevealToRemote());
        };

        await RollBackAsync(vendors, RotationWorld.OwnerOne);
        var rotation = await EndAsync(vendors);

        Assert.False(wasRunWhenItEnded);
        Assert.False(vendors.Vendor.Accepts(issued.Value));
        Assert.True(rotation.Rollback!.IsProven);
        Assert.Empty(rotation.Suspects);
    }

    [Fact]
    public async Task Has_the_next_rotation_ask_an_owner_before_it_issues()
    {
        await using var vendors = new VendorWorld(VendorClasses.Find("overlap-list"));
        await ReloadedAsync(vendors);
        Assert.Equal(ApprovalRule.None, (await vendors.World.RotationAsync(Cancel)).Plan.Approval);
        await RollBackAsync(vendors, RotationWorld.OwnerOne);
        await EndAsync(vendors);

        await vendors.World.SweepAsync(Cancel);

        var next = await vendors.World.RotationAsync(Cancel);
        Assert.Equal((2, RotationState.Detected, HoldReason.ApprovalNeeded), (next.Ordinal, next.State, next.Hold!.Reason));
    }

    [Fact]
    public async Task Is_not_begun_when_the_old_credential_is_dead()
    {
        await using var vendors = new VendorWorld(VendorClasses.Find("overlap-list"));
        var old = vendors.Current!;
        await ReloadedAsync(vendors);
        vendors.Vendor.End(old.Id);
        var current = vendors.Current!.Id;

        await RollBackAsync(vendors, RotationWorld.OwnerOne);

        Assert.Equal(current, vendors.Current!.Id);
        Assert.Null((await vendors.World.RotationAsync(Cancel)).Rollback);
        Assert.Contains(await vendors.World.LedgerAsync(Cancel), entry => entry.What == "RollbackRefused" && entry.Why.StartsWith("The provider refuses the old credential.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Is_not_begun_over_what_somebody_else_wrote()
    {
        await using var vendors = new VendorWorld(VendorClasses.Find("overlap-list"));
        await ReloadedAsync(vendors);
        vendors.World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("theirs"), null, RotationWorld.Tags());

        await RollBackAsync(vendors, RotationWorld.OwnerOne);

        Assert.Contains(await vendors.World.LedgerAsync(Cancel), entry => entry.What == "RollbackRefused" && entry.Why.StartsWith("Somebody else wrote version", StringComparison.Ordinal));
        Assert.Equal("theirs", vendors.World.CurrentValue()!.RevealToRemote());
    }

    [Fact]
    public async Task Is_written_so_that_a_build_which_knows_of_none_refuses_it_until_it_ended()
    {
        await using var vendors = new VendorWorld(VendorClasses.Find("overlap-list"));
        await ReloadedAsync(vendors);
        Assert.Equal(Rotation.FirstFormat, (await vendors.World.RotationAsync(Cancel, 1)).Format);
        vendors.World.Consumers.Signalled = (_, _, _) => Task.CompletedTask;

        await RollBackAsync(vendors, RotationWorld.OwnerOne);
        Assert.Equal(Rotation.SecondFormat, (await vendors.World.RotationAsync(Cancel, 1)).Format);
        await vendors.World.PassAsync(TimeSpan.FromHours(1), Cancel);
        await vendors.World.ChooseAsync("override", RotationWorld.OwnerTwo, Cancel);

        Assert.Equal(Rotation.FirstFormat, (await EndAsync(vendors)).Format);
    }

    [Fact]
    public async Task By_a_stranger_counts_nothing()
    {
        await using var vendors = new VendorWorld(VendorClasses.Find("overlap-list"));
        await ReloadedAsync(vendors);

        await RollBackAsync(vendors, RotationWorld.Stranger);

        Assert.Null((await vendors.World.RotationAsync(Cancel)).Rollback);
    }

    [Fact]
    public async Task Of_a_consumer_that_does_not_prove_it_asks_a_person_and_lets_the_new_credential_live()
    {
        await using var vendors = new VendorWorld(VendorClasses.Find("overlap-list"));
        await ReloadedAsync(vendors);
        var issued = vendors.Current!;
        vendors.World.Consumers.Signalled = (_, _, _) => Task.CompletedTask;

        await RollBackAsync(vendors, RotationWorld.OwnerOne);
        await vendors.World.PassAsync(TimeSpan.FromHours(1), Cancel);
        Assert.Equal(HoldReason.ConsumerSilent, (await vendors.World.RotationAsync(Cancel)).Hold!.Reason);
        await vendors.World.ChooseAsync("override", RotationWorld.OwnerTwo, Cancel);
        var rotation = await EndAsync(vendors);

        Assert.Equal(RotationState.RolledBack, rotation.State);
        Assert.True(vendors.Vendor.Accepts(issued.Value));
        Assert.Equal(issued.Id, Assert.Single(rotation.Suspects).ProviderId);
    }

    [Fact]
    public async Task Is_offered_only_where_going_back_is_no_later_outage()
    {
        foreach (var vendor in VendorClasses.All.Where(vendor => !CanGoBack(vendor) && vendor.Traits.Topology is not Topology.InPlace && !vendor.Traits.HandedIn))
        {
            await using var vendors = new VendorWorld(vendor);
            await vendors.World.SweepAsync(Cancel);
            for (var hour = 0; hour < 48 && (await vendors.World.RotationAsync(Cancel)).PromotedVersion is null; hour++)
            {
                if ((await vendors.World.RotationAsync(Cancel)).Hold?.Reason is HoldReason.ApprovalNeeded) await vendors.World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
                await vendors.DoErrandsAsync(vendors.World.Host, Cancel);
                await vendors.World.PassAsync(TimeSpan.FromMinutes(20), Cancel);
            }

            Assert.NotNull(Rollback.Refusal(await vendors.World.RotationAsync(Cancel)));
        }
    }

    [Fact]
    public async Task Survives_a_kill_before_and_after_every_call()
    {
        var missed = new List<string>();
        var calls = await CountAsync();
        foreach (var point in new[] { FaultPoint.Before, FaultPoint.After })
        {
            for (var call = 1; call <= calls; call++)
                if (await RunAsync(call, point, null) is { } wrong) missed.Add(string.Create(CultureInfo.InvariantCulture, $"killed {point} call {call}: {wrong}"));
        }

        Assert.True(missed.Count == 0, string.Join('\n', missed));
    }

    [Fact]
    public async Task Survives_a_lost_answer_at_every_call()
    {
        var missed = new List<string>();
        var calls = await CountAsync();
        foreach (var fault in new Fault[] { new Fault.DropAfter(), new Fault.DropBefore(), new Fault.Refuse(500, "500"), new Fault.Refuse(429, "429") })
        {
            for (var call = 1; call <= calls; call++)
                if (await RunAsync(call, null, fault) is { } wrong) missed.Add(string.Create(CultureInfo.InvariantCulture, $"{fault} at call {call}: {wrong}"));
        }

        Assert.True(missed.Count == 0, string.Join('\n', missed));
    }

    private static bool CanGoBack(VendorClass vendor) => vendor.Traits is { OldValidity: OldValidity.UntilRetired, Topology: Topology.Overlap };

    private static async Task<int> CountAsync()
    {
        await using var vendors = new VendorWorld(VendorClasses.Find("overlap-list"));
        await ReloadedAsync(vendors);
        var before = vendors.World.Faults.Operations.Count;
        await RollBackAsync(vendors, RotationWorld.OwnerOne);
        await EndAsync(vendors);
        return vendors.World.Faults.Operations.Count - before;
    }

    /// <summary>A rollback with something going wrong at its n-th call; null when all is well at its end.</summary>
    private static async Task<string?> RunAsync(int at, FaultPoint? kill, Fault? fault)
    {
        await using var vendors = new VendorWorld(VendorClasses.Find("overlap-list"));
        var old = vendors.Current!;
        await ReloadedAsync(vendors);
        var world = vendors.World;
        if (fault is not null) world.Faults.Add("", fault, at);
        var (seen, died) = (0, new TaskCompletionSource());
        string? wrong = null;
        world.Faults.Hook = (operation, point) =>
        {
            if (point is FaultPoint.Before) seen++;
            if (vendors.Consumer.Work() is { Count: > 0 } refused) wrong ??= $"{string.Join(", ", refused)} fail at {operation}";
            if (seen != at || point != kill) return Task.CompletedTask;
            kill = null;
            died.SetResult();
            return new TaskCompletionSource().Task;
        };

        var host = world.Host;
        await TellAsync(vendors, RotationWorld.OwnerOne);
        for (var turn = 0; turn < TurnsMax; turn++)
        {
            while (world.Queue.TryTake(out var credential))
            {
                var work = host.Engine.AdvanceAsync(credential, Cancel);
                if (await Task.WhenAny(work, died.Task) == work) await work;
                else (died, host) = (new TaskCompletionSource(), world.AddHost());
            }

            var rotation = await world.RotationAsync(Cancel, 1);
            if (rotation.IsClosed) return wrong ?? Judge(vendors, rotation, old);
            if (rotation.Hold is { } hold && hold.Choices.Any(choice => choice.Name == "retry"))
                await world.Host.Registry.TellAsync(world.Credential, new InboxItem.Choose(world.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, rotation.State, "retry", RotationWorld.OwnerOne, "owner-1"), Cancel);
            var row = await world.RowAsync(Cancel);
            var next = world.Queue.NextVisibleOn is { } queued && (row.WakeOn is null || queued < row.WakeOn) ? queued : row.WakeOn;
            if (next is { } moment && moment > world.Clock.GetUtcNow()) world.Clock.SetUtcNow(moment);
            else world.Clock.Advance(TimeSpan.FromSeconds(30));
            await host.Sleepers.WakeAsync(Cancel);
        }

        var stuck = await world.RotationAsync(Cancel, 1);
        return $"it stands at {stuck.State}, hold {stuck.Hold?.Reason} {stuck.Hold?.Detail} {stuck.LastTrouble}";
    }

    private static string? Judge(VendorWorld vendors, Rotation rotation, VendorCredential old)
    {
        if (rotation.State is not RotationState.RolledBack) return $"it ended {rotation.State}";
        if (vendors.Current?.Id != old.Id) return "another credential than the old one is current";
        if (!vendors.Vendor.Accepts(old.Value)) return "the old credential is refused";
        if (vendors.Consumer.Work() is { Count: > 0 } refused) return $"{string.Join(", ", refused)} fail at the end";
        var unreported = vendors.Vendor.Alive(RotationWorld.Target).Where(credential => credential.Id != old.Id && rotation.Suspects.All(suspect => suspect.Marker != credential.Marker)).ToList();
        return unreported.Count == 0 ? null : $"{string.Join(", ", unreported.Select(credential => credential.Id))} live on and nobody was told";
    }

    /// <summary>Until consumers run the new credential and an owner is asked whether the old one may be retired.</summary>
    private static async Task ReloadedAsync(VendorWorld vendors)
    {
        await vendors.World.SweepAsync(Cancel);
        for (var turn = 0; turn < 100; turn++)
        {
            var rotation = await vendors.World.RotationAsync(Cancel);
            if (rotation.State is RotationState.Reloaded or RotationState.Promoted && rotation.Consumers.All(consumer => consumer.IsAdopted)) return;
            if (rotation is { State: RotationState.Detected, Hold.Reason: HoldReason.ApprovalNeeded }) await vendors.World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
            await vendors.DoErrandsAsync(vendors.World.Host, Cancel);
            await vendors.World.PassAsync(TimeSpan.FromSeconds(20), Cancel);
        }

        Assert.Fail($"It stands at {(await vendors.World.RotationAsync(Cancel)).State}.");
    }

    private static async Task TellAsync(VendorWorld vendors, string person)
    {
        var rotation = await vendors.World.RotationAsync(Cancel);
        await vendors.World.Host.Registry.TellAsync(vendors.World.Credential, new InboxItem.RollBack(vendors.World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, rotation.State, person, person), Cancel);
    }

    private static async Task RollBackAsync(VendorWorld vendors, string person)
    {
        await TellAsync(vendors, person);
        await vendors.World.DrainAsync(Cancel);
    }

    /// <summary>The next one may be open at once: the old end is near.</summary>
    private static async Task<Rotation> EndAsync(VendorWorld vendors)
    {
        for (var turn = 0; turn < 200; turn++)
        {
            var rotation = await vendors.World.RotationAsync(Cancel, 1);
            if (rotation.IsClosed) return rotation;
            await vendors.World.PassAsync(TimeSpan.FromMinutes(1), Cancel);
        }

        return await vendors.World.RotationAsync(Cancel, 1);
    }
}
