using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>What a consumer says when the new credential does not work for it, and who is told of it no more.</summary>
public sealed class A_consumer_that_reports_a_failure : EngineTest
{
    private const string BillingPrincipal = "c0000000-0000-0000-0000-000000000002";

    public A_consumer_that_reports_a_failure()
    {
        World = new RotationWorld(new Dictionary<string, string?>
        {
            ["Rotation:Consumers:billing:Hook"] = "https://billing.example.com/reload",
            ["Rotation:Consumers:billing:Audience"] = "api://billing",
            ["Rotation:Consumers:billing:Principal"] = BillingPrincipal,
        });
        World.Consumers.Answers("billing", "billing-1");
        World.Consumers.Signalled = null;
        var tags = RotationWorld.Tags();
        tags["rotate-consumers"] = "checkout,billing";
        World.TagByHand(tags);
    }

    [Fact]
    public async Task Stops_the_wave_and_asks_a_person_who_is_told_who_was_not_told()
    {
        var rotation = await PromotedAsync();

        await World.FailAsync(RotationWorld.CheckoutPrincipal, rotation.PromotedVersion!, "checkout-1");
        await World.PassAsync(TimeSpan.FromHours(2), Cancel);

        var held = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.ConsumerFailing, held.Hold!.Reason);
        Assert.Contains("checkout (checkout-1: refused)", held.Hold.Detail, StringComparison.Ordinal);
        Assert.Contains("billing was not told", held.Hold.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(World.Consumers.Signals, heard => heard is { Alias: "billing", Signal.Rehearsal: false });
        Assert.Contains(World.Inbox.Notices, notice => notice.WhatHappened.Contains("checkout-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Goes_on_by_itself_once_that_instance_has_used_it_with_success()
    {
        var rotation = await PromotedAsync();
        await World.FailAsync(RotationWorld.CheckoutPrincipal, rotation.PromotedVersion!, "checkout-1");

        await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, rotation.Id, rotation.PromotedVersion!, "checkout-1");
        await World.DrainAsync(Cancel);

        var goesOn = await World.RotationAsync(Cancel);
        Assert.Null(goesOn.Hold);
        Assert.Contains(World.Consumers.Signals, heard => heard is { Alias: "billing", Signal.Rehearsal: false });
    }

    [Fact]
    public async Task Is_gone_on_without_by_two_people_only_and_the_others_still_have_to_prove_it()
    {
        var rotation = await PromotedAsync();
        await World.FailAsync(RotationWorld.CheckoutPrincipal, rotation.PromotedVersion!, "checkout-1");

        await World.ChooseAsync("override", RotationWorld.OwnerOne, Cancel);
        Assert.NotNull((await World.RotationAsync(Cancel)).Hold);
        await World.ChooseAsync("override", RotationWorld.OwnerTwo, Cancel);
        Assert.Equal(RotationState.Promoted, (await World.RotationAsync(Cancel)).State);
        await World.AcknowledgeAsync(BillingPrincipal, rotation.Id, rotation.PromotedVersion!, "billing-1");
        await World.DrainAsync(Cancel);

        var reloaded = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Reloaded, reloaded.State);
        Assert.Contains("checkout", Assert.Single(reloaded.Overrides), StringComparison.Ordinal);
        Assert.Equal([true, false], reloaded.Consumers.Select(consumer => consumer.IsExcused));
    }

    [Fact]
    public async Task Stops_the_wave_also_after_it_has_proved_the_version()
    {
        World.Consumers.Signalled = async (alias, signal, instances) =>
        {
            await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, signal.Rotation, signal.Version, instances[0]);
            World.Clock.Advance(TimeSpan.FromSeconds(1));
            await World.Host.Registry.TellAsync(World.Credential, new CredRotation.Engine.Registry.InboxItem.ReportFailure(World.Clock.GetUtcNow(), RotationWorld.CheckoutPrincipal, signal.Version, instances[0], "refused"), Cancel);
        };

        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        Assert.Equal(HoldReason.ConsumerFailing, (await World.RotationAsync(Cancel)).Hold?.Reason);
        Assert.DoesNotContain(World.Consumers.Signals, heard => heard is { Alias: "billing", Signal.Rehearsal: false });
    }

    [Fact]
    public async Task Is_told_again_when_a_person_says_that_the_cause_is_gone()
    {
        var rotation = await PromotedAsync();
        await World.FailAsync(RotationWorld.CheckoutPrincipal, rotation.PromotedVersion!, "checkout-1");
        var told = World.Consumers.Signals.Count;

        await World.ChooseAsync("retry", RotationWorld.OwnerOne, Cancel);

        Assert.Equal(("checkout", false), World.Consumers.Signals.Skip(told).Select(heard => (heard.Alias, heard.Signal.Rehearsal)).Single());
        Assert.Null((await World.RotationAsync(Cancel)).Hold);
    }

    [Fact]
    public async Task Counts_from_its_own_principal_only_and_of_the_version_that_is_rolled_out()
    {
        var rotation = await PromotedAsync();

        await World.FailAsync(RotationWorld.Stranger, rotation.PromotedVersion!, "checkout-1");
        await World.FailAsync(RotationWorld.CheckoutPrincipal, rotation.Plan.OldVersion, "checkout-1");

        var goesOn = await World.RotationAsync(Cancel);
        Assert.Null(goesOn.Hold);
        Assert.All(goesOn.Consumers, consumer => Assert.Empty(consumer.Failures));
        Assert.Contains("FailureReportRefused", await HappenedAsync());
    }

    [Fact]
    public async Task Becomes_a_finding_while_nothing_is_rotated()
    {
        await World.SweepAsync(Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new CredRotation.Engine.Registry.InboxItem.Reject(World.Clock.GetUtcNow(), (await World.RotationAsync(Cancel)).Id, (await World.RotationAsync(Cancel)).PlanHash, RotationWorld.OwnerOne, "owner-1", "Not now."), Cancel);
        await World.PassAsync(TimeSpan.FromMinutes(1), Cancel);

        await World.FailAsync(RotationWorld.CheckoutPrincipal, (await World.RowAsync(Cancel)).Seen.Version, "checkout-1");

        var finding = Assert.Single((await World.RowAsync(Cancel)).Findings, finding => finding.Code == "consumer-failing");
        Assert.Contains("checkout-1", finding.Detail, StringComparison.Ordinal);
    }
}
