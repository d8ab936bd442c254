using CredRotation.Engine.Detect;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Rehearse;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Adopt;

/// <summary>
/// Adopts a secret that somebody made long ago: finds what consumers run at the provider, shows what would be written, and writes tags and end in
/// one PATCH once a person agreed to exactly that. The tags are what adopts, by the rules that a sweep goes by, so a crash after the PATCH loses
/// nothing but the provider's id, and asking again finds that.
/// </summary>
public sealed class Adoption
{
    /// <summary>Tags that Key Vault keeps with a secret. Source: Key Vault, "About secrets": at most 15.</summary>
    private const int TagsMax = 15;

    private const int TagLengthMax = 256;
    private const string CallId = "rot-adoption";
    private const string Source = "adoption";

    private static readonly TimeSpan s_endMax = TimeSpan.FromDays(3660);

    private readonly ICredentialVault _vault;
    private readonly CredentialRegistry _registry;
    private readonly SecretLook _look;
    private readonly Rehearsal _rehearsal;
    private readonly CurrentFinder _finder;
    private readonly IProviderCatalog _providers;
    private readonly InstallationKey _key;
    private readonly RotationOptions _options;
    private readonly TimeProvider _clock;

    internal Adoption(ICredentialVault vault, CredentialRegistry registry, SecretLook look, Rehearsal rehearsal, CurrentFinder finder, IProviderCatalog providers, InstallationKey key, IOptions<RotationOptions> options, TimeProvider clock)
    {
        (_vault, _registry, _look, _rehearsal, _finder) = (vault, registry, look, rehearsal, finder);
        (_providers, _key, _options, _clock) = (providers, key, options.Value, clock);
    }

    /// <summary>What would be written and why; no effect. Null: no watched vault holds this secret. Throws <see cref="RemoteTroubleException"/> when a remote does not answer.</summary>
    public async Task<AdoptionProposal?> ProposeAsync(AdoptionAsk ask, CancellationToken cancellationToken) => (await LookAsync(ask, cancellationToken))?.Proposal;

    /// <summary>Adopts what a person agreed to, and nothing else. Null: no watched vault holds this secret. Throws <see cref="RemoteTroubleException"/>, after which asking again goes on.</summary>
    /// <param name="change"><see cref="AdoptionProposal.Change"/> of what the person saw.</param>
    public async Task<AdoptionResult?> AdoptAsync(AdoptionAsk ask, string change, string personId, string personName, CancellationToken cancellationToken)
    {
        if (await LookAsync(ask, cancellationToken) is not { } looked) return null;
        var proposal = looked.Proposal;
        if (proposal.Refusals.Count > 0) return new AdoptionResult(proposal, false, false);
        if (proposal.Change != change) return new AdoptionResult(proposal, false, HasMovedOn: true);

        if (proposal.WouldWrite) await _vault.RetagAsync(looked.Newest, looked.Tags, proposal.ExpiresTo, CallId, cancellationToken);
        var adopted = await _look.RunAsync(ask.Secret, Source, cancellationToken);
        // Somebody changed the secret or took the target in between.
        if (adopted is not { Findings: var findings } || findings.Count > 0) return new AdoptionResult(proposal with { Refusals = adopted?.Findings ?? [] }, false, adopted is null);

        var now = _clock.GetUtcNow();
        var known = proposal.Current?.Id is { } id ? new KnownCredential(await _key.FingerprintAsync(looked.Value!, cancellationToken), id) : null;
        await _registry.TellAsync(CredentialId.Of(ask.Secret), new InboxItem.Adopt(now, personId, personName, known, proposal.Current!.How), cancellationToken);
        return new AdoptionResult(proposal, true, false);
    }

    private async Task<Looked?> LookAsync(AdoptionAsk ask, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ask);
        if (_options.Vaults.All(vault => SecretName.HostOf(vault) != ask.Secret.VaultHost)) return null;
        if (await _vault.FindNewestAsync(ask.Secret, CallId, cancellationToken) is not { Version: { } version } newest) return null;

        var now = _clock.GetUtcNow();
        var tags = Tagged(newest.Tags, ask);
        var end = ask.ExpiresOn is { } asked ? DateTimeOffset.FromUnixTimeSeconds(asked.ToUnixTimeSeconds()) : newest.ExpiresOn;
        var wished = newest with { Tags = tags, ExpiresOn = end };
        var (binding, findings) = TagReader.Read(wished, _options, now);
        var refusals = findings.ToList();
        refusals.AddRange(Unfit(newest, tags, ask.ExpiresOn, now));
        var known = await _registry.FindAsync(CredentialId.Of(ask.Secret), cancellationToken);
        if (binding is not null) refusals.AddRange(await StandsAgainstAsync(known, binding, wished, now, cancellationToken));

        var isManaged = known is { Released: null };
        var proposal = new AdoptionProposal(ask.Secret, version, binding, isManaged, DifferencesOf(newest.Tags, tags), newest.ExpiresOn, end, null, null, refusals);
        // Nothing remote is asked for the sake of what nobody may have.
        if (binding is null || refusals.Count > 0) return new Looked(proposal, newest, tags, null);

        var account = _options.Accounts[binding.Account];
        if (_providers.Find(account.Provider) is not { } provider) return new Looked(proposal with { Refusals = [NoProvider(account.Provider, now)] }, newest, tags, null);

