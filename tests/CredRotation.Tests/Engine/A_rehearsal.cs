using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Rehearse;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Engine;

/// <summary>What would happen now, with zero effects: the prediction is held against what then happens.</summary>
public sealed class A_rehearsal : EngineTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Changes_nothing_anywhere(bool isAdopted)
    {
        if (isAdopted) await World.SweepAsync(Cancel);
        var before = Everything();

        var report = await RehearseAsync();

        Assert.NotNull(report);
        Assert.Equal(before, Everything());
    }

    [Fact]
    public async Task Names_the_calls_that_the_rotation_then_makes()
    {
        var report = await RehearseAsync();

        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(26), Cancel);

        var rotation = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Retired, rotation.State);
        Assert.Equal(
            report!.Steps.SelectMany(step => step.Calls).Select(call => $"{call.Kind} {call.Operation}").Order(StringComparer.Ordinal),
            rotation.Calls.Select(call => $"{call.Kind} {call.Operation}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Foretells_binding_approvals_and_times()
    {
        var report = await RehearseAsync();
        Assert.Equal((RehearsalVerdict.WouldAsk, false, 1, RotationWorld.OwnerGroup), (report!.Verdict, report.IsManaged, report.Approval!.Needed, report.Approval.Group));

        await World.SweepAsync(Cancel);
        var opened = await World.RotationAsync(Cancel);
        Assert.True(report.Binding!.IsSame(opened.Plan.Binding));
        Assert.Equal(report.DueBecause, opened.Plan.Reason);
        Assert.Equal(HoldReason.ApprovalNeeded, opened.Hold?.Reason);
        Assert.Equal(report.Times!.LastSafeMoment, opened.Plan.LastSafeMoment);
        Assert.Equal(report.Times.ApproveBy, opened.Plan.ApproveBy, TimeSpan.FromSeconds(1));

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var issued = await World.RotationAsync(Cancel);
        Assert.Equal(report.Times.NewExpiresOn, issued.NewExpiresOn!.Value, TimeSpan.FromSeconds(2));
        Assert.Equal(report.Times.OldEndsOn!.Value, issued.OldEndsOn!.Value, TimeSpan.FromSeconds(2));
        Assert.Equal(report.Times.ReserveFrom!.Value, issued.ReserveFrom!.Value, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Of_what_is_not_due_says_when_it_will_be()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:Policies:payments:Lead"] = "5.00:00:00" });

        var report = await RehearseAsync(world);

        Assert.Equal(RehearsalVerdict.NotDue, report!.Verdict);
        await world.SweepAsync(Cancel);
        Assert.Equal(0, (await world.RowAsync(Cancel)).Ordinal);
        world.Clock.SetUtcNow(report.Times!.DueOn!.Value);
        await world.SweepAsync(Cancel);
        Assert.Equal(1, (await world.RowAsync(Cancel)).Ordinal);
    }

    [Theory]
    [InlineData("Rotation:Mode", "Rehearse", "Rotation:Mode")]
    [InlineData("Rotation:Mode", "Observe", "Rotation:Mode")]
    [InlineData("Rotation:Policies:payments:Mode", "Observe", "Rotation:Policies:payments:Mode")]
    public async Task Names_the_setting_that_forbids_it_and_what_would_happen_without(string setting, string mode, string from)
    {
        await using var world = new RotationWorld(new Dictionary<string, string?> { [setting] = mode });

        var report = await RehearseAsync(world);

        Assert.Equal((RehearsalVerdict.ModeForbids, from), (report!.Verdict, report.ModeFrom));
        Assert.Contains("With Rotate, it would ask for approval now", report.Says, StringComparison.Ordinal);
        await world.SweepAsync(Cancel);
        Assert.Equal(0, (await world.RowAsync(Cancel)).Ordinal);
    }

    [Fact]
    public async Task Of_tags_that_ask_for_too_much_names_the_finding_that_the_sweep_then_makes()
    {
        var tags = RotationWorld.Tags();
        tags["rotate-account"] = "nobody";
        World.TagByHand(tags);

        var report = await RehearseAsync();

        Assert.Equal(RehearsalVerdict.Blocked, report!.Verdict);
        await World.SweepAsync(Cancel);
        var found = await World.Host.Registry.ListFindingsAsync(Cancel).Select(found => found.Finding.Code).ToListAsync(Cancel);
        Assert.All(report.InTheWay, finding => Assert.Contains(finding.Code, found));
        Assert.Null(await World.Host.Registry.FindAsync(World.Credential, Cancel));
    }

    [Fact]
    public async Task With_dead_owners_names_the_fallback_group_that_is_then_asked()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:FallbackGroup"] = RotationWorld.FallbackGroup });
        world.Directory.DeleteGroup(RotationWorld.OwnerGroup);

        var report = await RehearseAsync(world);

        Assert.True(report!.Approval!.IsFallback);
        await world.SweepAsync(Cancel);
        Assert.Equal(report.Approval.Group, (await world.RotationAsync(Cancel)).AnswerableGroup);
    }

    [Fact]
    public async Task Without_anybody_to_ask_is_blocked_as_the_rotation_then_is()
    {
        World.Directory.DeleteGroup(RotationWorld.OwnerGroup);

        var report = await RehearseAsync();

        Assert.Equal((RehearsalVerdict.Blocked, OwnerState.Gone), (report!.Verdict, report.Approval!.State));
        await World.SweepAsync(Cancel);
        Assert.Equal(HoldReason.OwnersMissing, (await World.RotationAsync(Cancel)).Hold?.Reason);
    }

    [Fact]
    public async Task Of_an_open_rotation_points_to_it()
    {
        await World.SweepAsync(Cancel);

        var report = await RehearseAsync();

        Assert.Equal((RehearsalVerdict.IsOpen, (RotationId?)(await World.RotationAsync(Cancel)).Id), (report!.Verdict, report.Open));
    }

    [Fact]
    public async Task Of_an_unmanaged_secret_says_how_to_have_it_managed()
    {
        World.TagByHand(new Dictionary<string, string> { ["team"] = "payments" });

        var report = await RehearseAsync();

        Assert.Equal(RehearsalVerdict.Blocked, report!.Verdict);
        Assert.Contains("rotate-account", Assert.Single(report.InTheWay).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_secret_that_is_not_there_or_not_watched_is_nothing()
    {
        var rehearsal = World.Host.Services.GetRequiredService<Rehearsal>();

        Assert.Null(await rehearsal.RunAsync(SecretName.Of(new Uri($"https://{RotationWorld.PaymentsHost}/"), "no-such"), Cancel));
        Assert.Null(await rehearsal.RunAsync(SecretName.Of(new Uri($"https://{RotationWorld.PlatformHost}/"), "gateway-management-key"), Cancel));
    }

    private Task<RehearsalReport?> RehearseAsync() => RehearseAsync(World);

    private static Task<RehearsalReport?> RehearseAsync(RotationWorld world) => world.Host.Services.GetRequiredService<Rehearsal>().RunAsync(world.Secret, Cancel);

    /// <summary>Everything that an effect could have moved; reads of the vault's properties are not among it.</summary>
    private (string Rows, int Writes, int Provider, int Consumers, int Notices, DateTimeOffset? Queued) Everything() => (
        string.Join("\n", World.Rows.Snapshot()),
        World.Vaults.Requests.Count(request => !request.Operation.Contains("List", StringComparison.Ordinal)),
        World.Gateway.Requests.Count,
        World.Consumers.Signals.Count,
        World.Inbox.Notices.Count,
        World.Queue.NextVisibleOn);
}
