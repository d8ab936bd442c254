using CredRotation.Engine;
using CredRotation.Engine.Intake;
using CredRotation.Engine.Registry;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Engine;

/// <summary>What only a person can make, in a portal without any call: it comes in through the sealed intake.</summary>
public sealed class A_credential_that_is_handed_in : EngineTest
{
    private static readonly string[] s_kept = ["HandedIn", "Issued", "Verified", "Promoted"];

    public A_credential_that_is_handed_in() => World = new RotationWorld(vendor: VendorClasses.HandedIn);

    private VendorModel Vendor => World.Vendor!;

    private SealedIntake Intake => World.Host.Services.GetRequiredService<SealedIntake>();

    [Fact]
    public async Task Is_tried_promoted_and_proven_and_the_old_one_ends_by_a_person()
    {
        var old = World.CurrentValue()!;
        await WaitForItAsync();
        var made = Make();

        Assert.Null(await HandInAsync(made));
        await World.PassAsync(TimeSpan.FromHours(1), Cancel);

        Assert.Equal(made.RevealToRemote(), World.CurrentValue()!.RevealToRemote());
        Assert.Equal(s_kept, (await HappenedAsync()).Where(s_kept.Contains));
        Assert.True(Vendor.Accepts(old));
        await EndAsync();
        Assert.Equal(RotationState.Retired, (await World.RotationAsync(Cancel)).State);
        Assert.False(Vendor.Accepts(old));
        Assert.Equal("owner-1", (await World.LedgerAsync(Cancel)).Single(entry => entry.What == "HandedIn").Why.Split(' ')[0]);
    }

    [Fact]
    public async Task Waits_with_what_to_do_in_words_until_somebody_does_it()
    {
        await WaitForItAsync();

        await World.PassAsync(TimeSpan.FromHours(5), Cancel);

        var rotation = await World.RotationAsync(Cancel);
        Assert.Equal((RotationState.IssueSent, HoldReason.IssuePending), (rotation.State, rotation.Hold?.Reason));
        Assert.Contains("1. Make a second key", rotation.Hold!.Detail, StringComparison.Ordinal);
        Assert.NotNull(rotation.IntakeMarker);
    }

