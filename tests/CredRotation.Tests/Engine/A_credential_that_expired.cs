using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class A_credential_that_expired
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Opens_an_incident_on_its_first_signal_and_tells_the_fallback_group()
    {
        await using var world = LateWorld();

        await world.Host.Hints.HearAsync(new CredRotation.Engine.Detect.VaultHint(world.Secret, null, null, false, "event Microsoft.KeyVault.SecretExpired"), Cancel);
        var signalledOn = world.Clock.GetUtcNow();
        await world.DrainAsync(Cancel);

        var rotation = await world.RotationAsync(Cancel);
        Assert.Equal("event Microsoft.KeyVault.SecretExpired", rotation.Incident?.OpenedBy);
        Assert.True(rotation.Incident!.OpenedOn - signalledOn < TimeSpan.FromSeconds(60));
        Assert.Equal(LiveCredential.Refused, rotation.LiveCredential);
        var told = world.Inbox.Notices.First(notice => notice.Kind is NoticeKind.Incident);
        Assert.Equal(RotationWorld.FallbackGroup, told.OwnerGroup);
        Assert.Contains("checkout", told.WhatHappened, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Gateway.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task Is_replaced_on_the_name_of_one_person_of_the_fallback_group()
    {
        await using var world = LateWorld();
        await world.Host.Hints.HearAsync(new CredRotation.Engine.Detect.VaultHint(world.Secret, null, null, false, "event"), Cancel);
        await world.DrainAsync(Cancel);
        Assert.Contains("expedite", (await world.RotationAsync(Cancel)).Hold!.Choices.Select(choice => choice.Name));

        await world.ChooseAsync("expedite", RotationWorld.Stranger, Cancel);
        await world.PassAsync(TimeSpan.FromMinutes(10), Cancel);

        var ended = await world.RotationAsync(Cancel);
        Assert.Equal(RotationState.Retired, ended.State);
        Assert.Contains(ended.Overrides, text => text.Contains("expedited by", StringComparison.Ordinal) && text.Contains(RotationWorld.Stranger, StringComparison.Ordinal));
        Assert.True(world.Gateway.Accepts(world.CurrentValue()!, world.Clock.GetUtcNow()));
        Assert.Single(world.Gateway.LiveKeys(RotationWorld.Target));
    }

    [Fact]
    public async Task Cannot_be_expedited_by_somebody_who_does_not_answer_for_it()
    {
        await using var world = LateWorld();
        await world.Host.Hints.HearAsync(new CredRotation.Engine.Detect.VaultHint(world.Secret, null, null, false, "event"), Cancel);
        await world.DrainAsync(Cancel);

        await world.ChooseAsync("expedite", "a0000000-0000-0000-0000-000000000077", Cancel);

        Assert.Equal(RotationState.Detected, (await world.RotationAsync(Cancel)).State);
        Assert.Contains(await world.LedgerAsync(Cancel), entry => entry.What == "ChoiceRefused");
    }

    [Fact]
    public async Task Only_in_the_vault_is_no_incident_while_the_provider_accepts_it()
    {
        await using var world = new RotationWorld();
        world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, world.CurrentValue()!, world.Clock.GetUtcNow().AddHours(-1), RotationWorld.Tags());

        await world.SweepAsync(Cancel);

        var rotation = await world.RotationAsync(Cancel);
        Assert.Null(rotation.Incident);
        Assert.Equal(LiveCredential.Works, rotation.LiveCredential);
        Assert.Equal(["approve", "reject"], rotation.Hold!.Choices.Select(choice => choice.Name));
    }

    [Fact]
    public async Task Opens_the_incident_although_nobody_can_be_told()
    {
        await using var world = LateWorld();
        world.Faults.Add("notify", new Fault.Refuse(500, "down"), times: 3);

        await world.Host.Hints.HearAsync(new CredRotation.Engine.Detect.VaultHint(world.Secret, null, null, false, "event"), Cancel);
        await world.DrainAsync(Cancel);

        Assert.NotNull((await world.RotationAsync(Cancel)).Incident);
        Assert.Contains(await world.LedgerAsync(Cancel), entry => entry.What == "NotTold");
        await world.PassAsync(TimeSpan.FromMinutes(10), Cancel);
        Assert.Contains(world.Inbox.Notices, notice => notice.Kind is NoticeKind.Hold);
    }

    [Fact]
    public async Task Is_not_awaited_when_owners_are_dead_and_the_policy_asks_no_approval()
    {
        await using var world = new RotationWorld();
        await world.SweepAsync(Cancel);
        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await world.PassAsync(TimeSpan.FromHours(30), Cancel);
        world.Directory.DeleteGroup(RotationWorld.OwnerGroup);
        var expiresOn = (await world.RowAsync(Cancel)).Seen.ExpiresOn!.Value;
        world.Clock.SetUtcNow(expiresOn.AddDays(-29));
        await world.SweepAsync(Cancel);
        Assert.Equal(HoldReason.OwnersMissing, (await world.RotationAsync(Cancel)).Hold?.Reason);

        await world.PassAsync(expiresOn - world.Clock.GetUtcNow(), Cancel);

        var rotation = await world.RotationAsync(Cancel);
        Assert.Equal(2, rotation.Ordinal);
        Assert.True(rotation.State >= RotationState.Reloaded, $"{rotation.State}");
        Assert.Equal(rotation.Plan.LastSafeMoment!.Value, rotation.Attempts[0].SentOn, TimeSpan.FromMinutes(5));
        Assert.Contains(rotation.Overrides, text => text.Contains("standing authorization", StringComparison.Ordinal));
        Assert.Contains(world.Inbox.Notices, notice => notice.Kind is NoticeKind.Escalation);
    }

    /// <summary>The key ended at the gateway an hour ago, the vault says so, and the owner group is gone.</summary>
    private static RotationWorld LateWorld()
    {
        var world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:FallbackGroup"] = RotationWorld.FallbackGroup });
        // Versions carry whole seconds: two within one second could not be told apart by age.
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        var key = world.Gateway.Keys.Single(key => key.CredentialId == RotationWorld.Target);
        world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, key.Value, world.Clock.GetUtcNow().AddHours(-1), RotationWorld.Tags());
        world.Gateway.End(key);
        world.Directory.DeleteGroup(RotationWorld.OwnerGroup);
        return world;
    }
}
