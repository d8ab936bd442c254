using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Engine.Reload;
using CredRotation.Pages.Rotations;

namespace CredRotation.Functions.Answers;

/// <summary>A rotation as JSON: state, hold with its choices, what is next, ledger. Names, times and hashes of the chain; never a value or its fingerprint.</summary>
public sealed record RotationView(
    string Id,
    string Credential,
    string Vault,
    string Secret,
    int Ordinal,
    string PlanHash,
    string Reason,
    DateTimeOffset OpenedOn,
    string? StartedBy,
    RotationState State,
    DateTimeOffset StateOn,
    HoldView? Hold,
    Incident? Incident,
    NextView Next,
    string OldVersion,
    DateTimeOffset? OldEndsOn,
    string? PromotedVersion,
    DateTimeOffset? PromotedOn,
    DateTimeOffset? NewExpiresOn,
    string? RetireProof,
    IReadOnlyList<ApprovalView> Approvals,
    IReadOnlyList<ConsumerView> Consumers,
    IReadOnlyList<Suspect> Suspects,
    IReadOnlyList<string> Overrides,
    int Failures,
    string? LastTrouble,
    IReadOnlyList<RemoteCall> Calls,
    IReadOnlyList<LedgerView> Ledger)
{
    public static RotationView Of(RotationPageModel page)
    {
        ArgumentNullException.ThrowIfNull(page);
        var rotation = page.Rotation;
        return new(
            rotation.Id.Value,
            rotation.Plan.Credential.Value,
            rotation.Plan.Secret.VaultUri.AbsoluteUri,
            rotation.Plan.Secret.Name,
            rotation.Ordinal,
            rotation.PlanHash,
            rotation.Plan.Reason,
            rotation.Plan.OpenedOn,
            rotation.Plan.StartedBy,
            rotation.State,
            rotation.StateOn,
            rotation.Hold is { } hold ? HoldView.Of(hold) : null,
            rotation.Incident,
            new NextView(rotation.State.NextStep(), rotation.IsOpen ? rotation.WakeOn : null, page.Next),
            rotation.Plan.OldVersion,
            rotation.OldEndsOn,
            rotation.PromotedVersion,
            rotation.PromotedOn,
            rotation.NewExpiresOn,
            rotation.RetireProof,
            [.. rotation.Approvals.Select(approval => new ApprovalView(approval.PersonId, approval.PersonName, approval.On))],
            [.. rotation.Consumers.Select(consumer => ConsumerView.Of(rotation, consumer))],
            rotation.Suspects,
            rotation.Overrides,
            rotation.Failures,
            rotation.LastTrouble,
            rotation.Calls,
            [.. page.Ledger.Select(line => new LedgerView(line.Entry.Sequence, line.Entry.At, line.Entry.Who, line.Entry.What, line.Entry.Why, line.Entry.Data, line.Entry.Previous, line.Hash))]);
    }
}

/// <summary>What a person is asked.</summary>
public sealed record HoldView(HoldReason Reason, string Detail, DateTimeOffset Since, DateTimeOffset? Deadline, IReadOnlyList<HoldChoice> Choices, IReadOnlyList<HoldAnswer> Answers)
{
    public static HoldView Of(Hold hold)
    {
        ArgumentNullException.ThrowIfNull(hold);
        return new(hold.Reason, hold.Detail, hold.Since, hold.Deadline, hold.Choices, hold.Answers);
    }
}

/// <summary>What happens next, when, and in words.</summary>
public sealed record NextView(RotationStep? Step, DateTimeOffset? WakeOn, string Words);

/// <summary>A yes to this plan.</summary>
public sealed record ApprovalView(string PersonId, string PersonName, DateTimeOffset On);

/// <summary>What a required consumer proved, and what that is worth.</summary>
/// <param name="Proof">A sentence on <paramref name="Worth"/>.</param>
/// <param name="DueOn">Until when it is to prove it; null: not told yet.</param>
/// <param name="Detail">What it or its platform answered last.</param>
public sealed record ConsumerView(
    string Alias,
    IReadOnlyList<string> Instances,
    IReadOnlyDictionary<string, DateTimeOffset> Acknowledged,
    DateTimeOffset? SignalledOn,
    bool IsAdopted,
    ConsumerKind Kind,
    ProofWorth Worth,
    string Proof,
    int Wave,
    DateTimeOffset? DueOn,
    bool IsExcused,
    IReadOnlyList<ConsumerFailure> Failures,
    string? Detail)
{
    public static ConsumerView Of(Rotation rotation, ConsumerProgress consumer)
    {
        ArgumentNullException.ThrowIfNull(rotation);
        ArgumentNullException.ThrowIfNull(consumer);
        return new(consumer.Alias, consumer.Instances, consumer.Acknowledged, consumer.SignalledOn, consumer.IsAdopted, consumer.Kind, consumer.Worth, ConsumerKinds.Says(consumer.Worth),
            consumer.Wave, rotation.DueOn(consumer), consumer.IsExcused, consumer.Failures, consumer.Detail);
    }
}

/// <summary>One link of the chain.</summary>
public sealed record LedgerView(long Sequence, DateTimeOffset At, string Who, string What, string Why, JsonObject? Data, string Previous, string Hash);
