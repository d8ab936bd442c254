using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>Rule 15: changing owner or target of an adopted credential needs those who answer for it now.</summary>
public sealed class Tags_that_ask_for_another_binding : EngineTest
{
    private const string AnotherTarget = "S2-AAAAAAAAAA";
    private const string AnotherGroup = "33333333-3333-3333-3333-333333333333";

    public Tags_that_ask_for_another_binding()
    {
        World = new RotationWorld(new Dictionary<string, string?>
        {
            ["Rotation:Accounts:gateway-main:OwnerGroups:1"] = AnotherGroup,
            ["Rotation:FallbackGroup"] = RotationWorld.FallbackGroup,
            ["Rotation:Consumers:billing:Hook"] = "https://billing.example.com/reload",
            ["Rotation:Consumers:billing:Audience"] = "api://billing",
            ["Rotation:Consumers:billing:Principal"] = "c0000000-0000-0000-0000-000000000002",
        });
        World.Directory.Put(new DirectoryGroup(AnotherGroup, "others", null, [RotationWorld.OwnerTwo, RotationWorld.Stranger]));
        Retag(("rotate-target", RotationWorld.Target));
    }

    [Theory]
    [InlineData("rotate-owner", AnotherGroup)]
    [InlineData("rotate-target", AnotherTarget)]
    [InlineData("rotate-policy", "standard")]
    [InlineData("rotate-consumers", "billing")]
    public async Task Change_nothing_and_are_a_finding_that_names_what_they_ask(string tag, string value)
    {
        await World.SweepAsync(Cancel);
        var before = (await World.RowAsync(Cancel)).Binding;

        Retag((tag, value));
        await World.SweepAsync(Cancel);

        var row = await World.RowAsync(Cancel);
        Assert.True(row.Binding.IsSame(before));
        Assert.NotNull(row.Pending);
        var finding = Assert.Single(await World.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel), found => found.Finding.Code == "binding-change");
        Assert.Contains(value, finding.Finding.Detail, StringComparison.Ordinal);
        Assert.Contains("BindingChangeAsked", await HappenedAsync());
        Assert.Contains(World.Inbox.Notices, notice => notice.OwnerGroup == RotationWorld.OwnerGroup && notice.Facts.Any(fact => fact.Value.Contains(value, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Take_hold_with_the_consent_of_one_who_answers_now()
    {
        await World.SweepAsync(Cancel);
        Retag(("rotate-owner", AnotherGroup), ("rotate-target", AnotherTarget));
        await World.SweepAsync(Cancel);

        await ConsentAsync(RotationWorld.OwnerOne);

        var row = await World.RowAsync(Cancel);
        Assert.Equal((AnotherGroup, AnotherTarget), (row.Binding.OwnerGroup, row.Binding.Target));
        Assert.Null(row.Pending);
        Assert.Null(row.TargetToRelease);
        var changed = Assert.Single(await World.LedgerAsync(Cancel), entry => entry.What == "BindingChanged");
        Assert.Contains("owner", changed.Why, StringComparison.Ordinal);
        await World.SweepAsync(Cancel);
        Assert.DoesNotContain(await World.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel), found => found.Finding.Code == "binding-change");
    }

    [Fact]
    public async Task Give_the_old_target_back_for_another_credential_to_take()
    {
        await World.SweepAsync(Cancel);
        Retag(("rotate-target", AnotherTarget));
        await World.SweepAsync(Cancel);
        await ConsentAsync(RotationWorld.OwnerOne);

        World.ByHand(RotationWorld.PaymentsHost, "second-secret", new SecretText("x1"), World.Clock.GetUtcNow().AddDays(80), RotationWorld.Tags());
        await World.SweepAsync(Cancel);

        var second = await World.Host.Registry.FindAsync(CredentialId.Of(SecretName.Of(new Uri($"https://{RotationWorld.PaymentsHost}/"), "second-secret")), Cancel);
        Assert.Equal(RotationWorld.Target, second?.Binding.Target);
    }

    [Fact]
    public async Task Are_not_for_members_of_the_new_group_to_consent_to()
    {
        await World.SweepAsync(Cancel);
        Retag(("rotate-owner", AnotherGroup));
        await World.SweepAsync(Cancel);

        await ConsentAsync(RotationWorld.Stranger);

        Assert.Equal(RotationWorld.OwnerGroup, (await World.RowAsync(Cancel)).Binding.OwnerGroup);
        Assert.Contains("ConsentRefused", await HappenedAsync());
    }

    [Fact]
    public async Task Are_answered_by_the_fallback_group_once_the_old_owners_are_gone()
    {
        await World.SweepAsync(Cancel);
        Retag(("rotate-owner", AnotherGroup));
        await World.SweepAsync(Cancel);
        World.Directory.DeleteGroup(RotationWorld.OwnerGroup);

        await ConsentAsync(RotationWorld.Stranger);

        Assert.Equal(AnotherGroup, (await World.RowAsync(Cancel)).Binding.OwnerGroup);
    }

    [Fact]
    public async Task Do_not_profit_from_a_consent_to_another_change()
    {
        await World.SweepAsync(Cancel);
        Retag(("rotate-target", AnotherTarget));
        await World.SweepAsync(Cancel);
        var first = (await World.RowAsync(Cancel)).Pending!.Hash;
        Retag(("rotate-owner", AnotherGroup));
        await World.SweepAsync(Cancel);

        await ConsentAsync(RotationWorld.OwnerOne, first);

        Assert.True((await World.RowAsync(Cancel)).Binding is { Target: RotationWorld.Target, OwnerGroup: RotationWorld.OwnerGroup });
        Assert.Contains("ConsentRefused", await HappenedAsync());
    }

    [Fact]
    public async Task Are_forgotten_when_the_tags_are_put_back()
    {
        await World.SweepAsync(Cancel);
        Retag(("rotate-target", AnotherTarget));
        await World.SweepAsync(Cancel);

        Retag();
        await World.SweepAsync(Cancel);

        Assert.Null((await World.RowAsync(Cancel)).Pending);
        Assert.DoesNotContain(await World.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel), found => found.Finding.Code == "binding-change");
    }

    [Fact]
    public async Task Beyond_what_configuration_grants_are_a_finding_on_the_managed_credential_and_nobody_can_consent()
    {
        await World.SweepAsync(Cancel);

        Retag(("rotate-owner", "44444444-4444-4444-4444-444444444444"));
        await World.SweepAsync(Cancel);

        Assert.Null((await World.RowAsync(Cancel)).Pending);
        Assert.Contains(await World.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel), found => found.Finding.Code == "tag-owner-not-granted");
    }

