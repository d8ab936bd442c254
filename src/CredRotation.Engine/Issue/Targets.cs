using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Issue;

/// <summary>A rotation's target at its provider, with the account's management credentials: read from the vault once per visit and kept in memory for it.</summary>
internal sealed class Targets(Remotes remotes, ICredentialVault vault, IProviderCatalog providers, IOptions<RotationOptions> options)
{
    /// <summary>Opens the visit's target, once.</summary>
    public async Task<ProviderTarget> OpenAsync(Visit visit, string rule, CancellationToken cancellationToken)
        => visit.Target ??= await ReadAsync(visit, visit.Rotation.Plan, visit.Rotation.OpenProvider(providers), rule, cancellationToken);

    /// <summary>What the provider lists of it; null where it cannot list.</summary>
    public async Task<IReadOnlyList<ListedCredential>?> ListAsync(Visit visit, string rule, CancellationToken cancellationToken)
    {
        var target = await OpenAsync(visit, rule, cancellationToken);
        var provider = visit.Rotation.OpenProvider(providers);
        return await remotes.ReadAsync(visit, "provider", "list credentials", rule, (_, token) => provider.ListAsync(target, token), cancellationToken);
    }

    /// <summary>The list of a provider that says it can: without one nothing may be concluded.</summary>
    public async Task<IReadOnlyList<ListedCredential>> RequireListAsync(Visit visit, string rule, CancellationToken cancellationToken)
        => await ListAsync(visit, rule, cancellationToken) ?? throw new RemoteTroubleException("provider", RemoteTrouble.Denied, "The provider answered without a list.");

    /// <summary>The target of a plan, also of one that nothing was opened with.</summary>
    public async Task<ProviderTarget> ReadAsync(Visit visit, RotationPlan plan, ICredentialProvider provider, string rule, CancellationToken cancellationToken)
    {
        var secrets = new Dictionary<string, SecretText>();
        foreach (var name in provider.SecretNames)
        {
            if (!options.Value.Accounts.TryGetValue(plan.Binding.Account, out var account) || !account.Secrets.TryGetValue(name, out var uri) || !SecretName.TryParse(uri.AbsoluteUri, out var secret))
                throw new RemoteTroubleException("configuration", RemoteTrouble.BadRequest, $"Account {plan.Binding.Account} no longer says where its management credential '{name}' is: set Rotation:Accounts:{plan.Binding.Account}:Secrets:{name} to a Key Vault secret URI.");

            var read = await remotes.ReadAsync(visit, "vault", $"read management credential {name}", rule, (callId, token) => vault.ReadCurrentAsync(secret!, callId, token), cancellationToken);
            remotes.Heard(visit, read.RemoteDate);
            secrets[name] = read.Value;
        }

        return new ProviderTarget(plan.Binding.Account, plan.Binding.Target, plan.ProviderParameters, secrets);
    }
}
