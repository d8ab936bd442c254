using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace CredRotation.Engine;

/// <summary>The object at the provider that a credential belongs to, with what is needed to manage it.</summary>
/// <param name="Account">The account's alias.</param>
/// <param name="Target">The provider's object, as the <c>rotate-target</c> tag names it within the account's pattern.</param>
/// <param name="Parameters">The account's settings for this provider; never a secret.</param>
/// <param name="Secrets">Management credentials by the names the provider asked for.</param>
public sealed record ProviderTarget(
    string Account,
    string Target,
    IReadOnlyDictionary<string, string> Parameters,
    IReadOnlyDictionary<string, SecretText> Secrets);

/// <summary>Everything one attempt to issue may say, computed once and stored, so that a replay is byte-identical.</summary>
/// <param name="IdempotencyToken">The same for every repeat of this attempt.</param>
/// <param name="Marker"><c>rot-{installation:6}-{rotation}-{attempt}</c>.</param>
/// <param name="ExpiresOn">The end to ask for, where the provider takes one.</param>
public sealed record IssueTicket(RotationId Rotation, int Attempt, string IdempotencyToken, string Marker, DateTimeOffset ExpiresOn)
{
    /// <summary>The provider's handle of the credential that is replaced: its id, or the slot of a pair that consumers run. Null when neither ledger nor probe gave it.</summary>
    public string? OldId { get; init; }

    /// <summary>What a pending issue of this attempt is found by; null where none is pending or the provider needs nothing.</summary>
    public string? Handle { get; init; }

    /// <summary>The value to set, where the caller makes it: staged before it is sent, the same for every repeat of this attempt. Never written with the ticket.</summary>
    [JsonIgnore]
    public SecretText? Material { get; init; }
}

/// <summary>A credential to try.</summary>
public sealed record Candidate(string? Id, SecretText Value);

/// <summary>The one credential to retire: by id, or by value where the value is the handle.</summary>
public sealed record RetireTicket(string? Id, SecretText? Value);

/// <summary>
/// Who issues a credential and accepts or refuses it. Implementations decide nothing: outcomes are closed sets, order and recovery
/// follow from <see cref="Describe"/>. An exception means <em>unknown</em>.
/// </summary>
public interface ICredentialProvider
{
    /// <summary>The provider kind that an account's configuration names.</summary>
    string Kind { get; }

    /// <summary>Everything that shapes this provider's calls, without secrets. Frozen into a rotation's plan, so that a resumed rotation uses what it started with.</summary>
    string Configuration { get; }

    /// <summary>What people should know of it; null where it is nobody's but its author's.</summary>
    ProviderFacts? Facts => null;

    /// <summary>Names of the management credentials this provider needs; the account says which vault secret each is.</summary>
    IReadOnlyList<string> SecretNames { get; }

    /// <summary>Pure: no I/O.</summary>
    ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters);

    /// <summary>Checks an account's parameters and a target at start-up; each answer names what is wrong and the remedy.</summary>
    IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters);

    /// <summary>A new value where the caller makes it, in the form the provider takes; 256 random bits unless a provider needs another form. Local: no I/O.</summary>
    SecretText MakeMaterial(IReadOnlyDictionary<string, string> parameters) => new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));

    Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken);

    Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken);

    Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken);

    Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken);

    Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken);

    /// <summary>Null: this provider cannot list.</summary>
    Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken);
}

/// <summary>The providers this app knows.</summary>
public interface IProviderCatalog
{
    IReadOnlyList<string> Kinds { get; }

    /// <summary>Null when no provider of that kind exists.</summary>
    ICredentialProvider? Find(string kind);

    /// <summary>The provider as it was when a plan froze it.</summary>
    ICredentialProvider Restore(string kind, string configuration);
}