    [Fact]
    public async Task For_a_target_that_another_credential_has_are_refused_even_with_consent()
    {
        var tags = RotationWorld.Tags();
        tags["rotate-target"] = AnotherTarget;
        World.ByHand(RotationWorld.PaymentsHost, "second-secret", new SecretText("x1"), World.Clock.GetUtcNow().AddDays(80), tags);
        await World.SweepAsync(Cancel);
        Retag(("rotate-target", AnotherTarget));
        await World.SweepAsync(Cancel);

        await ConsentAsync(RotationWorld.OwnerOne);

        Assert.Equal(RotationWorld.Target, (await World.RowAsync(Cancel)).Binding.Target);
        Assert.Contains("BindingChangeRefused", await HappenedAsync());
    }

    [Fact]
    public async Task Supersede_a_rotation_that_has_issued_nothing()
    {
        Retag([], days: 20);
        await World.SweepAsync(Cancel);
        var waiting = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.ApprovalNeeded, waiting.Hold?.Reason);
        Retag([("rotate-target", AnotherTarget)], days: 20);
        await World.SweepAsync(Cancel);

        await ConsentAsync(RotationWorld.OwnerOne);

        Assert.Equal(RotationState.Superseded, (await World.RotationAsync(Cancel, waiting.Ordinal)).State);
        var next = await World.RotationAsync(Cancel);
        Assert.Equal((waiting.Ordinal + 1, AnotherTarget), (next.Ordinal, next.Plan.Binding.Target));
        Assert.Empty(next.Approvals);
        Assert.DoesNotContain(World.Gateway.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task Wait_for_the_end_of_what_was_issued_under_the_old_binding()
    {
        Retag([], days: 20);
        World.Gateway.Add(new GatewayCredential(AnotherTarget, "ws2@Company.Shop", "Shop", true, [GatewayCredential.ReadMeRole]));
        await World.SweepAsync(Cancel);
        World.Consumers.Signalled = (_, _, _) => Task.CompletedTask;
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var running = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Promoted, running.State);
        World.TagByHand(Tags(("rotate-owner", AnotherGroup)));
        await World.SweepAsync(Cancel);

        await ConsentAsync(RotationWorld.OwnerOne);
        Assert.Equal(RotationWorld.OwnerGroup, (await World.RowAsync(Cancel)).Binding.OwnerGroup);
        await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, running.Id, running.PromotedVersion!, "checkout-1");
        await World.PassAsync(TimeSpan.FromHours(26), Cancel);

