using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect;

/// <summary>Freezes what a rotation goes by. Pure: what would be opened now and what is opened are made here alike.</summary>
internal static class RotationPlans
{
    public static RotationPlan Make(CredentialRow row, AccountOptions account, PolicyOptions policy, ICredentialProvider provider, string reason, (string Source, DateTimeOffset On) signal, string? startedBy, DateTimeOffset now)
    {
        var traits = provider.Describe(account.Parameters);
        // The first rotation of a credential asks an owner before the first effect that can stop the old one.
        var first = row.HasRotated ? ApprovalRule.None : ApprovalRule.Owner;
        var approval = new[] { policy.Approval, account.LowestApproval, traits.IssueEndangersOld ? first : ApprovalRule.None, row.WasRolledBack ? ApprovalRule.Owner : ApprovalRule.None }.Max();
        return new RotationPlan
        {
            Credential = row.Id,
            Secret = row.Secret,
            Rotation = RotationId.Of(row.Id, row.Ordinal + 1),
            Binding = row.Binding,
            Policy = policy,
            Approval = approval,
            RetireApproval = approval is ApprovalRule.None && traits.OldValidity is OldValidity.UntilRetired ? first : ApprovalRule.None,
            ProviderApproval = account.ProviderApproval,
            ProviderKind = provider.Kind,
            ProviderConfiguration = provider.Configuration,
            ProviderParameters = new Dictionary<string, string>(account.Parameters),
            Traits = traits,
            OldVersion = row.Seen.Version,
            OldExpiresOn = row.Seen.ExpiresOn,
            Reason = RotationMachine.Bounded(reason),
            SignalledBy = RotationMachine.Bounded(signal.Source),
            SignalledOn = signal.On,
            StartedBy = startedBy,
            OpenedOn = now,
            ApproveBy = now + policy.ApprovalMax + (account.ProviderApproval?.LeadTime ?? TimeSpan.Zero),
        };
    }
}
