using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Rehearse;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Engine;

public sealed class What_would_happen_now
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Situations => ["due", "not due", "observe", "rehearse", "unmanaged", "asks too much", "dead owners", "silent directory", "expired", "open", "managed"];

    [Theory]
    [MemberData(nameof(Situations))]
    public async Task Is_said_with_zero_effects(string situation)
    {
        await using var world = await WorldAsync(situation);
        var rows = world.Rows.Snapshot();
        var (calls, notices, signals, requests, queued) = (world.Faults.Operations.Count, world.Inbox.Notices.Count, world.Consumers.Signals.Count, world.Gateway.Requests.Count, world.Queue.NextVisibleOn);

        Assert.NotNull(await RehearseAsync(world));

        Assert.Equal(rows, world.Rows.Snapshot());
        Assert.Equal((notices, signals, requests, queued), (world.Inbox.Notices.Count, world.Consumers.Signals.Count, world.Gateway.Requests.Count, world.Queue.NextVisibleOn));
        Assert.All(world.Faults.Operations.Skip(calls), operation => Assert.True(operation.StartsWith("vault.versions@", StringComparison.Ordinal) || operation == "directory.members", operation));
    }

    [Theory]
    [InlineData("due")]
    [InlineData("dead owners")]
    [InlineData("expired")]
    public async Task Is_the_plan_that_is_then_frozen(string situation)
    {
        await using var world = await WorldAsync(situation);
        var said = (await RehearseAsync(world))!;

        await world.SweepAsync(Cancel);

        var rotation = await world.RotationAsync(Cancel);
        Assert.False(said.IsManaged);
        Assert.Equal(RehearsalVerdict.WouldAsk, said.Verdict);
        Assert.True(said.Binding!.IsSame(rotation.Plan.Binding));
        Assert.Equal(said.DueBecause, rotation.Plan.Reason);
        Assert.Equal(said.Version, rotation.Plan.OldVersion);
        Assert.Equal(said.Times!.LastSafeMoment, rotation.Plan.LastSafeMoment);
        Assert.Equal(said.Times.ApproveBy, rotation.Plan.ApproveBy, TimeSpan.FromSeconds(1));
        Assert.Equal(said.Approval!.Group, rotation.AnswerableGroup);
        Assert.Equal(situation == "dead owners", said.Approval.IsFallback);
        Assert.Equal(HoldReason.ApprovalNeeded, rotation.Hold!.Reason);
        Assert.Equal(said.Approval.Needed, rotation.Hold.Choices.Single(choice => choice.Name == "approve").PeopleNeeded);
    }

    [Theory]
    [InlineData("not due", RehearsalVerdict.NotDue)]
    [InlineData("observe", RehearsalVerdict.ModeForbids)]
    [InlineData("rehearse", RehearsalVerdict.ModeForbids)]
    [InlineData("asks too much", RehearsalVerdict.Blocked)]
    [InlineData("unmanaged", RehearsalVerdict.Blocked)]
    public async Task Is_nothing_when_nothing_is_then_opened(string situation, RehearsalVerdict verdict)
    {
        await using var world = await WorldAsync(situation);
        var said = (await RehearseAsync(world))!;

        await world.SweepAsync(Cancel);

        Assert.Equal(verdict, said.Verdict);
        Assert.True(await world.Host.Registry.FindAsync(world.Credential, Cancel) is null or { Ordinal: 0 });
        Assert.All(said.InTheWay, finding => Assert.NotEmpty(finding.Remedy));
    }

    [Theory]
    [InlineData("due")]
    [InlineData("expired")]
    public async Task Names_every_call_of_a_rotation_that_then_runs(string situation)
    {
        await using var world = await WorldAsync(situation);
        var said = (await RehearseAsync(world))!;

        await world.SweepAsync(Cancel);
        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await world.PassAsync(TimeSpan.FromHours(25), Cancel);

        var rotation = await world.RotationAsync(Cancel);
        Assert.Equal(RotationState.Retired, rotation.State);
        Assert.Equal(said.Steps.SelectMany(step => step.Calls).Select(call => $"{call.Kind} {call.Operation}").Order(), rotation.Calls.Select(call => $"{call.Kind} {call.Operation}").Order());
    }

    [Fact]
    public async Task Never_promises_a_rotation_while_the_directory_is_silent()
    {
        await using var world = await RotatedOnceAsync();
        world.Faults.Add("directory.members", new Fault.Refuse(503, "ServiceNotAvailable"), times: 20);

        var said = (await RehearseAsync(world))!;
        await world.SweepAsync(Cancel);

        Assert.Equal(OwnerState.Unavailable, said.Approval!.State);
        Assert.Equal(RotationState.Detected, (await world.RotationAsync(Cancel)).State);
        Assert.NotEqual(RehearsalVerdict.WouldRotate, said.Verdict);
    }

    [Fact]
    public async Task Is_a_rotation_on_the_standing_authorization_past_the_last_safe_moment()
    {
        await using var world = await RotatedOnceAsync();
        world.Directory.DeleteGroup(RotationWorld.OwnerGroup);
        var end = (await world.RowAsync(Cancel)).Seen.ExpiresOn!.Value;
        world.Clock.SetUtcNow(end.AddMinutes(-1));

        var said = (await RehearseAsync(world))!;
        await world.SweepAsync(Cancel);

        var rotation = await world.RotationAsync(Cancel);
        Assert.Equal(2, rotation.Ordinal);
        Assert.Contains(rotation.Overrides, text => text.Contains("standing authorization", StringComparison.Ordinal));
        Assert.Equal(RehearsalVerdict.WouldRotate, said.Verdict);
    }

    [Fact]
    public async Task Hears_tags_that_ask_for_another_binding_before_a_sweep_does()
    {
        await using var world = await WorldAsync("managed");
        world.TagByHand(new Dictionary<string, string>(RotationWorld.Tags()) { ["rotate-policy"] = "standard" });

        var said = (await RehearseAsync(world))!;

        Assert.Equal("payments", said.Binding!.Policy);
        Assert.Contains(said.InTheWay, finding => finding.Code == "binding-change");
    }

    [Fact]
    public async Task Says_what_stands_on_the_credential_already()
    {
        await using var world = await WorldAsync("managed");
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("by hand"), world.Clock.GetUtcNow().AddDays(60), new Dictionary<string, string>());
        await world.SweepAsync(Cancel);
        Assert.Contains((await world.RowAsync(Cancel)).Findings, finding => finding.Code == "changed-by-hand");

        var said = (await RehearseAsync(world))!;

        Assert.Contains(said.InTheWay, finding => finding.Code == "changed-by-hand");
    }

    [Fact]
    public async Task Is_nothing_to_say_of_a_vault_that_is_not_watched_or_a_secret_that_is_not_there()
    {
        await using var world = new RotationWorld();
        var rehearsal = world.Host.Services.GetRequiredService<Rehearsal>();

        Assert.Null(await rehearsal.RunAsync(SecretName.Of(new Uri("https://elsewhere.vault.azure.net/"), RotationWorld.SecretNameText), Cancel));
        Assert.Null(await rehearsal.RunAsync(SecretName.Of(new Uri($"https://{RotationWorld.PaymentsHost}/"), "no-such-secret"), Cancel));
    }

    private static Task<RehearsalReport?> RehearseAsync(RotationWorld world) => world.Host.Services.GetRequiredService<Rehearsal>().RunAsync(world.Secret, Cancel);

    /// <summary>A credential that rotated once and is due again: its policy asks no approval any more.</summary>
    private static async Task<RotationWorld> RotatedOnceAsync()
    {
        var world = new RotationWorld();
        await world.SweepAsync(Cancel);
        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await world.PassAsync(TimeSpan.FromHours(30), Cancel);
        world.Clock.SetUtcNow((await world.RowAsync(Cancel)).Seen.ExpiresOn!.Value.AddDays(-29));
        return world;
    }

    private static async Task<RotationWorld> WorldAsync(string situation)
    {
        var world = new RotationWorld(situation switch
        {
            "observe" => new Dictionary<string, string?> { ["Rotation:Mode"] = null },
            "rehearse" => new Dictionary<string, string?> { ["Rotation:Policies:payments:Mode"] = "Rehearse" },
            "dead owners" => new Dictionary<string, string?> { ["Rotation:FallbackGroup"] = RotationWorld.FallbackGroup },
            _ => null,
        });
        var (value, now) = (world.CurrentValue()!, world.Clock.GetUtcNow());
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        switch (situation)
        {
            case "not due" or "managed":
                world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, value, now.AddDays(60), RotationWorld.Tags());
                break;
            case "expired":
                world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, value, now.AddHours(-1), RotationWorld.Tags());
                break;
            case "unmanaged":
                world.TagByHand(new Dictionary<string, string>());
                break;
            case "asks too much":
                world.TagByHand(new Dictionary<string, string>(RotationWorld.Tags()) { ["rotate-target"] = "S2-TOOSHORT" });
                break;
            case "dead owners":
                world.Directory.DeleteGroup(RotationWorld.OwnerGroup);
                break;
            case "silent directory":
                world.Faults.Add("directory.members", new Fault.Refuse(503, "ServiceNotAvailable"), times: 20);
                break;
        }

        if (situation is "open" or "managed") await world.SweepAsync(Cancel);
        return world;
    }
}
