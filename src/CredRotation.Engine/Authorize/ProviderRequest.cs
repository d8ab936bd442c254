namespace CredRotation.Engine.Authorize;

/// <summary>The request for the provider's own approval, in words that a person can send.</summary>
public static class ProviderRequest
{
    /// <summary>Null where the plan needs none.</summary>
    public static string? TextOf(RotationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.ProviderApproval is not { } approval ? null : approval.Request
            .Replace("{contract}", approval.ContractReference, StringComparison.Ordinal)
            .Replace("{account}", plan.Binding.Account, StringComparison.Ordinal)
            .Replace("{target}", plan.Binding.Target, StringComparison.Ordinal)
            .Replace("{secret}", plan.Secret.Name, StringComparison.Ordinal)
            .Replace("{endsOn}", plan.OldExpiresOn is { } end ? EngineTime.Text(end) : "an unknown day", StringComparison.Ordinal)
            .Replace("{rotation}", plan.Rotation.Value, StringComparison.Ordinal);
    }

    internal static NoticeFact[] Facts(RotationPlan plan) => plan.ProviderApproval is not { } approval ? [] :
    [
        new("Ask", approval.Contact),
        .. approval.EmergencyContact is { } urgent ? [new NoticeFact("When it is urgent", urgent)] : Array.Empty<NoticeFact>(),
        new("Contract", approval.ContractReference),
        new("Request", TextOf(plan)!),
    ];
}
