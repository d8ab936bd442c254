using CredRotation.Engine.Reload;

namespace CredRotation.Engine.Rehearse;

/// <summary>The steps of a plan with the calls each makes when nothing goes wrong. A test compares them with the calls of a rotation that ran.</summary>
internal static class PlannedSteps
{
    public static IReadOnlyList<PlannedStep> Of(RotationPlan plan, IReadOnlyList<string> managementSecrets, int approvals, RotationOptions options)
    {
        var traits = plan.Traits;
        // The others are told nothing.
        var consumers = plan.Binding.Consumers.Where(alias => ConsumerKinds.IsSignalled(options.Consumers.GetValueOrDefault(alias)?.Kind ?? ConsumerKind.Hook)).ToList();
        return
        [
            plan.IsLate
                ? new(RotationStep.Detect, "The plan is frozen, and since it is late the live credential is looked at first.",
                    [Read("vault", "read current secret"), .. managementSecrets.Select(name => Read("vault", $"read management credential {name}")), Read("provider", "read target"), Effect("provider", "probe live credential")], [])
                : new(RotationStep.Detect, "The plan is frozen.", [], []),
            new(RotationStep.Authorize, approvals == 0 ? "Nobody is asked: the policy asks no approval." : $"{approvals} current member{(approvals == 1 ? "" : "s")} of the answering group must approve exactly this plan.",
                approvals == 0 ? [] : [Effect("notification", "tell of the hold")], ["owner group gone or too small", "directory cannot see the group", "rejected"]),
            new(RotationStep.Issue, "Everything that can say no is asked, a place is reserved in staging, the provider issues, and the value is staged.",
            [
                .. consumers.Select(alias => Effect("consumer", $"rehearse {alias}")),
                Read("vault", "read current secret"),
                .. managementSecrets.Select(name => Read("vault", $"read management credential {name}")),
                Effect("vault", "confirm writable"),
                Read("provider", "read target"),
                Effect("provider", "probe current credential"),
                .. traits.CanList ? [Read("provider", "list credentials")] : Nothing,
                Effect("vault", "reserve staging"),
                Effect("provider", "issue"),
                Effect("vault", "stage value"),
            ], ["a consumer that does not answer", "a version written by somebody else", "clocks that disagree", "the vault refuses a write", "the provider refuses the target"]),
            new(RotationStep.Verify, traits.Topology is Topology.InPlace ? "In place the old credential is dead at once: the new one is promoted first, and tried when consumers were told." : "Exactly the staged value is tried before any consumer can see it.",
                [Effect("provider", "probe new credential")], ["refused beside a control probe", "it belongs to somebody else"]),
            new(RotationStep.Promote, "One write makes it the current version; then the versions are listed.", [Effect("vault", "write new version"), Read("vault", "list versions")], ["a version written by somebody else"]),
            new(RotationStep.Reload, plan.Binding.Consumers.Count == 0 ? "No consumer is named." : $"{string.Join(", ", plan.Binding.Consumers)}: signalled, the first one alone, until every instance proved the new version.",
                [.. consumers.Select(alias => Effect("consumer", $"signal {alias}"))], ["an instance that does not prove the new version"]),
            Retire(plan, managementSecrets, options),
        ];
    }

    private static PlannedStep Retire(RotationPlan plan, IReadOnlyList<string> managementSecrets, RotationOptions options)
    {
        var traits = plan.Traits;
        var isRetired = traits.OldValidity is OldValidity.UntilRetired;
        IEnumerable<PlannedCall> retire = !isRetired ? Nothing :
        [
            .. options.VaultLog is { Workspace.Length: > 0 } ? [Read("vault", "list versions"), Read("vault", "read audit log")] : Nothing,
            .. plan.RetireApproval is ApprovalRule.None ? Nothing : [Effect("notification", "tell of the hold")],
            Read("vault", "read current secret"),
            .. traits.RetireBy is RetireBy.SecretValue ? [Read("vault", "read old secret")] : Nothing,
            .. managementSecrets.Select(name => Read("vault", $"read management credential {name}")),
            Effect("provider", "retire old credential"),
            Read("vault", "read current secret"),
        ];
        return new(RotationStep.Retire,
            traits.OldValidity switch
            {
                OldValidity.UntilRetired => "Once every consumer runs the new one, the old credential is retired; a refused probe shows it.",
                OldValidity.Immediate => "The old credential ended when the new one was issued; a refused probe shows it.",
                _ => "The provider's timer ends the old credential; a refused probe shows it.",
            },
            [
                .. retire,
                Read("vault", "read current secret"),
                Read("vault", "read old secret"),
                Effect("provider", "probe old credential"),
                Effect("provider", "control probe"),
                .. traits.CanFindByMarker ? [.. isRetired ? Nothing : managementSecrets.Select(name => Read("vault", $"read management credential {name}")), Read("provider", "list credentials")] : Nothing,
                Effect("vault", "discard staged value"),
                Effect("notification", "tell the owners"),
            ],
            isRetired ? ["somebody runs or reads the old version", "no owner approves the first retirement", "another version became current", "the provider refuses"] : ["the old credential is still accepted after its end"]);
    }

    private static readonly IReadOnlyList<PlannedCall> Nothing = [];

    private static PlannedCall Read(string kind, string operation) => new(kind, operation, IsEffect: false);

    private static PlannedCall Effect(string kind, string operation) => new(kind, operation, IsEffect: true);
}
