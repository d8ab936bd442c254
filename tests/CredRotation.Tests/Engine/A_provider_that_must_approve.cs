using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Testing;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Engine;

public sealed class A_provider_that_must_approve : IAsyncLifetime
{
    private readonly RotationWorld _world = new(Settings());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _world.SweepAsync(Cancel);
        await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private static Dictionary<string, string?> Settings() => new()
    {
        ["Rotation:Accounts:gateway-main:ProviderApproval:LeadTime"] = "5.00:00:00",
        ["Rotation:Accounts:gateway-main:ProviderApproval:Contact"] = "support@gateway.example.com",
        ["Rotation:Accounts:gateway-main:ProviderApproval:EmergencyContact"] = "the emergency line",
        ["Rotation:Accounts:gateway-main:ProviderApproval:ContractReference"] = "C-4711",
    };

    [Fact]
    public async Task Is_asked_by_a_person_with_contact_contract_and_a_request_in_words()
    {
        var rotation = await _world.RotationAsync(Cancel);

        Assert.Equal((RotationState.Detected, HoldReason.ProviderApprovalNeeded), (rotation.State, rotation.Hold!.Reason));
        Assert.Equal(["provider-asked", "provider-approved", "abandon"], rotation.Hold.Choices.Select(choice => choice.Name));
        var request = ProviderRequest.TextOf(rotation.Plan)!;
        Assert.All(new[] { "C-4711", RotationWorld.Target, rotation.Id.Value, "2026-12-12T08:00:00Z" }, text => Assert.Contains(text, request, StringComparison.Ordinal));
        Assert.DoesNotContain('{', request);
        var told = _world.Inbox.Notices.Last(notice => notice.Kind is NoticeKind.Hold);
        Assert.Contains(told.Facts, fact => fact is { Title: "Ask", Value: "support@gateway.example.com" });
        Assert.Contains(told.Facts, fact => fact is { Title: "Contract", Value: "C-4711" });
        Assert.DoesNotContain("gateway.issue", _world.Faults.Operations);
    }

    [Fact]
    public async Task That_was_asked_is_waited_for_and_goes_on_when_it_approved()
    {
        await _world.ChooseAsync("provider-asked", RotationWorld.OwnerTwo, Cancel);
        var waiting = await _world.RotationAsync(Cancel);
        Assert.Contains($"{RotationWorld.OwnerTwo} asked support@gateway.example.com", waiting.Hold!.Detail, StringComparison.Ordinal);
        Assert.Equal(["provider-approved", "abandon"], waiting.Hold.Choices.Select(choice => choice.Name));
        await _world.PassAsync(TimeSpan.FromDays(3), Cancel);
        Assert.Equal(RotationState.Detected, (await _world.RotationAsync(Cancel)).State);

        await _world.ChooseAsync("provider-approved", RotationWorld.OwnerOne, Cancel);
        await _world.PassAsync(TimeSpan.FromHours(1), Cancel);

        var rotation = await _world.RotationAsync(Cancel);
        Assert.NotNull(rotation.PromotedVersion);
        Assert.Equal((true, RotationWorld.OwnerOne), (rotation.ProviderSaid!.IsGiven, rotation.ProviderSaid.PersonId));
        Assert.Contains(await _world.LedgerAsync(Cancel), entry => entry is { What: "Chosen", Who: $"person:{RotationWorld.OwnerOne}" });
    }

    [Fact]
    public async Task Is_not_stood_in_for_by_a_stranger()
    {
        await _world.ChooseAsync("provider-approved", RotationWorld.Stranger, Cancel);

        Assert.Equal(HoldReason.ProviderApprovalNeeded, (await _world.RotationAsync(Cancel)).Hold!.Reason);
    }

    [Fact]
    public void Needs_a_lead_that_has_room_for_it()
    {
        var settings = Settings();
        settings["Rotation:Policies:payments:Lead"] = "10.00:00:00";

        var refused = Assert.Throws<OptionsValidationException>(() => new RotationWorld(settings));

        Assert.Contains("must be longer than ApprovalMax", refused.Message, StringComparison.Ordinal);
    }
}
