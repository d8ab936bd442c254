namespace CredRotation.Engine.Issue;

/// <summary>What a frozen plan says about its provider, target and mode.</summary>
internal static class PlannedProvider
{
    /// <summary>A target for a probe, which needs no management credential.</summary>
    public static ProviderTarget ProbeTarget(this Rotation rotation)
        => new(rotation.Plan.Binding.Account, rotation.Plan.Binding.Target, rotation.Plan.ProviderParameters, new Dictionary<string, SecretText>());

    /// <summary>The provider as the plan froze it.</summary>
    public static ICredentialProvider OpenProvider(this Rotation rotation, IProviderCatalog providers)
        => providers.Restore(rotation.Plan.ProviderKind, rotation.Plan.ProviderConfiguration);

    /// <summary>The app's mode, lowered by the policy.</summary>
    public static RotationMode EffectiveMode(this Rotation rotation, RotationOptions options)
        => options.ModeOf(rotation.Plan.Policy);
}
