using System.Globalization;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Pages.Rotations;

namespace CredRotation.Tests.Pages;

/// <summary>Records as a registry would hold them, for pages, cards and calls.</summary>
internal static class SampleRotations
{
    public const string OwnerGroup = "11111111-1111-1111-1111-111111111111";
    public const string OtherGroup = "22222222-2222-2222-2222-222222222222";
    public const string Consumer = "checkout";

    public static readonly DateTimeOffset Now = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);

    public static SecretName Secret { get; } = SecretName.Of(new Uri("https://payments.vault.azure.net/"), "payment-gateway-api-key");

    public static CredentialRow Row(SecretName secret, string group, bool isOpen = true) => new()
    {
        Id = CredentialId.Of(secret),
        Secret = secret,
        Binding = new Binding("shop-gateway", "S2-5B4C3D2E1F", group, "payments", [Consumer]),
        AdoptedOn = Now.AddDays(-200),
        Seen = new SeenVersion("0f9e8d7c6b5a49382716050403020100", Now.AddDays(20), Now.AddDays(-70), true, Now.AddMinutes(-5)),
        Ordinal = 3,
        HasRotated = true,
        IsOpen = isOpen,
        WakeOn = isOpen ? Now.AddHours(1) : null,
    };

    public static Rotation Of(CredentialRow row, RotationState state = RotationState.Authorized, string? startedBy = null) => new()
    {
        Id = RotationId.Of(row.Id, row.Ordinal),
        Ordinal = row.Ordinal,
        PlanHash = new string('a', 64),
        State = state,
        StateOn = Now.AddMinutes(-2),
        WakeOn = Now.AddHours(1),
        Plan = new RotationPlan
        {
            Credential = row.Id,
            Secret = row.Secret,
            Rotation = RotationId.Of(row.Id, row.Ordinal),
            Binding = row.Binding,
            Policy = new PolicyOptions(),
            Approval = ApprovalRule.Owner,
            ProviderKind = "adyen-merchant-api-key",
            ProviderConfiguration = "{}",
            ProviderParameters = new Dictionary<string, string>(),
            Traits = new ProviderTraits { Topology = Topology.Overlap, IssueReplay = IssueReplay.ReissueOrphanExpires, OldValidity = OldValidity.Timer, RetireBy = RetireBy.TimerOnly, OldLife = TimeSpan.FromHours(24) },
            OldVersion = row.Seen.Version,
            OldExpiresOn = row.Seen.ExpiresOn,
            Reason = "The version in use expires in 20 days, and the policy begins 30 days ahead.",
            SignalledBy = "sweep",
            SignalledOn = Now.AddMinutes(-12),
            StartedBy = startedBy,
            OpenedOn = Now.AddMinutes(-12),
            ApproveBy = Now.AddDays(7),
        },
        Consumers = [new ConsumerProgress(Consumer, ["checkout-7f4c9", "checkout-b81d2"], new Dictionary<string, DateTimeOffset> { ["checkout-7f4c9"] = Now.AddMinutes(-1) }, Now.AddMinutes(-2), 1)],
    };

    public static Rotation Held(Rotation rotation) => rotation with
    {
        Hold = new Hold(
            HoldReason.ApprovalNeeded,
            "The policy asks one owner before the first effect that can end the old credential.",
            Now.AddMinutes(-3),
            Now.AddDays(7),
            [new("approve", "Let this plan run."), new("reject", "Do not rotate. The old credential stays as it is."), new("retry", "Try this step again now.", 2)],
            [],
            IsAnnounced: true),
    };

    /// <summary>Waits for a person who makes the new credential in a portal and hands it in.</summary>
    public static Rotation Awaiting(Rotation rotation)
    {
        var steps = "The new credential is not there yet: 1. Sign in to the gateway's dashboard and open API keys. 2. Create a second secret key for the shop, and name it after this rotation. 3. Hand it in on the rotation's page.";
        return rotation with
        {
            State = RotationState.IssueSent,
            Plan = rotation.Plan with { Traits = rotation.Plan.Traits with { HandedIn = true, IssueReplay = IssueReplay.ReadBack, OldValidity = OldValidity.UntilRetired, OldLife = null, RetireBy = RetireBy.Human } },
            Attempts = [new IssueAttempt(new IssueTicket(rotation.Id, 1, "token", "rot-abc123-x-1", Now.AddDays(90)), Now.AddMinutes(-8), "r1")],
            PendingOn = Now.AddMinutes(-7),
            Hold = new Hold(HoldReason.IssuePending, steps, Now.AddMinutes(-7), Now.AddDays(7), [new("retry", "Try this step again now."), new("abandon", "Give this rotation up. The old credential stays as it is.")], [], IsAnnounced: true),
        };
    }

    /// <summary>Issued and promoted, with the old credential on its timer.</summary>
    public static Rotation Promoted(Rotation rotation) => rotation with
    {
        State = RotationState.Promoted,
        Attempts = [new IssueAttempt(new IssueTicket(rotation.Id, 1, "token", "rot-abc123-x-1", Now.AddDays(90)), Now.AddMinutes(-8), "r1")],
        Old = new OldCredential(rotation.Plan.OldVersion, "f-old", "Shop", null, new Dictionary<string, string>(), Now.AddHours(23)),
        New = new IssuedCredential("s1", "f-new", null, Now.AddMinutes(-8), Now.AddDays(90), "Shop"),
        PromotedVersion = "4d1c0b9a8f7e6d5c4b3a291807f6e5d4",
        PromotedOn = Now.AddMinutes(-4),
        NewExpiresOn = Now.AddDays(90),
        Calls =
        [
            new(Now.AddMinutes(-9), "vault", "list versions", "Issue: prior versions"),
            new(Now.AddMinutes(-8), "provider", "issue", "Issue"),
            new(Now.AddMinutes(-8), "vault", "write staging", "rule 2: staged before anything else"),
            new(Now.AddMinutes(-4), "vault", "write live", "Promote"),
            new(Now.AddMinutes(-3), "consumer", "signal checkout", "Reload"),
        ],
    };

    public static IReadOnlyList<LedgerLine> Ledger(Rotation rotation, params string[] states)
        => [.. states.Select((state, index) => new LedgerLine(
            new LedgerEntry(1, index + 41, new string('0', 64), Now.AddMinutes(index - states.Length), rotation.Id, "credrotation", state, $"Step {index + 1} of the plan was done and saved.", null),
            $"{(index + 10).ToString("x", CultureInfo.InvariantCulture)}{new string('c', 62)}"))];

    public static RotationPageModel Page(Rotation rotation, bool canAnswer = true, params string[] states)
        => RotationPageModel.Of(Row(rotation.Plan.Secret, rotation.Plan.Binding.OwnerGroup), rotation, Ledger(rotation, states), new Viewer("Owner One", canAnswer, IsStarter: false), Now);
}
