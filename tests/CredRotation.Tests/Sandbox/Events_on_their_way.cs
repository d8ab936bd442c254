using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.World;
using CredRotation.Testing;

namespace CredRotation.Tests.Sandbox;

/// <summary>Key Vault's events from the vault to a visit, through the poster's handshake and retries and the host's own door.</summary>
public sealed class Events_on_their_way
{
    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wait_for_a_host_that_is_down_and_lead_to_a_visit(bool hasCloudEvents)
    {
        var options = new SandboxOptions { SecretLife = TimeSpan.FromDays(40), Events = new EventPosterOptions { HasCloudEvents = hasCloudEvents, DuplicateChance = 0.5 } };
        await using var world = await EventsWorld.StartAsync(options);
        await world.UntilAsync(s_step, () => Task.FromResult(OfPayments(world, VaultEvent.NewVersion).Count > 1));
        Assert.All(world.Events.Handshakes, handshake => Assert.Equal((0, false), (handshake.Status, handshake.IsAgreed)));

        await world.StartAppAsync();
        await world.UntilAsync(s_step, () => Task.FromResult(OfPayments(world, VaultEvent.NewVersion).Any(delivery => delivery is { Attempt: > 1, Status: 202 })));

        Assert.True(world.Events.Handshakes[^1].IsAgreed);
        Assert.NotNull(await world.RowAsync());
        Assert.Null(await world.RotationAsync());

        // What is still on its way would grow too old in a jump.
        await world.UntilAsync(s_step, () => Task.FromResult(world.Events.Deliveries.GroupBy(delivery => (delivery.Event.Type, delivery.Event.Version.Id)).All(tries => tries.Any(delivery => delivery.Status == 202))));
        world.Clock.JumpTo(world.Clock.GetUtcNow() + TimeSpan.FromDays(9.9));
        await world.UntilAsync(TimeSpan.FromMinutes(5), async () => await world.RotationAsync() is not null);

        Assert.Equal("event Microsoft.KeyVault.SecretNearExpiry", (await world.RotationAsync())!.Plan.SignalledBy);
        Assert.Single(world.Events.Handshakes, handshake => handshake.IsAgreed);
        Assert.Empty(world.Events.DeadLetters);
    }

    [Fact]
    public async Task That_never_get_through_are_kept_as_dead_letters()
    {
        await using var world = await EventsWorld.StartAsync(new SandboxOptions { Events = new EventPosterOptions() });

        await world.UntilAsync(TimeSpan.FromMinutes(20), () => Task.FromResult(world.Events.DeadLetters.Any(letter => IsOfPayments(letter.Event, VaultEvent.NewVersion))));

        var letter = world.Events.DeadLetters.First(letter => IsOfPayments(letter.Event, VaultEvent.NewVersion));
        Assert.Equal(("TimeToLiveExceeded", 0), (letter.Reason, letter.LastStatus));
        Assert.True(letter.Attempts > 5);

        // What nobody heard of is no secret to the app: it comes up and looks itself.
        await world.StartAppAsync();
        Assert.Null(await world.RowAsync());
    }

    private static List<EventDelivery> OfPayments(EventsWorld world, string type) => [.. world.Events.Deliveries.Where(delivery => IsOfPayments(delivery.Event, type))];

    private static bool IsOfPayments(VaultEvent said, string type) => said.Type == type && said.Version.Name == SandboxNames.PaymentSecret;
}
