using System.Text;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Functions;
using CredRotation.Sandbox.World;
using CredRotation.Testing;

namespace CredRotation.Tests.Sandbox;

/// <summary>Events that wait on the host's queue, by the rules of host.json.</summary>
public sealed class A_queue_of_events
{
    private const string Look = $"vault.versions@{SandboxNames.PaymentsVault}";
    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(5);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_heard_behind_garbage_which_is_noted_once_and_gone()
    {
        await using var world = await StartAsync();
        await SendAsync(world, "garbage");
        await SendAsync(world, Convert.ToBase64String([0xFF, 0xFE, 0x00]));
        await SendAsync(world, Convert.ToBase64String(Encoding.UTF8.GetBytes(world.Say(VaultEvent.NearExpiry))));

        await world.UntilAsync(s_step, async () => await world.RotationAsync() is not null && await world.Queue.NextVisibleOnAsync(Stop) is null);

        Assert.Equal("event Microsoft.KeyVault.SecretNearExpiry", (await world.RotationAsync())!.Plan.SignalledBy);
        var noted = Assert.Single(await world.FindingsAsync(), found => found.About.IsWayIn);
        Assert.Equal(("event-unreadable", WatchedName.OfWayIn(nameof(HearEvent)), 2), (noted.Finding.Code, noted.About, noted.Times));
    }

    [Fact]
    public async Task Keeps_what_fails_for_its_next_try()
    {
        await using var world = await StartAsync();
        world.Sandbox.Faults.Add(Look, new Fault.DropBefore(), times: 2);
        await SendAsync(world, world.Say(VaultEvent.NearExpiry));

        await world.UntilAsync(s_step, async () => await world.RotationAsync() is not null && await world.Queue.NextVisibleOnAsync(Stop) is null);

        Assert.DoesNotContain(await world.FindingsAsync(), found => found.Finding.Code == "poison-message");
    }

    [Fact]
    public async Task Sets_aside_what_fails_five_times_as_a_finding_and_hears_what_is_behind_it()
    {
        await using var world = await StartAsync();
        world.Sandbox.Faults.Add(Look, new Fault.DropBefore(), times: 100);
        await SendAsync(world, world.Say(VaultEvent.NearExpiry));
        await SendAsync(world, """{"type":"Microsoft.Storage.BlobCreated"}""");

        await world.UntilAsync(s_step, async () => (await world.FindingsAsync()).Any(found => found.Finding.Code == "poison-message"));

        Assert.Equal(5, world.Sandbox.Faults.Operations.Count(operation => operation == Look));
        Assert.Null(await world.Queue.NextVisibleOnAsync(Stop));
        Assert.Contains(await world.FindingsAsync(), found => found.Finding.Code == "event-unknown-type");
        Assert.Null(await world.RotationAsync());
    }

    private static async Task<EventsWorld> StartAsync()
    {
        var world = await EventsWorld.StartAsync(new SandboxOptions());
        await world.StartAppAsync();
        return world;
    }

    private static Task SendAsync(EventsWorld world, string message) => world.Queue.SendAsync(message, TimeSpan.Zero, Stop);
}