        Assert.Equal(RotationState.Retired, (await World.RotationAsync(Cancel, running.Ordinal)).State);
        Assert.Equal(AnotherGroup, (await World.RowAsync(Cancel)).Binding.OwnerGroup);
    }

    [Fact]
    public async Task Ask_an_owner_again_before_the_first_rotation_of_another_object()
    {
        Retag([], days: 20);
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(26), Cancel);
        Assert.True((await World.RowAsync(Cancel)).HasRotated);

        World.TagByHand(Tags(("rotate-target", AnotherTarget)));
        await World.SweepAsync(Cancel);
        await ConsentAsync(RotationWorld.OwnerOne);

        Assert.False((await World.RowAsync(Cancel)).HasRotated);
    }

    [Fact]
    public async Task Need_two_where_the_present_policy_asks_two()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?>
        {
            ["Rotation:Accounts:gateway-main:LowestApproval"] = "TwoOwners",
            ["Rotation:Accounts:gateway-main:OwnerGroups:1"] = AnotherGroup,
        });
        world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("first"), world.Clock.GetUtcNow().AddDays(80), RotationWorld.Tags());
        await world.SweepAsync(Cancel);
        world.TagByHand(Tags(("rotate-owner", AnotherGroup)));
        await world.SweepAsync(Cancel);
        var hash = (await world.RowAsync(Cancel)).Pending!.Hash;

        foreach (var (person, expected) in new[] { (RotationWorld.OwnerOne, RotationWorld.OwnerGroup), (RotationWorld.OwnerOne, RotationWorld.OwnerGroup), (RotationWorld.OwnerTwo, AnotherGroup) })
        {
            await world.Host.Registry.TellAsync(world.Credential, new InboxItem.Consent(world.Clock.GetUtcNow(), hash, person, person), Cancel);
            await world.DrainAsync(Cancel);
            Assert.Equal(expected, (await world.RowAsync(Cancel)).Binding.OwnerGroup);
        }
    }

    [Fact]
    public async Task Are_bound_by_the_next_sweep_when_the_message_of_the_consent_is_lost()
    {
        await World.SweepAsync(Cancel);
        Retag(("rotate-target", AnotherTarget));
        await World.SweepAsync(Cancel);
        var hash = (await World.RowAsync(Cancel)).Pending!.Hash;
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Consent(World.Clock.GetUtcNow(), hash, RotationWorld.OwnerOne, "owner-1"), Cancel);
        World.Queue.LoseAll();

        await World.SweepAsync(Cancel);

        Assert.Equal(AnotherTarget, (await World.RowAsync(Cancel)).Binding.Target);
    }

    private static Dictionary<string, string> Tags(params (string Tag, string Value)[] changes)
    {
        var tags = RotationWorld.Tags();
        foreach (var (tag, value) in changes) tags[tag] = value;
        return tags;
    }

    private void Retag(params (string Tag, string Value)[] changes) => Retag(changes, days: 80);

    /// <summary>A person writes the secret's present value again, with these tags.</summary>
    private void Retag((string Tag, string Value)[] changes, int days)
    {
        World.Clock.Advance(TimeSpan.FromSeconds(2));
        World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, World.CurrentValue()!, World.Clock.GetUtcNow().AddDays(days), Tags(changes));
    }

    private async Task ConsentAsync(string person, string? change = null)
    {
        var hash = change ?? (await World.RowAsync(Cancel)).Pending!.Hash;
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Consent(World.Clock.GetUtcNow(), hash, person, person == RotationWorld.OwnerOne ? "owner-1" : person), Cancel);
        await World.DrainAsync(Cancel);
    }
}
