using System.Globalization;
using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>Every class of vendor, with the process killed or the answer lost at every remote call of a rotation: it ends all the same, and every credential is accounted for.</summary>
public sealed class Every_class_whatever_is_lost
{
    public static TheoryData<string> Classes => [.. VendorClasses.All.Select(vendor => vendor.Name)];

    private const int TurnsMax = 400;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task Survives_a_kill_before_and_after_every_call(string name)
    {
        var missed = new List<string>();
        for (var (call, last) = (1, await CountAsync(name)); call <= last; call++)
        {
            foreach (var point in new[] { FaultPoint.Before, FaultPoint.After })
            {
                await using var world = new VendorWorld(VendorClasses.Find(name));
                if (await RunAsync(world, call, point, null) is { } wrong) missed.Add($"killed {point} {wrong}");
            }
        }

        Assert.True(missed.Count == 0, string.Join('\n', missed));
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task Survives_a_lost_answer_at_every_call(string name)
    {
        var missed = new List<string>();
        for (var (call, last) = (1, await CountAsync(name)); call <= last; call++)
        {
            foreach (var fault in new Fault[] { new Fault.DropAfter(), new Fault.DropBefore(), new Fault.Refuse(500, "500"), new Fault.Refuse(429, "429") })
            {
                await using var world = new VendorWorld(VendorClasses.Find(name));
                if (await RunAsync(world, call, null, fault) is { } wrong) missed.Add($"{fault} at {wrong}");
            }
        }

        Assert.True(missed.Count == 0, string.Join('\n', missed));
    }

    private static async Task<int> CountAsync(string name)
    {
        await using var world = new VendorWorld(VendorClasses.Find(name));
        Assert.Null(await RunAsync(world, 0, null, null));
        return world.World.Faults.Operations.Count;
    }

    /// <summary>Runs a rotation with something going wrong at its n-th call; null when all is well at its end.</summary>
    private static async Task<string?> RunAsync(VendorWorld vendors, int at, FaultPoint? kill, Fault? fault)
    {
        var world = vendors.World;
        var isInPlace = vendors.Vendor.Class.Traits.Topology is Topology.InPlace;
        if (fault is not null) world.Faults.Add("", fault, at);
        var (seen, where) = (0, "nothing");
        var died = new TaskCompletionSource();
        string? wrong = null;
        world.Faults.Hook = (operation, point) =>
        {
            if (point is FaultPoint.Before && ++seen == at) where = string.Create(CultureInfo.InvariantCulture, $"call {at}, {operation}");
            if (!isInPlace && vendors.Current is { } current && !vendors.Vendor.Accepts(current.Value)) wrong ??= $"the current credential is refused at {operation}";
            if (seen != at || point != kill) return Task.CompletedTask;
            kill = null;
            died.SetResult();
            // A killed process never goes on: neither does this call.
            return new TaskCompletionSource().Task;
        };

        var host = world.Host;
        for (var turn = 0; turn < TurnsMax; turn++)
        {
            var row = await world.Host.Registry.FindAsync(world.Credential, Cancel);
            if (row is not { Ordinal: > 0 } && await DiesAsync(host.Sweep.RunAsync(Cancel))) host = world.AddHost();
            while (world.Queue.TryTake(out var credential))
            {
                if (await DiesAsync(host.Engine.AdvanceAsync(credential, Cancel))) host = world.AddHost();
            }

            row = await world.Host.Registry.FindAsync(world.Credential, Cancel);
            if (row is { Ordinal: > 0 })
            {
                var rotation = await world.RotationAsync(Cancel);
                if (rotation.IsClosed) return Judge(vendors, rotation, wrong) is { } fault2 ? $"{where}: {fault2}" : kill is null ? null : $"{where}: it was never killed";
                await DoErrandsAsync();
                if (rotation.Hold is { Reason: HoldReason.ApprovalNeeded } && rotation.Approvals.Count == 0) await world.Host.Registry.TellAsync(world.Credential, Approval(rotation), Cancel);
                if (rotation.Hold is { Reason: not HoldReason.ApprovalNeeded } hold && hold.Choices.Any(choice => choice.Name == "retry")) await world.Host.Registry.TellAsync(world.Credential, Retry(rotation), Cancel);
            }

            // The next wake or message, and a person's time meanwhile.
            var next = world.Queue.NextVisibleOn is { } queued && (row?.WakeOn is null || queued < row.WakeOn) ? queued : row?.WakeOn;
            if (next is { } moment && moment > world.Clock.GetUtcNow()) world.Clock.SetUtcNow(moment);
            else world.Clock.Advance(TimeSpan.FromSeconds(30));
            await host.Sleepers.WakeAsync(Cancel);
        }

        var stuck = await world.RotationAsync(Cancel);
        return $"{where}: it stands at {stuck.State}, hold {stuck.Hold?.Reason} {stuck.Hold?.Detail} {stuck.LastTrouble}";

        async Task DoErrandsAsync()
        {
            try
            {
                if (!await DiesAsync(vendors.DoErrandsAsync(host, Cancel))) return;
                host = world.AddHost();
            }
            catch (RemoteTroubleException)
            {
                // Whoever hands something in sees that, and does it again.
            }
        }

        async Task<bool> DiesAsync(Task work)
        {
            if (await Task.WhenAny(work, died.Task) == work)
            {
                await work;
                return false;
            }

            died = new TaskCompletionSource();
            return true;
        }

        CredRotation.Engine.Registry.InboxItem.Approve Approval(Rotation rotation) => new(world.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1");

        CredRotation.Engine.Registry.InboxItem.Choose Retry(Rotation rotation) => new(world.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, rotation.State, "retry", RotationWorld.OwnerOne, "owner-1");
    }

    private static string? Judge(VendorWorld vendors, Rotation rotation, string? wrong)
    {
        if (wrong is not null) return wrong;
        if (rotation.State is not RotationState.Retired) return $"it ended {rotation.State}";
        if (vendors.Current is not { } current || !vendors.Vendor.Accepts(current.Value)) return "the current credential is refused at the end";
        if (vendors.Consumer.Work() is { Count: > 0 } refused) return $"{string.Join(", ", refused)} fail at the end";
        var alive = vendors.Vendor.Alive(RotationWorld.Target).Where(credential => credential.Id != current.Id).ToList();
        var unreported = alive.Where(credential => credential.ClockEndsOn is null && rotation.Suspects.All(suspect => suspect.Marker != credential.Marker)).ToList();
        return unreported.Count == 0 ? null : $"{string.Join(", ", unreported.Select(credential => credential.Id))} live on and nobody was told";
    }
}
