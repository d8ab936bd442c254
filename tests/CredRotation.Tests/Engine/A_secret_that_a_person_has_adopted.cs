using CredRotation.Engine;
using CredRotation.Engine.Adopt;
using CredRotation.Engine.Rehearse;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Engine;

/// <summary>A secret that somebody made long ago, without tags and without an end, at a vendor that lists its keys and does not show which one it was asked with.</summary>
public sealed class A_secret_that_a_person_has_adopted : IAsyncLifetime
{
    private const string Patch = "vault.patch@payments";

    private static readonly VendorClass s_silent = VendorClasses.Find("overlap-list") with { ShowsHandle = false };

    private RotationWorld _world = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Adoption Adoption => _world.Host.Services.GetRequiredService<Adoption>();

    private AdoptionAsk Ask => new(_world.Secret, "gateway-main", RotationWorld.Target, RotationWorld.OwnerGroup, "payments", "checkout", new DateTimeOffset(2027, 2, 10, 0, 0, 0, TimeSpan.Zero));

    public ValueTask InitializeAsync()
    {
        Begin(s_silent);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Is_shown_with_every_tag_and_end_first_and_nothing_is_written()
    {
        var rows = _world.Rows.Snapshot().Count;

        var proposal = await Adoption.ProposeAsync(Ask, Cancel);

        Assert.Equal(
            [("rotate-account", null, "gateway-main"), ("rotate-consumers", null, "checkout"), ("rotate-owner", null, RotationWorld.OwnerGroup), ("rotate-policy", null, "payments"), ("rotate-target", null, (string?)RotationWorld.Target)],
            proposal!.Differences.Select(difference => (difference.Tag, difference.From, difference.To)));
        Assert.True(proposal is { WouldWrite: true, IsManaged: false, ExpiresTo: not null, Refusals: [] });
        Assert.Equal(RehearsalVerdict.NotDue, proposal.Rehearsal!.Verdict);
        Assert.DoesNotContain(Patch, _world.Faults.Operations);
        Assert.Equal(rows, _world.Rows.Snapshot().Count);
        Assert.Empty(Tags());
    }

    [Fact]
    public async Task Is_written_in_one_call_and_keeps_its_value_and_the_tags_of_others()
    {
        _world.TagByHand(new Dictionary<string, string> { ["team"] = "shop" });
        var value = _world.CurrentValue();

        Assert.True((await AdoptAsync(Ask)).IsAdopted);

        Assert.Single(_world.Faults.Operations, Patch);
        Assert.Equal(value, _world.CurrentValue());
        var tags = Tags();
        Assert.Equal(("shop", RotationWorld.Target, 6), (tags["team"], tags["rotate-target"], tags.Count));
        var said = Assert.Single(await _world.LedgerAsync(Cancel), entry => entry.What == "AdoptedByPerson");
        Assert.Equal(($"person:{RotationWorld.OwnerOne}", "owner-1 had it adopted."), (said.Who, said.Why));
    }

    [Fact]
    public async Task Whose_one_key_is_listed_has_exactly_that_one_ended_by_the_first_rotation()
    {
        var old = _world.Vendor!.Find(_world.CurrentValue()!)!;

        var adopted = await AdoptAsync(Ask);

        Assert.Equal((CurrentFound.OnlyOne, old.Id), (adopted.Proposal.Current!.How, adopted.Proposal.Current.Id));
        await RotateAsync();
        Assert.Equal(RotationState.Retired, (await _world.RotationAsync(Cancel)).State);
        Assert.False(IsAlive(old));
        Assert.Single(_world.Vendor.Alive(RotationWorld.Target));
    }

    [Fact]
    public async Task With_several_keys_offers_them_and_ends_the_one_that_an_owner_picked()
    {
        var old = _world.Vendor!.Find(_world.CurrentValue()!)!;
        var neighbour = _world.Vendor.Add(RotationWorld.Target);
        var offered = (await Adoption.ProposeAsync(Ask, Cancel))!.Current!;
        Assert.Equal((CurrentFound.Several, null, 2), (offered.How, offered.Id, offered.Offered.Count));

        var adopted = await AdoptAsync(Ask with { Credential = old.Id });
        await RotateAsync();

        Assert.Equal(CurrentFound.Picked, adopted.Proposal.Current!.How);
        Assert.Equal(RotationState.Retired, (await _world.RotationAsync(Cancel)).State);
        Assert.Equal((false, true), (IsAlive(old), IsAlive(neighbour)));
    }

    [Fact]
    public async Task With_several_keys_and_none_picked_leaves_the_old_one_to_a_person()
    {
        _world.Vendor!.Add(RotationWorld.Target);

        Assert.True((await AdoptAsync(Ask)).IsAdopted);
        await RotateAsync();

        Assert.Equal(HoldReason.OldUnknown, (await _world.RotationAsync(Cancel)).Hold?.Reason);
        Assert.Equal(3, _world.Vendor.Alive(RotationWorld.Target).Count);
    }

    [Fact]
    public async Task Counts_no_pick_of_somebody_who_is_no_owner()
    {
        var old = _world.Vendor!.Find(_world.CurrentValue()!)!;
        _world.Vendor.Add(RotationWorld.Target);
        var ask = Ask with { Credential = old.Id };

        await Adoption.AdoptAsync(ask, (await Adoption.ProposeAsync(ask, Cancel))!.Change, RotationWorld.Stranger, "stranger", Cancel);
        await _world.DrainAsync(Cancel);

        Assert.Null((await _world.RowAsync(Cancel)).Known);
        Assert.Contains(await _world.LedgerAsync(Cancel), entry => entry.What == "AdoptionPickRefused");
    }

    [Fact]
    public async Task That_the_provider_knows_by_its_value_needs_no_list()
    {
        Begin(VendorClasses.Find("overlap-list"));
        _world.Vendor!.Add(RotationWorld.Target);

        var found = (await Adoption.ProposeAsync(Ask, Cancel))!.Current!;

        Assert.Equal((CurrentFound.ByProbe, _world.Vendor.Find(_world.CurrentValue()!)!.Id), (found.How, found.Id));
    }

    [Fact]
    public async Task That_a_timer_ends_needs_no_id()
    {
        Begin(VendorClasses.Find("timer-issue"));

        Assert.Equal(CurrentFound.NotNeeded, (await Adoption.ProposeAsync(Ask, Cancel))!.Current!.How);
    }

    [Fact]
    public async Task Whose_answer_was_lost_is_adopted_once_it_is_asked_for_again()
    {
        _world.Faults.Add(Patch, new Fault.DropAfter());
        var change = (await Adoption.ProposeAsync(Ask, Cancel))!.Change;
        var ask = Ask;
        await Assert.ThrowsAsync<RemoteTroubleException>(() => Adoption.AdoptAsync(ask, change, RotationWorld.OwnerOne, "owner-1", Cancel));

        // What was agreed to is not what is left to do, so it is shown anew.
        Assert.True((await Adoption.AdoptAsync(ask, change, RotationWorld.OwnerOne, "owner-1", Cancel))!.HasMovedOn);
        var left = await AdoptAsync(ask);

        Assert.True(left is { IsAdopted: true, Proposal.WouldWrite: false });
        Assert.Single(_world.Faults.Operations, Patch);
        Assert.NotNull((await _world.RowAsync(Cancel)).Known?.ProviderId);
    }

    [Fact]
    public async Task That_a_sweep_adopted_in_between_still_learns_which_key_is_in_use()
    {
        _world.TagByHand(new Dictionary<string, string> { ["rotate-account"] = "gateway-main", ["rotate-target"] = RotationWorld.Target, ["rotate-owner"] = RotationWorld.OwnerGroup, ["rotate-policy"] = "payments", ["rotate-consumers"] = "checkout" });
        await _world.Host.Sweep.RunAsync(Cancel);
        Assert.Null((await _world.RowAsync(Cancel)).Known);

        var adopted = await AdoptAsync(Ask with { ExpiresOn = null });

        Assert.True(adopted is { IsAdopted: true, Proposal: { IsManaged: true, WouldWrite: false } });
        Assert.NotNull((await _world.RowAsync(Cancel)).Known?.ProviderId);
    }

    [Fact]
    public async Task Is_not_what_was_agreed_to_once_somebody_changed_it()
    {
        var change = (await Adoption.ProposeAsync(Ask, Cancel))!.Change;
        _world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, _world.Vendor!.Add(RotationWorld.Target).Value, null, new Dictionary<string, string>());

        var result = await Adoption.AdoptAsync(Ask, change, RotationWorld.OwnerOne, "owner-1", Cancel);

        Assert.True(result is { IsAdopted: false, HasMovedOn: true });
        Assert.DoesNotContain(Patch, _world.Faults.Operations);
    }

