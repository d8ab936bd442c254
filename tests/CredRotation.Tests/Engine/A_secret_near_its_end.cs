using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class A_secret_near_its_end : IAsyncLifetime
{
    private readonly RotationWorld _world = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Is_adopted_and_waits_for_an_owner_before_anything_that_could_stop_it()
    {
        await _world.SweepAsync(Cancel);

        var rotation = await _world.RotationAsync(Cancel);
        Assert.Equal(RotationState.Detected, rotation.State);
        Assert.Equal(HoldReason.ApprovalNeeded, rotation.Hold?.Reason);
        Assert.Equal(["approve", "reject"], rotation.Hold!.Choices.Select(choice => choice.Name));
        Assert.Empty(_world.Gateway.Requests);
        Assert.Single(_world.Inbox.Notices);
    }

    [Fact]
    public async Task Is_replaced_at_once_when_approved_and_retired_after_the_gateways_timer()
    {
        await _world.SweepAsync(Cancel);
        var old = _world.CurrentValue();

        await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        var reloaded = await _world.RotationAsync(Cancel);
        Assert.Equal(RotationState.Reloaded, reloaded.State);
        Assert.NotEqual(old!.RevealToRemote(), _world.CurrentValue()!.RevealToRemote());
        Assert.Equal(2, _world.Gateway.LiveKeys(RotationWorld.Target).Count);

        await _world.PassAsync(TimeSpan.FromHours(25), Cancel);

        var retired = await _world.RotationAsync(Cancel);
        Assert.Equal(RotationState.Retired, retired.State);
        Assert.True(retired.IsClosed);
        Assert.StartsWith("refused probe", retired.RetireProof, StringComparison.Ordinal);
        Assert.Single(_world.Gateway.LiveKeys(RotationWorld.Target));
        Assert.False((await _world.RowAsync(Cancel)).IsOpen);
    }

    [Fact]
    public async Task Costs_at_most_twenty_remote_calls_each_with_the_rule_that_needs_it()
    {
        await _world.SweepAsync(Cancel);
        await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await _world.PassAsync(TimeSpan.FromHours(25), Cancel);

        var calls = (await _world.RotationAsync(Cancel)).Calls;
        Assert.All(calls, call => Assert.NotEmpty(call.Rule));
        Assert.True(calls.Count <= 20, $"{calls.Count}: {string.Join("\n", calls)}");
    }

    [Fact]
    public async Task Rotates_again_without_asking_when_the_policy_asks_no_approval()
    {
        await _world.SweepAsync(Cancel);
        await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await _world.PassAsync(TimeSpan.FromDays(61), Cancel);

        await _world.SweepAsync(Cancel);
        await _world.PassAsync(TimeSpan.FromHours(25), Cancel);

        var second = await _world.RotationAsync(Cancel);
        Assert.Equal(2, second.Ordinal);
        Assert.Equal(RotationState.Retired, second.State);
        Assert.Empty(second.Approvals);
    }

    [Fact]
    public async Task Carries_tags_and_gets_its_own_end_in_one_write()
    {
        await _world.SweepAsync(Cancel);
        await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        var rotation = await _world.RotationAsync(Cancel);
        var current = _world.Vaults.Get(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, null, new VaultCaller("test", "look")).Value!;
        Assert.Equal(rotation.PromotedVersion, current.Id);
        Assert.Equal(RotationWorld.Tags(), current.Tags);
        Assert.Equal((rotation.Attempts[0].SentOn + TimeSpan.FromDays(90)).ToUnixTimeSeconds(), current.Expires);
    }

    [Fact]
    public async Task Leaves_no_value_in_rows_logs_or_notices()
    {
        await _world.SweepAsync(Cancel);
        await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await _world.PassAsync(TimeSpan.FromHours(25), Cancel);

        var written = string.Join('\n', [.. _world.Rows.Snapshot().Select(row => row.Body), .. _world.Logs, .. _world.Inbox.Notices.Select(notice => notice.ToString())]);
        Assert.All(_world.Gateway.Keys, key => Assert.DoesNotContain(key.Value.RevealToRemote(), written, StringComparison.Ordinal));
        Assert.NotEmpty(_world.Gateway.Keys);
    }
}
