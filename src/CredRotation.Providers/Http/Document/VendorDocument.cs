using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>A vendor file after every check: nothing in it is looked up, parsed or guessed again.</summary>
internal sealed record VendorDocument
{
    public required string Provider { get; init; }

    /// <summary>The file without white space and comments; reading it again gives the same document.</summary>
    public required string Text { get; init; }

    /// <summary>A file that says nothing of itself is one that was run against nothing.</summary>
    public required ProviderFacts Facts { get; init; }

    public required IReadOnlyDictionary<string, ParameterDeclaration> Parameters { get; init; }

    public required AllowedHosts Hosts { get; init; }

    public required Capabilities Capabilities { get; init; }

    /// <summary>Absent only where an issue endangers nothing.</summary>
    public required Operation? Target { get; init; }

    /// <summary>Absent where a person issues.</summary>
    public required IssueOperation? Issue { get; init; }

    /// <summary>What a person does instead of a call; absent where there is one.</summary>
    public required Template? IssueSteps { get; init; }

    public required VerifyOperation Verify { get; init; }

    public required RetireOperation? Retire { get; init; }

    /// <summary>What a person does to end the old credential, where no call does.</summary>
    public required Template? RetireSteps { get; init; }

    /// <summary>Absent where the traits say that nothing can be listed.</summary>
    public required ListOperation? List { get; init; }

    public required IReadOnlyList<ErrorRule> Errors { get; init; }

    public required IReadOnlyList<JsonPointer> Redact { get; init; }

    /// <summary>The management credentials that any template names.</summary>
    public required IReadOnlyList<string> SecretNames { get; init; }
}

/// <summary>A duration of the traits: fixed in the file, or an account's parameter.</summary>
internal sealed record DurationSetting(TimeSpan? Fixed, string? Parameter);

/// <summary>The traits, with the durations that an account may set.</summary>
internal sealed record Capabilities(ProviderTraits Fixed, IReadOnlyDictionary<string, DurationSetting> Durations);

/// <summary>One request and what a good answer to it looks like.</summary>
internal sealed record Operation(RequestTemplate Request, AuthScheme Auth, IReadOnlyList<int> SuccessStatuses, IReadOnlyList<Predicate> Require)
{
    public IEnumerable<Template> Templates
        => Request.Templates.Concat(Auth.Templates).Concat(Require.OfType<Predicate.EqualsText>().Select(predicate => predicate.Expected));
}

/// <summary>Issue, and where its answer holds what.</summary>
internal sealed record IssueOperation(Operation Call, Pick Secret, Pick? Id, Pick? ExpiresOn, Pick? OldValidUntil);

/// <summary>The probe, and what its refusals mean.</summary>
/// <param name="CredentialId">The id of the very credential that was tried.</param>
internal sealed record VerifyOperation(Operation Call, Pick? Identity, Pick? CredentialId, IReadOnlyList<int> Refused, IReadOnlyList<int> Forbidden);

/// <summary>Retire, and the statuses that say somebody was there before.</summary>
internal sealed record RetireOperation(Operation Call, IReadOnlyList<int> AlreadyGone);

/// <summary>The list of what lives, and what each entry of it says.</summary>
/// <param name="Only">What an entry must show to count; it has to say it one way or the other.</param>
/// <param name="Paging">Null: the one answer is everything.</param>
internal sealed record ListOperation(Operation Call, JsonPointer Items, JsonPointer Id, JsonPointer Marker, IReadOnlyList<Predicate> Only, Paging? Paging);

/// <summary>How a list goes on from page to page.</summary>
/// <param name="First">The number of the first page.</param>
/// <param name="Pages">Where each page says how many there are.</param>
/// <param name="Total">Where each page says how many entries there are on all of them.</param>
internal sealed record Paging(int First, JsonPointer Pages, JsonPointer Total);
