using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class Two_consumers_of_one_secret : IAsyncLifetime
{
    private const string BillingPrincipal = "c0000000-0000-0000-0000-000000000002";

    private readonly RotationWorld _world = new(new Dictionary<string, string?>
    {
        ["Rotation:Consumers:billing:Hook"] = "https://billing.example.com/reload",
        ["Rotation:Consumers:billing:Audience"] = "api://billing",
        ["Rotation:Consumers:billing:Principal"] = BillingPrincipal,
    });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        var tags = RotationWorld.Tags();
        tags["rotate-consumers"] = "checkout,billing";
        _world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, _world.CurrentValue()!, _world.Clock.GetUtcNow() + TimeSpan.FromDays(20), tags);
        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        _world.Consumers.Answers("billing", "billing-1");
        _world.Consumers.Signalled = (alias, signal, instances) => _world.AcknowledgeAsync(alias == "billing" ? BillingPrincipal : RotationWorld.CheckoutPrincipal, signal.Rotation, signal.Version, instances[0]);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Are_told_one_after_the_other_and_both_must_prove_it()
    {
        await _world.SweepAsync(Cancel);
        await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        Assert.Equal(RotationState.Reloaded, (await _world.RotationAsync(Cancel)).State);
        Assert.Equal(["checkout", "billing"], _world.Consumers.Signals.Where(heard => !heard.Signal.Rehearsal).Select(heard => heard.Alias));
    }

    [Fact]
    public async Task Need_an_override_that_names_each_silent_one()
    {
        _world.Consumers.FallsSilent("checkout");
        _world.Consumers.FallsSilent("billing");
        await _world.SweepAsync(Cancel);
        await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        await _world.ChooseAsync("override", RotationWorld.OwnerOne, Cancel);
        await _world.ChooseAsync("override", RotationWorld.OwnerTwo, Cancel);

        var rotation = await _world.RotationAsync(Cancel);
        Assert.True(rotation.Attempts.Count == 0 || rotation.Overrides.Any(text => text.Contains("billing", StringComparison.Ordinal)), $"Issued although nobody agreed that billing may fail: {string.Join("; ", rotation.Overrides)}");
    }

    [Fact]
    public async Task Do_not_share_an_answer_that_was_given_for_one_of_them()
    {
        _world.Consumers.FallsSilent("checkout");
        await _world.SweepAsync(Cancel);
        await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await _world.ChooseAsync("override", RotationWorld.OwnerOne, Cancel);
        _world.Consumers.Answers("checkout", "checkout-1");
        _world.Consumers.FallsSilent("billing");
        await _world.PassAsync(TimeSpan.FromHours(2), Cancel);
        Assert.Contains("billing", (await _world.RotationAsync(Cancel)).Hold!.Detail, StringComparison.Ordinal);

        await _world.ChooseAsync("override", RotationWorld.OwnerTwo, Cancel);

        Assert.Empty((await _world.RotationAsync(Cancel)).Attempts);
    }

    [Fact]
    public async Task Are_both_told_although_the_first_was_overridden()
    {
        _world.Consumers.FallsSilent("checkout");
        await _world.SweepAsync(Cancel);
        await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await _world.ChooseAsync("override", RotationWorld.OwnerOne, Cancel);
        await _world.ChooseAsync("override", RotationWorld.OwnerTwo, Cancel);

        await _world.PassAsync(TimeSpan.FromHours(1), Cancel);

        Assert.Equal(RotationState.Reloaded, (await _world.RotationAsync(Cancel)).State);
        Assert.Contains(_world.Consumers.Signals, heard => heard is { Alias: "billing", Signal.Rehearsal: false });
    }
}