    [Theory]
    [InlineData("current", "is the value that is current already")]
    [InlineData("other", "belongs to something else")]
    [InlineData("nonsense", "is not accepted by the provider")]
    public async Task And_is_no_good_is_told_and_asked_for_again(string what, string words)
    {
        await WaitForItAsync();
        var bad = what switch { "current" => World.CurrentValue()!, "other" => Vendor.Add("T-OTHER", "Other").Value, _ => new SecretText("nonsense-4711") };
        var told = World.Inbox.Notices.Count;

        Assert.Null(await HandInAsync(bad));
        await World.PassAsync(TimeSpan.FromMinutes(30), Cancel);

        var rotation = await World.RotationAsync(Cancel);
        Assert.Equal((RotationState.IssueSent, null, HoldReason.IssuePending), (rotation.State, rotation.HandedIn, rotation.Hold?.Reason));
        Assert.Contains(words, rotation.Hold!.Detail, StringComparison.Ordinal);
        Assert.Contains("1. Make a second key", rotation.Hold.Detail, StringComparison.Ordinal);
        Assert.True(World.Inbox.Notices.Count > told, "Nobody was told.");
        Assert.Null(await HandInAsync(Make()));
        await EndAsync();
        Assert.Equal(RotationState.Retired, (await World.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task Right_after_it_was_made_is_not_taken_for_a_wrong_one()
    {
        await WaitForItAsync();
        World.Faults.Add("vendor.use", new Fault.Refuse(401, "unauthorized"));

        await HandInAsync(Make());
        Assert.Equal(RotationState.IssueSent, (await World.RotationAsync(Cancel)).State);
        await World.PassAsync(TimeSpan.FromMinutes(5), Cancel);

        Assert.DoesNotContain("HandInRefused", await HappenedAsync());
        Assert.Equal("HandedIn", (await HappenedAsync()).SkipWhile(what => what != "HandedIn").First());
        Assert.NotNull((await World.RotationAsync(Cancel)).PromotedOn);
    }

    [Fact]
    public async Task Is_not_refused_while_the_provider_refuses_everything()
    {
        await WaitForItAsync();
        var made = Make();
        World.Faults.Add("vendor.use", new Fault.Refuse(401, "unauthorized"), times: 6);

        await HandInAsync(made);
        await World.PassAsync(TimeSpan.FromHours(3), Cancel);

        Assert.DoesNotContain("HandInRefused", await HappenedAsync());
        Assert.Equal(made.RevealToRemote(), World.CurrentValue()!.RevealToRemote());
    }

    [Theory]
    [InlineData("somebody else's")]
    [InlineData("too old")]
    [InlineData("changed")]
    [InlineData("longer")]
    [InlineData("none")]
    [InlineData("dots")]
    public async Task Is_not_taken_with_a_form_that_is(string wrong)
    {
        await WaitForItAsync();
        var rotation = await World.RotationAsync(Cancel);
        var form = (await Intake.OpenAsync(rotation, wrong == "somebody else's" ? RotationWorld.OwnerTwo : RotationWorld.OwnerOne, Cancel))!;
        if (wrong == "too old") World.Clock.SetUtcNow(form.EndsOn);
        var token = wrong switch
        {
            "changed" => form.Token[..^1] + (form.Token[^1] == '0' ? '1' : '0'),
            "longer" => $"{long.MaxValue}{form.Token[form.Token.IndexOf('.', StringComparison.Ordinal)..]}",
            "none" => "",
            "dots" => "....",
            _ => form.Token,
        };

        var refusal = await Intake.TakeAsync(rotation, token, Make(), RotationWorld.OwnerOne, "owner-1", Cancel);

        Assert.Equal(false, refusal?.IsMovedOn);
        await World.DrainAsync(Cancel);
        Assert.DoesNotContain("HandedIn", await HappenedAsync());
    }

    [Theory]
    [InlineData("  \n ")]
    [InlineData("a\u0000b")]
    [InlineData("a\u001bb")]
    [InlineData(null)]
    public async Task Is_not_taken_when_no_credential_can_look_so(string? value)
    {
        await WaitForItAsync();

        Assert.NotNull(await HandInAsync(new SecretText(value ?? new string('x', SealedIntake.ValueMax + 1))));
        Assert.DoesNotContain(World.Faults.Operations.Skip(World.Faults.Operations.Count - 1), operation => operation.StartsWith("vault.write", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Is_taken_without_the_white_space_that_was_copied_with_it()
    {
        await WaitForItAsync();
        var made = Make();

        await HandInAsync(new SecretText($"  {made.RevealToRemote()}\r\n"));
        await World.PassAsync(TimeSpan.FromMinutes(10), Cancel);

        Assert.Equal(made.RevealToRemote(), World.CurrentValue()!.RevealToRemote());
    }

    [Fact]
    public async Task Is_taken_once()
    {
        await WaitForItAsync();
        var before = await World.RotationAsync(Cancel);
        var form = (await Intake.OpenAsync(before, RotationWorld.OwnerOne, Cancel))!;
        await HandInAsync(Make());
        await World.PassAsync(TimeSpan.FromMinutes(5), Cancel);

        var now = await World.RotationAsync(Cancel);
        Assert.Null(await Intake.OpenAsync(now, RotationWorld.OwnerOne, Cancel));
        Assert.Equal(true, (await Intake.TakeAsync(now, form.Token, Make(), RotationWorld.OwnerOne, "owner-1", Cancel))?.IsMovedOn);
    }

    [Fact]
    public async Task By_nobody_who_answers_is_not_tried()
    {
        await WaitForItAsync();
        var rotation = await World.RotationAsync(Cancel);

        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.HandIn(World.Clock.GetUtcNow(), rotation.Id, rotation.IntakeMarker!, "v1", RotationWorld.Stranger, "stranger"), Cancel);
        await World.DrainAsync(Cancel);

        Assert.Contains("HandInRefused", await HappenedAsync());
        Assert.Null((await World.RotationAsync(Cancel)).HandedIn);
    }

    [Fact]
    public async Task Is_put_away_although_the_answer_to_that_was_lost()
    {
        await WaitForItAsync();
        var made = Make();
        World.Faults.Add("vault.write@staging", new Fault.DropAfter());

        await Assert.ThrowsAsync<RemoteTroubleException>(() => HandInAsync(made));
        Assert.Null(await HandInAsync(made));
        await World.PassAsync(TimeSpan.FromHours(1), Cancel);
        await EndAsync();

        Assert.Equal(RotationState.Retired, (await World.RotationAsync(Cancel)).State);
        Assert.Equal(made.RevealToRemote(), World.CurrentValue()!.RevealToRemote());
    }

    [Fact]
    public async Task Is_not_kept_where_it_came_too_late()
    {
        await WaitForItAsync();
        var rotation = await World.RotationAsync(Cancel);
        await World.ChooseAsync("abandon", RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(1), Cancel);
        Assert.True((await World.RotationAsync(Cancel, ordinal: 1)).IsClosed);

        // As read before it was given up.
        var form = (await Intake.OpenAsync(rotation, RotationWorld.OwnerOne, Cancel))!;
        var refusal = await Intake.TakeAsync(rotation, form.Token, Make(), RotationWorld.OwnerOne, "owner-1", Cancel);

        Assert.Equal(true, refusal?.IsMovedOn);
        Assert.NotNull(World.Vaults.Get(RotationWorld.StagingHost, rotation.IntakeMarker!, null, new VaultCaller("test", "look")).Error);
    }

    [Fact]
    public async Task Ends_the_same_wherever_the_host_dies_or_an_answer_is_lost()
    {
        var calls = await CallsAfterAsync(null);
        var wrong = new List<string>();
        for (var call = 0; call < calls.Count; call++)
        {
            foreach (Fault fault in new Fault[] { new Fault.DropBefore(), new Fault.DropAfter() })
            {
                await using var other = new A_credential_that_is_handed_in();
                await other.CallsAfterAsync((call, fault));
                var rotation = await other.World.RotationAsync(Cancel);
                if (rotation.State is not RotationState.Retired) wrong.Add($"{fault} at call {call + 1}, {calls[call]}: it stands at {rotation.State}, {rotation.Hold?.Reason} {rotation.LastTrouble}");
            }
        }

        Assert.True(calls.Count > 15, $"Only {calls.Count} calls were seen.");
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Is_in_no_row_no_log_and_no_message()
    {
        await WaitForItAsync();
        var made = Make();
        await HandInAsync(new SecretText("canary-handed-in-0815"));
        await World.PassAsync(TimeSpan.FromHours(1), Cancel);
        await HandInAsync(made);
        await World.PassAsync(TimeSpan.FromHours(1), Cancel);

        string[] canaries = ["canary-handed-in-0815", made.RevealToRemote()];
        var written = World.Rows.Snapshot().Select(row => row.Body).Concat(World.Logs).Concat(World.Inbox.Notices.Select(notice => notice.ToString())).ToList();
        Assert.True(written.Count > 30);
        Assert.DoesNotContain(written, text => canaries.Any(canary => text.Contains(canary, StringComparison.Ordinal)));
    }

    /// <summary>Hands in and lets everything happen, with one call lost; answers the calls.</summary>
    private async Task<IReadOnlyList<string>> CallsAfterAsync((int Call, Fault Fault)? lost)
    {
        await WaitForItAsync();
        var made = Make();
        var before = World.Faults.Operations.Count;
        if (lost is { } one) World.Faults.Add("", one.Fault, occurrence: one.Call + 1);
        for (var tries = 0; tries < 3; tries++)
        {
            try
            {
                if (await HandInAsync(made) is null) break;
            }
            catch (RemoteTroubleException)
            {
                // Whoever handed it in saw that, and does it again.
            }
        }

        await World.PassAsync(TimeSpan.FromHours(1), Cancel);
        await EndAsync();
        return [.. World.Faults.Operations.Skip(before)];
    }

    /// <summary>Until the rotation waits for a person at the provider.</summary>
    private async Task WaitForItAsync()
    {
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        Assert.NotNull((await World.RotationAsync(Cancel)).IntakeMarker);
    }

    /// <summary>What a person makes in the portal.</summary>
    private SecretText Make() => Vendor.Add(RotationWorld.Target, "Shop").Value;

    private async Task<IntakeRefusal?> HandInAsync(SecretText value)
    {
        var rotation = await World.RotationAsync(Cancel);
        var form = await Intake.OpenAsync(rotation, RotationWorld.OwnerOne, Cancel);
        var refusal = await Intake.TakeAsync(rotation, form!.Token, value, RotationWorld.OwnerOne, "owner-1", Cancel);
        await World.DrainAsync(Cancel);
        return refusal;
    }

    /// <summary>A person ends the old one in the portal when that is asked for.</summary>
    private async Task EndAsync()
    {
        for (var hour = 0; hour < 72 && !(await World.RotationAsync(Cancel)).IsClosed; hour++)
        {
            foreach (var errand in Vendor.OpenErrands.Where(errand => errand.Order is null)) Vendor.Do(errand);
            await World.PassAsync(TimeSpan.FromHours(1), Cancel);
        }
    }
}