    [Theory]
    [InlineData("account", "nobody", "tag-account-unknown")]
    [InlineData("account", "../x y", "tag-account-missing")]
    [InlineData("target", "T-1", "tag-target-not-granted")]
    [InlineData("owner", "99999999-1111-1111-1111-111111111111", "tag-owner-not-granted")]
    [InlineData("policy", "nobody", "tag-policy-unknown")]
    [InlineData("consumers", "https://evil.example", "tag-consumer-unknown")]
    [InlineData("end", "past", "end-unlikely")]
    public async Task Within_no_grant_asks_no_remote_but_the_vault_for_it(string what, string value, string code)
    {
        var ask = what switch
        {
            "account" => Ask with { Account = value },
            "target" => Ask with { Target = value },
            "owner" => Ask with { OwnerGroup = value },
            "policy" => Ask with { Policy = value },
            "consumers" => Ask with { Consumers = value },
            _ => Ask with { ExpiresOn = _world.Clock.GetUtcNow().AddDays(-1) },
        };

        var refused = await Adoption.AdoptAsync(ask, "whatever", RotationWorld.OwnerOne, "owner-1", Cancel);

        Assert.Equal(code, Assert.Single(refused!.Proposal.Refusals).Code);
        Assert.False(refused.IsAdopted);
        Assert.All(_world.Faults.Operations, operation => Assert.StartsWith("vault.versions", operation, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whose_value_is_another_owners_is_refused()
    {
        Begin(s_silent, owner: "Another shop");

        Assert.Equal("current-not-found", Assert.Single((await Adoption.ProposeAsync(Ask, Cancel))!.Refusals).Code);
    }

    [Fact]
    public async Task Whose_rotation_is_open_is_left_to_it()
    {
        await AdoptAsync(Ask);
        _world.Clock.Advance(TimeSpan.FromDays(60));
        await _world.SweepAsync(Cancel);
        Assert.True((await _world.RowAsync(Cancel)).IsOpen);

        var ask = Ask with { ExpiresOn = _world.Clock.GetUtcNow().AddDays(200) };

        Assert.Equal("rotation-open", Assert.Single((await Adoption.ProposeAsync(ask, Cancel))!.Refusals).Code);
    }

    [Fact]
    public async Task Whose_target_another_credential_has_is_refused()
    {
        await AdoptAsync(Ask);
        _world.ByHand(RotationWorld.PaymentsHost, "second", _world.CurrentValue()!, null, new Dictionary<string, string>());

        var second = await Adoption.ProposeAsync(Ask with { Secret = SecretName.Of(new Uri($"https://{RotationWorld.PaymentsHost}/"), "second") }, Cancel);

        Assert.Equal("target-taken", Assert.Single(second!.Refusals).Code);
    }

    [Theory]
    [InlineData("vendor.use")]
    [InlineData("vendor.list")]
    public async Task Whose_provider_is_silent_is_not_adopted_on_a_guess(string operation)
    {
        _world.Faults.Add(operation, new Fault.DropBefore());

        await Assert.ThrowsAsync<RemoteTroubleException>(() => Adoption.ProposeAsync(Ask, Cancel));

        Assert.DoesNotContain(Patch, _world.Faults.Operations);
    }

    [Fact]
    public async Task Of_a_vault_that_is_not_watched_does_not_exist()
        => Assert.Null(await Adoption.ProposeAsync(Ask with { Secret = SecretName.Of(new Uri("https://elsewhere.vault.azure.net/"), "key") }, Cancel));

    [Fact]
    public async Task Lets_its_value_into_nothing_that_is_shown_or_written()
    {
        var value = _world.CurrentValue()!.RevealToRemote();

        var adopted = await AdoptAsync(Ask);

        Assert.DoesNotContain(value, $"{adopted.Proposal} {EngineJson.Write(adopted.Proposal)}", StringComparison.Ordinal);
        Assert.DoesNotContain(_world.Rows.Snapshot(), row => row.Body.Contains(value, StringComparison.Ordinal));
        Assert.DoesNotContain(_world.Logs, line => line.Contains(value, StringComparison.Ordinal));
    }

    /// <param name="owner">Whose value lies in the vault; null: the right one.</param>
    private void Begin(VendorClass vendor, string? owner = null)
    {
        _world = new RotationWorld(vendor: vendor);
        var value = owner is null ? _world.CurrentValue()! : _world.Vendor!.Add("S2-OTHEROTHER", owner).Value;
        _world.Clock.Advance(TimeSpan.FromHours(1));
        // Older than any tag, and without an end.
        _world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, value, null, new Dictionary<string, string>());
    }

    private async Task<AdoptionResult> AdoptAsync(AdoptionAsk ask)
    {
        var proposal = await Adoption.ProposeAsync(ask, Cancel);
        var result = await Adoption.AdoptAsync(ask, proposal!.Change, RotationWorld.OwnerOne, "owner-1", Cancel);
        await _world.DrainAsync(Cancel);
        return result!;
    }

    private async Task RotateAsync()
    {
        _world.Clock.Advance(TimeSpan.FromDays(60));
        await _world.SweepAsync(Cancel);
        await _world.PassAsync(TimeSpan.FromHours(1), Cancel);
        // The first one is asked for before the old one ends.
        await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await _world.PassAsync(TimeSpan.FromDays(2), Cancel);
    }

    private bool IsAlive(VendorCredential credential) => _world.Vendor!.FindById(credential.Id)!.IsAlive(_world.Clock.GetUtcNow());

    private IReadOnlyDictionary<string, string> Tags() => _world.Vaults.Get(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, null, new VaultCaller("test", "look")).Value!.Tags;
}
