namespace CredRotation.Engine.Issue;

/// <summary>Opens a rotation's target at its provider: the account's management credentials are read from the vault and kept in memory for the visit.</summary>
internal static class ManagementSecrets
{
    public static async Task<ProviderTarget> OpenTargetAsync(Visit visit, Remotes remotes, ICredentialVault vault, IProviderCatalog providers, RotationOptions options, string rule, CancellationToken cancellationToken)
    {
        var plan = visit.Rotation.Plan;
        var secrets = new Dictionary<string, SecretText>();
        foreach (var name in visit.Rotation.OpenProvider(providers).SecretNames)
        {
            if (!options.Accounts.TryGetValue(plan.Binding.Account, out var account) || !account.Secrets.TryGetValue(name, out var uri) || !SecretName.TryParse(uri.AbsoluteUri, out var secret))
                throw new RemoteTroubleException("configuration", RemoteTrouble.BadRequest, $"Account {plan.Binding.Account} no longer says where its management credential '{name}' is: set Rotation:Accounts:{plan.Binding.Account}:Secrets:{name} to a Key Vault secret URI.");

            var read = await remotes.ReadAsync(visit, "vault", $"read management credential {name}", rule, (callId, token) => vault.ReadCurrentAsync(secret!, callId, token), cancellationToken);
            remotes.Heard(visit, read.RemoteDate);
            secrets[name] = read.Value;
        }

        return new ProviderTarget(plan.Binding.Account, plan.Binding.Target, plan.ProviderParameters, secrets);
    }

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
