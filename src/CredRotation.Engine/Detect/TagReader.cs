using System.Text.RegularExpressions;
using CredRotation.Engine.Reload;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect;

/// <summary>Reads a binding from tags. Tags are hostile input: they choose among what configuration grants, and everything else is a finding naming the tag and the fix.</summary>
public static partial class TagReader
{
    public const string Account = "rotate-account";
    public const string Target = "rotate-target";
    public const string Owner = "rotate-owner";
    public const string Policy = "rotate-policy";
    public const string Consumers = "rotate-consumers";

    private const string Prefix = "rotate-";
    private const int ConsumersMax = 20;
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether any tag asks for management.</summary>
    public static bool AsksForManagement(SecretProperties secret) => secret.Tags.Keys.Any(IsOurs);

    public static bool IsOurs(string tag) => tag.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>The binding, or the findings that stand against it.</summary>
    public static (Binding? Binding, IReadOnlyList<Finding> Findings) Read(SecretProperties secret, RotationOptions options, DateTimeOffset now)
    {
        var findings = new List<Finding>();
        var tags = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in secret.Tags) tags[name] = value.Trim();

        var unknown = tags.Keys.FirstOrDefault(tag => tag.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && tag.ToLowerInvariant() is not (Account or Target or Owner or Policy or Consumers));
        if (unknown is not null) Add("tag-unknown", $"Tag '{Shown(unknown)}' is not one CredRotation knows.", $"Use {Account}, {Target}, {Owner}, {Policy} or {Consumers}, or remove it.");

        var account = Required(Account, "the alias of an account in configuration");
        var target = Required(Target, "the object at the provider");
        var owner = Required(Owner, "the object id of the owner group");
        var policy = tags.GetValueOrDefault(Policy) is { Length: > 0 } named ? named : options.DefaultPolicy;
        var granted = account is null ? null : options.Accounts.GetValueOrDefault(account);
        if (account is not null && granted is null)
            Add("tag-account-unknown", $"Tag {Account} names account '{Shown(account)}', which is not configured.", $"Correct the tag, or let the platform team add Rotation:Accounts:{Shown(account)}.");
        if (granted is not null)
        {
            if (!granted.Vaults.Any(vault => SecretName.HostOf(vault) == secret.Secret.VaultHost))
                Add("tag-account-not-granted", $"Account '{Shown(account!)}' is not granted to vault {secret.Secret.VaultHost}.", $"Move the secret, or let the platform team add the vault to Rotation:Accounts:{Shown(account!)}:Vaults.");
            if (target is not null && !Matches(granted.Targets, target))
                Add("tag-target-not-granted", $"Tag {Target} names '{Shown(target)}', outside the account's pattern {granted.Targets}.", "Correct the tag, or let the platform team widen Targets of the account.");
            if (owner is not null && !granted.OwnerGroups.Contains(owner, StringComparer.OrdinalIgnoreCase))
                Add("tag-owner-not-granted", $"Tag {Owner} names group '{Shown(owner)}', which may not answer for this account.", $"Correct the tag, or let the platform team add the group to Rotation:Accounts:{Shown(account!)}:OwnerGroups.");
        }

        if (!options.Policies.ContainsKey(policy))
            Add("tag-policy-unknown", $"Policy '{Shown(policy)}' is not configured.", $"Use one of: {string.Join(", ", options.Policies.Keys.Order(StringComparer.Ordinal))}.");
        var consumers = tags.GetValueOrDefault(Consumers) is { Length: > 0 } list
            ? list.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).ToList()
            : options.Policies.GetValueOrDefault(policy)?.Consumers.ToList() ?? [];
        if (consumers.Count > ConsumersMax) Add("tag-consumers-many", $"Tag {Consumers} names {consumers.Count} consumers; at most {ConsumersMax} are allowed.", "Name fewer.");
        var stranger = consumers.FirstOrDefault(alias => !options.Consumers.ContainsKey(alias));
        if (stranger is not null)
            Add("tag-consumer-unknown", $"Consumer '{Shown(stranger)}' is not configured.", $"Tags name aliases, never URLs. Correct the tag, or let the platform team add Rotation:Consumers:{Shown(stranger)}.");

        if (options.Policies.GetValueOrDefault(policy) is { } times)
        {
            foreach (var alias in consumers.Where(options.Consumers.ContainsKey).Take(ConsumersMax))
                if (ConsumerRules.TooSlow(alias, options.Consumers[alias], policy, times) is var (what, remedy)) Add("tag-consumer-slow", what, remedy);
        }

        return findings.Count > 0 || account is null || target is null || owner is null
            ? (null, findings)
            : (new Binding(account, target, owner, policy, consumers), findings);

        string? Required(string tag, string what)
        {
            if (tags.GetValueOrDefault(tag) is { Length: > 0 and <= 200 } value && PlainPattern().IsMatch(value)) return value;
            Add(tag == Account ? "tag-account-missing" : tag == Target ? "tag-target-missing" : "tag-owner-missing",
                tags.TryGetValue(tag, out var bad) ? $"Tag {tag} holds '{Shown(bad)}', which cannot be {what}." : $"Tag {tag} is missing.", $"Set {tag} to {what} (1 to 200 characters of letters, digits and . _ : / @ -).");
            return null;
        }

        void Add(string code, string detail, string remedy) => findings.Add(new Finding(code, detail, remedy, now, FindingSeverity.Warning));
    }

    /// <summary>What stands against a binding now, by the same rules that tags are read by.</summary>
    public static IReadOnlyList<Finding> Check(Binding binding, SecretName secret, RotationOptions options, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(binding);
        var tags = new Dictionary<string, string>
        {
            [Account] = binding.Account,
            [Target] = binding.Target,
            [Owner] = binding.OwnerGroup,
            [Policy] = binding.Policy,
            [Consumers] = string.Join(",", binding.Consumers),
        };
        return Read(new SecretProperties(secret, null, IsEnabled: true, null, null, null, null, tags), options, now).Findings;
    }

    private static bool Matches(string pattern, string target)
        // NonBacktracking: a target cannot make the match slow, whatever the pattern.
        => Regex.IsMatch(target, $"^(?:{pattern})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, PatternTimeout);

    /// <summary>A hostile text as it may be shown: short, printable.</summary>
    private static string Shown(string text) => new([.. text.Take(60).Select(c => char.IsControl(c) ? '?' : c)]);

    [GeneratedRegex(@"^[A-Za-z0-9._:/@\-]+$")]
    private static partial Regex PlainPattern();
}
