using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using CredRotation.Engine.Reload;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine;

/// <summary>Refuses settings that could not rotate safely: all errors at once, each naming the setting and the remedy.</summary>
internal sealed class RotationOptionsValidator(IProviderCatalog providers) : IValidateOptions<RotationOptions>
{
    /// <summary>Rule 8: reload, activation and escalation must fit into the overlap with half as much again to spare.</summary>
    private const double Margin = 1.5;

    public ValidateOptionsResult Validate(string? name, RotationOptions options)
    {
        var errors = new List<string>();
        Ranges("Rotation", options, errors);
        if (options.ClaimTime < options.EffectTimeout * 4)
            errors.Add($"Rotation:ClaimTime ({options.ClaimTime}) must be at least four times Rotation:EffectTimeout ({options.EffectTimeout}): one visit checks, reserves, issues and stages. Raise it, for example to 00:05:00.");
        foreach (var (vault, index) in options.Vaults.Select((vault, index) => (vault, index))) Vault($"Rotation:Vaults:{index}", vault, errors);
        if (options.StagingVault is { } staging)
        {
            Vault("Rotation:StagingVault", staging, errors);
            if (staging.IsAbsoluteUri && options.Vaults.Any(vault => vault.IsAbsoluteUri && SecretName.HostOf(vault) == SecretName.HostOf(staging)))
                errors.Add("Rotation:StagingVault is also listed in Rotation:Vaults. Staged values must live where nothing else reads: name a vault of its own, for example https://rot-staging.vault.azure.net/.");
        }
        else if (options.Mode is RotationMode.Rotate)
        {
            errors.Add("Rotation:StagingVault is not set, and Rotation:Mode is Rotate. Name the rotator's own vault, for example https://rot-staging.vault.azure.net/.");
        }

        foreach (var (alias, policy) in options.Policies)
        {
            Policy($"Rotation:Policies:{alias}", policy, options, errors);
            foreach (var consumer in policy.Consumers.Where(options.Consumers.ContainsKey))
                if (ConsumerRules.TooSlow(consumer, options.Consumers[consumer], alias, policy) is var (what, remedy)) errors.Add($"{what} {remedy}");
        }

        foreach (var (alias, consumer) in options.Consumers)
        {
            Ranges($"Rotation:Consumers:{alias}", consumer, errors);
            errors.AddRange(ConsumerRules.Faults($"Rotation:Consumers:{alias}", consumer));
        }

        if (options.VaultLog is { } log)
        {
            Ranges("Rotation:VaultLog", log, errors);
            if (log.Workspace.Length > 0 && !Guid.TryParseExact(log.Workspace, "D", out _)) errors.Add("Rotation:VaultLog:Workspace must be the workspace's id, for example 00000000-0000-0000-0000-000000000041, or empty.");
        }

        // An acknowledgement names a principal and no alias: of two with one principal only the first could ever prove anything.
        foreach (var same in options.Consumers.Where(consumer => consumer.Value.Principal.Length > 0).GroupBy(consumer => consumer.Value.Principal, StringComparer.OrdinalIgnoreCase).Where(same => same.Count() > 1))
            errors.Add($"Rotation:Consumers: {string.Join(", ", same.Select(consumer => consumer.Key).Order(StringComparer.Ordinal))} name one Principal, so that an acknowledgement could not be told to be of one of them. Give each its own identity, or make them one consumer.");
        foreach (var (alias, freeze) in options.Freezes)
        {
            if (freeze.To <= freeze.From) errors.Add($"Rotation:Freezes:{alias}: To must be later than From, for example 2026-12-20T00:00:00+01:00 and 2027-01-03T00:00:00+01:00.");
            errors.AddRange(freeze.Policies.Where(policy => !options.Policies.ContainsKey(policy)).Select(policy => $"Rotation:Freezes:{alias}:Policies names '{policy}', which Rotation:Policies does not configure."));
        }

        foreach (var (alias, account) in options.Accounts) Account($"Rotation:Accounts:{alias}", account, options, errors);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private void Account(string path, AccountOptions account, RotationOptions options, List<string> errors)
    {
        Ranges(path, account, errors);
        foreach (var (vault, index) in account.Vaults.Select((vault, index) => (vault, index))) Vault($"{path}:Vaults:{index}", vault, errors);
        if (account.ProviderApproval is { } approval)
        {
            Ranges($"{path}:ProviderApproval", approval, errors);
            foreach (var (alias, policy) in options.Policies.Where(policy => policy.Value.Lead <= approval.LeadTime + policy.Value.ApprovalMax))
                errors.Add($"Rotation:Policies:{alias}:Lead ({policy.Lead}) must be longer than ApprovalMax ({policy.ApprovalMax}) + {path}:ProviderApproval:LeadTime ({approval.LeadTime}), else the provider's approval would come after the end. Raise Lead.");
        }

        if (account.Vaults.Count == 0) errors.Add($"{path}:Vaults grants the account to no vault; name at least one of Rotation:Vaults.");
        if (account.OwnerGroups.Count == 0) errors.Add($"{path}:OwnerGroups names nobody who may answer; add the object id of an Entra group.");
        try
        {
            _ = new Regex($"^(?:{account.Targets})$", RegexOptions.NonBacktracking);
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            errors.Add($"{path}:Targets is not a usable pattern (no look-around or back-references), for example '[A-Z0-9]{{8,40}}'.");
        }

        if (providers.Find(account.Provider) is not { } provider)
        {
            errors.Add($"{path}:Provider names '{account.Provider}', which does not exist; known are {string.Join(", ", providers.Kinds)}.");
            return;
        }

        if (provider.Facts is { Status: ProviderStatus.Documented } && !account.AllowUnverified)
            errors.Add($"{path}:Provider '{account.Provider}' was written after the vendor's documentation and run against nothing. Rehearse it at a test account first, then set {path}:AllowUnverified to true.");
        errors.AddRange(provider.Validate(account.Parameters).Select(problem => $"{path}:Parameters: {problem}"));
        foreach (var secret in provider.SecretNames)
        {
            if (!account.Secrets.TryGetValue(secret, out var uri) || !SecretName.TryParse(uri.IsAbsoluteUri ? uri.AbsoluteUri : null, out _))
                errors.Add($"{path}:Secrets:{secret} must say where that management credential is, for example https://platform.vault.azure.net/secrets/{secret}.");
        }

        if (errors.Any(error => error.StartsWith($"{path}:Parameters", StringComparison.Ordinal))) return;
        Traits(path, provider.Describe(account.Parameters), options, errors);
    }

    private static void Traits(string path, ProviderTraits traits, RotationOptions options, List<string> errors)
    {
        var faults = TraitRules.Faults(traits).ToList();
        errors.AddRange(faults.Select(fault => $"{path}:Provider {fault}"));
        if (faults.Count > 0) return;
        if (traits is { IssueReplay: IssueReplay.None, CanList: false } && options.FallbackGroup is not { Length: > 0 })
            errors.Add($"{path}:Provider can neither list nor repeat an issue: what a lost answer made is found by a person only. Name who is told besides the owners: set Rotation:FallbackGroup.");

        foreach (var (alias, policy) in options.Policies)
        {
            if (traits.LifetimeMax is { } max && policy.Lead + policy.ApprovalMax >= max)
                errors.Add($"Rotation:Policies:{alias}: Lead ({policy.Lead}) + ApprovalMax ({policy.ApprovalMax}) must be shorter than the longest life of a credential that {path} gives ({max}), else the next rotation is due before this one ends. Lower Lead.");
        }

        if (traits.OldLife is not { } overlap) return;
        foreach (var (alias, policy) in options.Policies)
        {
            var needed = policy.ReloadMax + traits.ActivationDelayMax + policy.EscalationMax;
            if (needed * Margin > overlap)
                errors.Add($"Rotation:Policies:{alias} needs {Margin} x (ReloadMax {policy.ReloadMax} + activation {traits.ActivationDelayMax} + EscalationMax {policy.EscalationMax}) = {needed * Margin}, more than the overlap of {overlap} that {path} gives. Lower ReloadMax or EscalationMax.");
            if (policy.Reserve < needed)
                errors.Add($"Rotation:Policies:{alias}:Reserve ({policy.Reserve}) must be at least ReloadMax + activation + EscalationMax = {needed}.");
            if (policy.Reserve >= overlap)
                errors.Add($"Rotation:Policies:{alias}:Reserve ({policy.Reserve}) leaves nothing of the overlap of {overlap} that {path} gives. Lower it.");
        }
    }

    private static void Policy(string path, PolicyOptions policy, RotationOptions options, List<string> errors)
    {
        Ranges(path, policy, errors);
        if (policy.Lead + policy.ApprovalMax >= policy.Lifetime)
            errors.Add($"{path}: Lead ({policy.Lead}) + ApprovalMax ({policy.ApprovalMax}) must be shorter than Lifetime ({policy.Lifetime}), else the next rotation is due before this one ends.");
        foreach (var (window, index) in policy.Windows.Select((window, index) => (window, index)))
            if (window.From == window.To || window.Days.Any(day => !Enum.IsDefined(day))) errors.Add($"{path}:Windows:{index} needs From and To that differ, and Days by their names, for example Monday, 22:00 and 04:00.");
        if (policy.Ladder.Count > 12 || policy.Ladder.Any(rung => rung <= TimeSpan.Zero || rung > TimeSpan.FromDays(180)) || policy.Ladder.Zip(policy.Ladder.Skip(1)).Any(pair => pair.First <= pair.Second))
            errors.Add($"{path}:Ladder must be at most 12 times before the end, each longer than zero and at most 180 days, the longest first, for example 30.00:00:00, 7.00:00:00, 04:00:00.");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(policy.Zone, out var zone) || !zone.HasIanaId)
            errors.Add($"{path}:Zone names '{policy.Zone}', which is no IANA time zone of this host, for example Europe/Berlin.");
        foreach (var alias in policy.Consumers.Where(alias => !options.Consumers.ContainsKey(alias)))
            errors.Add($"{path}:Consumers names '{alias}', which Rotation:Consumers does not configure.");
    }

    private static void Vault(string path, Uri vault, List<string> errors)
    {
        if (vault is not { IsAbsoluteUri: true, Scheme: "https", AbsolutePath: "/" })
            errors.Add($"{path} must be a vault's https URI without a path, for example https://payments.vault.azure.net/.");
    }

    private static void Ranges(string path, object options, List<string> errors)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        errors.AddRange(results.Select(result => $"{path}:{string.Join(",", result.MemberNames)}: {result.ErrorMessage}"));
    }
}