        var row = isManaged ? known! : new CredentialRow { Id = CredentialId.Of(ask.Secret), Secret = ask.Secret, Binding = binding, AdoptedOn = now, Seen = new SeenVersion(version, end, newest.CreatedOn, true, now) };
        var plan = RotationPlans.Make(row with { Seen = row.Seen with { Version = version } }, account, _options.Policies[binding.Policy], provider, "Adoption.", (Source, now), null, now);
        var visit = new Visit { Id = Source, ClaimedAt = 0, Row = row, RowTag = "" };
        var (current, value, refusal) = await _finder.FindAsync(visit, plan, provider, ask.Credential, cancellationToken);
        if (current is null) return new Looked(proposal with { Refusals = [NotCurrent(refusal!, now)] }, newest, tags, null);

        return new Looked(proposal with { Current = current, Rehearsal = await _rehearsal.RunAsync(wished, cancellationToken) }, newest, tags, value);
    }

    /// <summary>The tags as they would be: ours in place of ours, everybody else's as they are.</summary>
    private static Dictionary<string, string> Tagged(IReadOnlyDictionary<string, string> present, AdoptionAsk ask)
    {
        var tags = present.Where(tag => !TagReader.IsOurs(tag.Key)).ToDictionary(tag => tag.Key, tag => tag.Value, StringComparer.Ordinal);
        tags[TagReader.Account] = ask.Account;
        tags[TagReader.Target] = ask.Target;
        tags[TagReader.Owner] = ask.OwnerGroup;
        if (ask.Policy is { Length: > 0 } policy) tags[TagReader.Policy] = policy;
        if (ask.Consumers is { Length: > 0 } consumers) tags[TagReader.Consumers] = consumers;
        return tags;
    }

    private static List<TagDifference> DifferencesOf(IReadOnlyDictionary<string, string> from, Dictionary<string, string> to)
        => [.. from.Keys.Union(to.Keys).Order(StringComparer.Ordinal)
            .Select(tag => new TagDifference(tag, from.GetValueOrDefault(tag), to.GetValueOrDefault(tag)))
            .Where(difference => difference.From != difference.To)];

    private static IEnumerable<Finding> Unfit(SecretProperties newest, Dictionary<string, string> tags, DateTimeOffset? end, DateTimeOffset now)
    {
        if (newest.IsManaged) yield return Against("certificate", "It is the secret behind a certificate, which the vault keeps itself.", "Renew the certificate instead.", now);
        if (!newest.IsEnabled) yield return Against("disabled", "The newest version is disabled: nobody can read it.", "Enable it, or set a new version.", now);
        if (tags.Count > TagsMax) yield return Against("tags-many", $"With ours it would carry {tags.Count} tags; a vault keeps {TagsMax}.", "Remove tags that nobody needs.", now);
        if (tags.Any(tag => TagReader.IsOurs(tag.Key) && tag.Value.Length > TagLengthMax)) yield return Against("tag-long", $"A tag would be longer than the {TagLengthMax} characters that a vault keeps.", "Name fewer consumers, or name them in the policy.", now);
        if (end <= now || end > now + s_endMax) yield return Against("end-unlikely", "The end that was given is over, or more than ten years ahead.", "Give the end that the provider states, or none.", now);
    }

    private async Task<List<Finding>> StandsAgainstAsync(CredentialRow? known, Binding binding, SecretProperties wished, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var against = new List<Finding>();
        if (_options.ModeOf(_options.Policies.GetValueOrDefault(binding.Policy)) is not RotationMode.Rotate and var mode)
            against.Add(Against("mode-forbids", $"The mode is {mode}: no value is read, no provider is called and nothing is written.", "Set Rotation:Mode (and the policy's) to Rotate. Tags that a person writes at the vault are read in any mode.", now));
        if (known?.Released is { } released && !released.IsUndoneBy(wished))
            against.Add(Against("released", RotationMachine.Bounded($"{released.PersonName} released it on {EngineTime.Text(released.On)}, with these very tags: {released.Reason}"), "Adopt it with other tags than it was released with, if the owners want it rotated again.", now));
        // What was begun carries the tags that it read, so a change now would be lost with the version that it promotes.
        if (known is { IsOpen: true }) against.Add(Against("rotation-open", "A rotation of it is open, by the tags that it was begun with.", "Let it end, and ask again.", now));
        if (known is { Released: null } && !known.Binding.IsSame(binding))
            against.Add(Against("managed-otherwise", "It is managed already, with another binding.", "Change its tags; those who answer for it now consent on the credentials page. Or let them release it first.", now));
        if (await _registry.FindTargetAsync(binding.Account, binding.Target, cancellationToken) is { } owner && owner != CredentialId.Of(wished.Secret))
            against.Add(SecretLook.TargetTaken(binding, now));
        return against;
    }

    private static Finding NoProvider(string kind, DateTimeOffset now) => Against("provider-unknown", $"No provider of kind '{kind}' exists here.", "Correct Provider of the account, or add the file that describes it.", now);

    private static Finding NotCurrent(string why, DateTimeOffset now) => Against("current-not-found", RotationMachine.Bounded(why), "Correct the target, put the credential that consumers run into the vault, or pick one that the provider lists.", now);

    private static Finding Against(string code, string detail, string remedy, DateTimeOffset now) => new(code, detail, remedy, now, FindingSeverity.Warning);

    /// <summary>A proposal with what it would be carried out with.</summary>
    private sealed record Looked(AdoptionProposal Proposal, SecretProperties Newest, IReadOnlyDictionary<string, string> Tags, SecretText? Value);
}
