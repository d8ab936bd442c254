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

    /// <summary>How the caller makes a value; absent where the provider does.</summary>
    public required Material? Material { get; init; }

    public required Operations Operations { get; init; }

    public required IReadOnlyList<ErrorRule> Errors { get; init; }

    /// <summary>A header that says how long to stay away, where a vendor has one of its own.</summary>
    public required PauseHeader? Pause { get; init; }

    public required IReadOnlyList<JsonPointer> Redact { get; init; }

    /// <summary>The management credentials that any template names.</summary>
    public required IReadOnlyList<string> SecretNames { get; init; }
}

/// <summary>A duration of the traits: fixed in the file, or an account's parameter.</summary>
/// <param name="Unit">What a whole number counts, where the parameter is one.</param>
internal sealed record DurationSetting(TimeSpan? Fixed, string? Parameter, TimeSpan? Unit = null)
{
    public TimeSpan? Min { get; init; }

    public TimeSpan? Max { get; init; }

    /// <summary>What an account's text comes to; null when it is none.</summary>
    public TimeSpan? Read(string text)
        => Unit is { } unit ? long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number <= Duration.DaysMax * TimeSpan.TicksPerDay / unit.Ticks ? unit * number : null
            : Duration.Parse(text);
}

/// <summary>The traits, with the durations that an account may set.</summary>
internal sealed record Capabilities(ProviderTraits Fixed, IReadOnlyDictionary<string, DurationSetting> Durations);

/// <summary>A value that the caller makes: by a hook's name, or so many characters of these sets, at least one of each.</summary>
internal sealed record Material(string? Hook, int Length, IReadOnlyList<string> Sets);

/// <summary>How a vendor says, beside Retry-After, for how long to stay away.</summary>
internal sealed record PauseHeader(string Name, PauseForm Form);

/// <summary>What such a header counts.</summary>
internal enum PauseForm { Seconds, UnixSeconds, Date }

/// <summary>Every operation of a file, read.</summary>
/// <param name="Target">Absent only where an issue endangers nothing.</param>
/// <param name="Issue">Absent where a person issues.</param>
/// <param name="IssueSteps">What a person does instead of a call; absent where there is one.</param>
/// <param name="RetireSteps">What a person does to end the old credential, where no call does.</param>
/// <param name="List">Absent where the traits say that nothing can be listed.</param>
/// <param name="Recover">Reads a value again; absent where no call does.</param>
internal sealed record Operations(
    TargetOperation? Target, IssueOperation? Issue, Template? IssueSteps, VerifyOperation Verify, RetireOperation? Retire, Template? RetireSteps, ListOperation? List, RecoverOperation? Recover)
{
    /// <summary>Every call, in the order of a rotation; without a request only its token is asked for.</summary>
    public IEnumerable<(string Name, Operation? Call, AuthScheme Auth)> Named
        => new (string Name, Operation? Call)[]
            {
                ("target", Target?.Call ?? Target?.Find?.Call), ("issue find", Issue?.Find?.Call), ("issue before", Issue?.Before?.Call), ("issue", Issue?.Call),
            }
            .Where(named => named.Call is not null).Select(named => (named.Name, named.Call, named.Call!.Auth))
            .Append(("verify", Verify.Call, Verify.Auth))
            .Concat(new (string Name, Operation? Call)[] { ("recover", Recover?.Call), ("list", List?.Call), ("retire look", Retire?.Look?.Call), ("retire disable", Retire?.Disable?.Call), ("retire", Retire?.Call) }
                .Where(named => named.Call is not null).Select(named => (named.Name, named.Call, named.Call!.Auth)));

    public IEnumerable<Template> Templates
        => Named.Select(named => named.Call).OfType<Operation>().SelectMany(operation => operation.Templates)
            .Concat(Verify.Auth.AllTemplates)
            .Concat(new[] { Target?.Find, Issue?.Find }.OfType<FindOperation>().SelectMany(find => find.Where).Concat(List?.Only ?? []).SelectMany(predicate => predicate.Templates))
            .Concat(new[] { IssueSteps, RetireSteps }.OfType<Template>());
}

