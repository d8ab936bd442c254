using CredRotation.Engine;
using CredRotation.Engine.Reload;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>What the engine takes for a proof from each kind of consumer, and what it does where there is none.</summary>
public sealed class Consumers_of_every_kind
{
    private const string Other = "other";
    private const string Site = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/payments/providers/Microsoft.Web/sites/checkout";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_platform_is_asked_again_until_each_setting_shows_the_version()
    {
        await using var world = WorldOf(("Kind", "AppService"), ("Resource", Site));
        var looks = 0;
        world.Consumers.Answers(Other, signal => new SignalAnswer.ReadBack([new("PaymentKey", signal.Rehearsal || ++looks > 2, "It shows a version."), new("PaymentKeyToo", true, "It shows the version.")], TimeSpan.FromSeconds(20)));

        var rotation = await RunAsync(world);
        Assert.Equal((RotationState.Promoted, 1), (rotation.State, looks));
        await world.PassAsync(TimeSpan.FromMinutes(1), Cancel);

        Assert.Equal((RotationState.Reloaded, 3), ((await world.RotationAsync(Cancel)).State, looks));
        Assert.Contains(await world.LedgerAsync(Cancel), entry => entry.What == "ReadBack" && entry.Why.Contains("nobody saw the app use it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_platform_that_never_shows_it_is_named_with_what_it_shows()
    {
        await using var world = WorldOf(("Kind", "AppService"), ("Resource", Site));
        world.Consumers.Answers(Other, _ => new SignalAnswer.ReadBack([new("PaymentKey", false, "SecretNotFound.")], TimeSpan.FromSeconds(20)));

        await RunAsync(world);
        await world.PassAsync(TimeSpan.FromMinutes(20), Cancel);

        var hold = (await world.RotationAsync(Cancel)).Hold!;
        Assert.Equal(HoldReason.ConsumerSilent, hold.Reason);
        Assert.Contains("other (PaymentKey)", hold.Detail, StringComparison.Ordinal);
        Assert.Contains("SecretNotFound", hold.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_keeps_a_value_for_a_declared_time_is_waited_for_that_long_and_told_nothing()
    {
        await using var world = WorldOf(("Kind", "OnDemand"), ("HoldsAtMost", "00:05:00"));

        Assert.Equal(RotationState.Promoted, (await RunAsync(world)).State);
        await world.PassAsync(TimeSpan.FromMinutes(4), Cancel);
        Assert.Equal(RotationState.Promoted, (await world.RotationAsync(Cancel)).State);
        await world.PassAsync(TimeSpan.FromMinutes(2), Cancel);

        Assert.Equal(RotationState.Reloaded, (await world.RotationAsync(Cancel)).State);
        Assert.DoesNotContain(world.Consumers.Signals, heard => heard.Alias == Other);
    }

    [Fact]
    public async Task What_names_a_version_itself_is_moved_by_a_person_who_says_so()
    {
        await using var world = WorldOf("overlap-list", ("Kind", "Pinned"));

        await RunAsync(world);
        await world.PassAsync(TimeSpan.FromMinutes(5), Cancel);
        var rotation = await world.RotationAsync(Cancel);
        Assert.Equal(HoldReason.ConsumerSilent, rotation.Hold?.Reason);
        Assert.Contains($"change it to {rotation.PromotedVersion}", rotation.Hold!.Detail, StringComparison.Ordinal);
        await world.ChooseAsync("consumer-moved", RotationWorld.OwnerOne, Cancel);

        var moved = await world.RotationAsync(Cancel);
        Assert.Equal(RotationState.Reloaded, moved.State);
        Assert.Contains("consumer-moved", Assert.Single(moved.Overrides, text => text.StartsWith("ConsumerSilent", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Pinned", null)]
    [InlineData("Webhook", "Hook")]
    public async Task What_can_show_nothing_needs_a_word_before_a_clock_is_started(string kind, string? setting)
    {
        await using var world = setting is null ? WorldOf(("Kind", kind)) : WorldOf(("Kind", kind), (setting, "https://other.example.com/told"));
        world.Consumers.Answers(Other, _ => new SignalAnswer.Told());

        var rotation = await RunAsync(world);

        Assert.Equal((HoldReason.ConsumerSilentBeforeIssue, 0), (rotation.Hold?.Reason, rotation.Attempts.Count));
        Assert.Contains("Consumer other did not answer", rotation.Hold!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_whose_principal_acknowledges_is_as_good_as_any()
    {
        const string principal = "c0000000-0000-0000-0000-000000000002";
        await using var world = WorldOf(("Kind", "Webhook"), ("Hook", "https://other.example.com/told"), ("Principal", principal));
        world.Consumers.Answers(Other, _ => new SignalAnswer.Told());

        var rotation = await RunAsync(world);
        Assert.Equal(RotationState.Promoted, rotation.State);
        await world.AcknowledgeAsync(principal, rotation.Id, rotation.PromotedVersion!, Other);
        await world.DrainAsync(Cancel);

        Assert.Equal(RotationState.Reloaded, (await world.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task A_topic_is_heard_by_those_who_hold_a_lease_and_else_by_nobody()
    {
        const string principal = "c0000000-0000-0000-0000-000000000002";
        await using var world = WorldOf(("Kind", "EventGrid"), ("Topic", "https://reloads.westeurope-1.eventgrid.azure.net/api/events"), ("Principal", principal));
        world.Consumers.Answers(Other, _ => new SignalAnswer.Told());

        Assert.Equal(HoldReason.ConsumerSilentBeforeIssue, (await RunAsync(world)).Hold?.Reason);
        await world.BeatAsync(Other, "other-1", "v");
        await world.ChooseAsync("retry", RotationWorld.OwnerOne, Cancel);
        var rotation = await world.RotationAsync(Cancel);
        Assert.Equal(RotationState.Promoted, rotation.State);
        await world.AcknowledgeAsync(principal, rotation.Id, rotation.PromotedVersion!, "other-1");
        await world.DrainAsync(Cancel);

        Assert.Equal(RotationState.Reloaded, (await world.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task Those_of_a_later_wave_are_told_when_those_before_them_have_proved_it()
    {
        await using var world = WorldOf(("Kind", "AppService"), ("Resource", Site), ("Wave", "2"));
        world.Consumers.Signalled = null;
        world.Consumers.Answers(Other, _ => new SignalAnswer.ReadBack([new("PaymentKey", true, "It shows the version.")], TimeSpan.FromSeconds(20)));

        var rotation = await RunAsync(world);
        await world.PassAsync(TimeSpan.FromMinutes(5), Cancel);
        Assert.DoesNotContain(world.Consumers.Signals, heard => heard is { Alias: Other, Signal.Rehearsal: false });
        await world.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, rotation.Id, rotation.PromotedVersion!, "checkout-1");
        await world.DrainAsync(Cancel);

        Assert.Equal(RotationState.Reloaded, (await world.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task Each_has_a_deadline_of_its_own_and_the_late_one_alone_is_named_and_excused()
    {
        await using var world = WorldOf(("Kind", "AppService"), ("Resource", Site), ("Wave", "2"));
        world.Consumers.Answers(Other, _ => new SignalAnswer.ReadBack([new("PaymentKey", false, "It shows the old one.")], TimeSpan.FromSeconds(20)));
        world.Consumers.Signalled = null;

        var rotation = await RunAsync(world);
        await world.PassAsync(TimeSpan.FromMinutes(11), Cancel);
        var hold = (await world.RotationAsync(Cancel)).Hold!;
        Assert.Contains("checkout (checkout-1)", hold.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("other", hold.Detail, StringComparison.Ordinal);
        await world.ChooseAsync("override", RotationWorld.OwnerOne, Cancel);
        await world.ChooseAsync("override", RotationWorld.OwnerTwo, Cancel);

        var told = await world.RotationAsync(Cancel);
        Assert.Equal(RotationState.Promoted, told.State);
        Assert.Null(told.Hold);
        Assert.Contains(world.Consumers.Signals, heard => heard is { Alias: Other, Signal.Rehearsal: false });
        Assert.Equal([true, false], told.Consumers.Select(consumer => consumer.IsExcused));
        Assert.Equal(rotation.Id, told.Id);
    }

    private static RotationWorld WorldOf(params (string Name, string Value)[] settings) => WorldOf(null, settings);

    /// <summary>A world with a second consumer of these settings.</summary>
    private static RotationWorld WorldOf(string? vendor, params (string Name, string Value)[] settings)
    {
        var world = new RotationWorld(settings.ToDictionary(setting => $"Rotation:Consumers:{Other}:{setting.Name}", setting => (string?)setting.Value), vendor: vendor is null ? null : VendorClasses.Find(vendor));
        var tags = RotationWorld.Tags();
        tags["rotate-consumers"] = $"checkout,{Other}";
        world.TagByHand(tags);
        return world;
    }

    private static async Task<Rotation> RunAsync(RotationWorld world)
    {
        await world.SweepAsync(Cancel);
        if ((await world.RotationAsync(Cancel)).Hold?.Reason is HoldReason.ApprovalNeeded) await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        return await world.RotationAsync(Cancel);
    }
}