/// <summary>One request and what a good answer to it looks like.</summary>
internal sealed record Operation(RequestTemplate Request, AuthScheme Auth, IReadOnlyList<int> SuccessStatuses, IReadOnlyList<Predicate> Require)
{
    public IEnumerable<Template> Templates
        => Request.Templates.Concat(Auth.AllTemplates).Concat(Require.SelectMany(predicate => predicate.Templates));

    public bool Names(Source source) => Request.Templates.Concat(Auth.AllTemplates).SelectMany(template => template.Placeholders).Any(placeholder => placeholder.Source == source);
}

/// <summary>A search that must find exactly one entry before anything else is sent.</summary>
internal sealed record FindOperation(Operation Call, JsonPointer Items, IReadOnlyList<Predicate> Where, JsonPointer Id);

/// <summary>A request that makes room, and the answers that say there was nothing to do.</summary>
internal sealed record StepOperation(Operation Call, AnswerMatch? AlreadyGone);

/// <summary>Shows that the target can be managed: by one request, or by finding it in a list.</summary>
internal sealed record TargetOperation(Operation? Call, FindOperation? Find);

/// <summary>Issue, what goes before it, and where its answer holds what.</summary>
/// <param name="OnlyOld">The handle that the old credential must have, or nothing is sent.</param>
/// <param name="Secret">Absent where the caller makes the value.</param>
/// <param name="IsEncrypted">The secret comes encrypted to the material's key.</param>
internal sealed record IssueOperation(
    FindOperation? Find, StepOperation? Before, string? OnlyOld, Operation Call, Pick? Secret, bool IsEncrypted, Pick? Id, Pick? ExpiresOn, Pick? OldValidUntil, StoredForm? Store);

/// <summary>The probe, and what its refusals mean.</summary>
/// <param name="Call">Absent where a fresh token is the proof.</param>
/// <param name="CredentialId">The id of the very credential that was tried.</param>
internal sealed record VerifyOperation(AuthScheme Auth, Operation? Call, Pick? Identity, Pick? CredentialId, IReadOnlyList<AnswerMatch> Refused, AnswerMatch Forbidden);

/// <summary>Retire, what goes before it, and the answers that say somebody was there before.</summary>
/// <param name="Disable">The reversible step that must come before.</param>
/// <param name="Look">Shows since when it is disabled; with it a hold may pass between the two steps.</param>
/// <param name="OnlyOld">The handle that alone may be retired by this request.</param>
internal sealed record RetireOperation(Operation Call, AnswerMatch? AlreadyGone, StepOperation? Disable, LookOperation? Look, DurationSetting? Hold, string? OnlyOld, bool IsConfirmedByList);

/// <summary>Whether the credential is disabled, and since when.</summary>
internal sealed record LookOperation(Operation Call, IReadOnlyList<Predicate> Disabled, Pick Since);

/// <summary>Reads the value of what a lost answer made, found by its marker in the list.</summary>
internal sealed record RecoverOperation(Operation Call, Pick Secret);

/// <summary>The list of what lives, and what each entry of it says.</summary>
/// <param name="Marker">Absent where entries show only ids.</param>
/// <param name="Only">What an entry must show to count; it has to say it one way or the other.</param>
/// <param name="Value">Where an entry shows the value itself; only compared with what the caller made.</param>
/// <param name="Paging">Null: the one answer is everything.</param>
internal sealed record ListOperation(Operation Call, JsonPointer Items, JsonPointer Id, JsonPointer? Marker, IReadOnlyList<Predicate> Only, Pick.At? CreatedAt, JsonPointer? Value, Paging? Paging);

/// <summary>How a list goes on from page to page.</summary>
internal enum PagingKind { Page, Offset, Token, Url, LinkHeader }

/// <summary>Where an answer says that there is more, and how it is asked for.</summary>
/// <param name="First">The number of the first page.</param>
/// <param name="Size">How many entries a full page holds, where entries are counted.</param>
/// <param name="Pages">Where each page says how many there are.</param>
/// <param name="Total">Where each page says how many entries there are on all of them.</param>
/// <param name="Next">Where a page names the next one, by token or address; absent or empty on the last.</param>
/// <param name="Parameter">The query parameter that carries the token.</param>
/// <param name="More">Where a page says whether there is another, if a token alone does not say it.</param>
internal sealed record Paging(PagingKind Kind, int First, int Size, JsonPointer? Pages, JsonPointer? Total, JsonPointer? Next, string? Parameter, JsonPointer? More);
