using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http;

/// <summary>Speaks to any vendor that a file describes. Decides nothing: the file says what an answer means, and what it leaves open is unknown.</summary>
internal sealed class HttpProvider(VendorDocument document, HttpExchange exchange) : ICredentialProvider
{
    // Key Vault takes 25 thousand bytes, and what cannot be stored is not held.
    private const int SecretLengthMax = 24_000;

    // What a list may cost. Beyond it nothing is known, which is said and not cut off.
    private const int PagesMax = 50;
    private const int EntriesMax = 5_000;

    /// <summary>How often a person's turn is asked about: what they hand in or end is noticed by itself.</summary>
    private static readonly TimeSpan PersonPause = TimeSpan.FromHours(1);

    private readonly AccountParameters _parameters = new(document);

    public string Kind => document.Provider;

    public string Configuration => document.Text;

    public IReadOnlyList<string> SecretNames => document.SecretNames;

    public ProviderFacts Facts => document.Facts;

    public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => _parameters.Describe(parameters);

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters) => _parameters.Faults(parameters);

    public async Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        // The file may leave this out only where an issue endangers nothing.
        if (document.Target is not { } operation) return new TargetOutcome.Readable(null);

        var values = Values(target);
        var (request, refusal) = Build("target", operation, values);
        if (request is null) return new TargetOutcome.Unreadable(refusal!, null);

        using (request)
        using (var answer = await exchange.SendAsync(Kind, "target", request, cancellationToken))
        {
            if (IsSuccess(operation, answer))
            {
                return answer.Body is null ? new TargetOutcome.Unknown(answer.Words, answer.RemoteDate)
                    : FirstUnmet(operation, answer.Body, values) is { } unmet ? new TargetOutcome.Unreadable($"unmet:{unmet}", answer.RemoteDate)
                    : new TargetOutcome.Readable(answer.RemoteDate);
            }

            return Classify(answer) switch
            {
                ErrorClass.Rejected or ErrorClass.NoCapacity => new TargetOutcome.Unreadable(Code(answer, values), answer.RemoteDate),
                ErrorClass.Throttled => new TargetOutcome.Throttled(After(answer), answer.RemoteDate),
                _ => new TargetOutcome.Unknown(answer.Words, answer.RemoteDate),
            };
        }
    }

    public async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        var values = Values(target) with { Ticket = ticket };
        if (document.Issue?.Call is not { } operation) return new IssueOutcome.Pending(document.IssueSteps!.Expand(values), PersonPause);

        var (request, refusal) = Build("issue", operation, values);
        if (request is null) return new IssueOutcome.Rejected(refusal!);

        using (request)
        using (var answer = await exchange.SendAsync(Kind, "issue", request, cancellationToken))
        {
            if (IsSuccess(operation, answer)) return ReadIssued(answer, values);

            return Classify(answer) switch
            {
                ErrorClass.Rejected => new IssueOutcome.Rejected(Code(answer, values)),
                ErrorClass.NoCapacity => new IssueOutcome.NoCapacity(Code(answer, values)),
                ErrorClass.Throttled => new IssueOutcome.Throttled(After(answer)),
                _ => new IssueOutcome.Unknown(answer.Words),
            };
        }
    }

    public async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
    {
        var (verify, values) = (document.Verify, Values(target) with { New = candidate });
        var (request, refusal) = Build("verify", verify.Call, values);
        if (request is null) return new ProbeOutcome.Unknown($"Nothing was sent: {refusal}.", null);

        using (request)
        using (var answer = await exchange.SendAsync(Kind, "verify", request, cancellationToken))
        {
            if (IsSuccess(verify.Call, answer)) return ReadProbe(answer, values);

            return answer.Status switch
            {
                { } status when verify.Refused.Contains(status) => new ProbeOutcome.Refused(answer.RemoteDate),
                { } status when verify.Forbidden.Contains(status) => new ProbeOutcome.Forbidden(answer.RemoteDate),
                _ when Classify(answer) is ErrorClass.Throttled => new ProbeOutcome.Throttled(After(answer), answer.RemoteDate),
                _ => new ProbeOutcome.Unknown(answer.Words, answer.RemoteDate),
            };
        }
    }

    public async Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
    {
        if (document.RetireSteps is { } steps) return new RetireOutcome.Pending(steps.Expand(Values(target)), PersonPause);
        if (document.Retire is not { } retire) return new RetireOutcome.EndsByTimer();

        var values = Values(target) with { Old = ticket };
        var (request, refusal) = Build("retire", retire.Call, values);
        if (request is null) return new RetireOutcome.Rejected(refusal!);

        using (request)
        using (var answer = await exchange.SendAsync(Kind, "retire", request, cancellationToken))
        {
            if (answer.Status is { } status && retire.AlreadyGone.Contains(status)) return new RetireOutcome.AlreadyGone();
            if (IsSuccess(retire.Call, answer))
            {
                return retire.Call.Require.Count == 0 || (answer.Body is { } body && FirstUnmet(retire.Call, body, values) is null)
                    ? new RetireOutcome.Retired()
                    : new RetireOutcome.Unknown($"{answer.Words} It does not show that the credential was retired.");
            }

            return Classify(answer) switch
            {
                ErrorClass.Rejected or ErrorClass.NoCapacity => new RetireOutcome.Rejected(Code(answer, values)),
                ErrorClass.Throttled => new RetireOutcome.Throttled(After(answer)),
                _ => new RetireOutcome.Unknown(answer.Words),
            };
        }
    }

    // No file describes a way to read a value again; the traits say what a repeat does, and a list is the engine's to judge.
    public Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
        => Task.FromResult<RecoverOutcome>(document.IssueSteps is { } steps ? new RecoverOutcome.Pending(steps.Expand(Values(target) with { Ticket = ticket }), PersonPause) : new RecoverOutcome.Indeterminate());

    /// <summary>Everything that lives, or an exception: a list that could not be read whole is never a short one.</summary>
    public async Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        if (document.List is not { } list) return null;

        var (entries, seen) = (new List<ListedCredential>(), new HashSet<string>(StringComparer.Ordinal));
        var first = list.Paging?.First ?? 0;
        for (var (at, pages, total) = (0, 1, (int?)null); at < pages; at++)
        {
            var page = await ReadPageAsync(list, Values(target) with { Page = first + at }, cancellationToken);
            if (at > 0 && (page.Pages, page.Total) != (pages, total)) throw Unlisted("it changed while it was read");
            (pages, total) = (page.Pages, page.Total);
            if (pages > PagesMax || Math.Max(total ?? 0, page.Seen.Count) > EntriesMax) throw Unlisted($"it is longer than {PagesMax} pages or {EntriesMax} entries");
            // An entry that moved to a page that was read already would show up nowhere.
            if (!page.Seen.All(seen.Add)) throw Unlisted("an id is in it twice");

            entries.AddRange(page.Entries);
            if (at + 1 >= pages && total is { } all && all != seen.Count) throw Unlisted($"it says that it has {all} entries and shows {seen.Count}");
        }

        return entries;
    }

    private async Task<ListedPage> ReadPageAsync(ListOperation list, TemplateValues values, CancellationToken cancellationToken)
    {
        var (request, refusal) = Build("list", list.Call, values);
        if (request is null) throw new RemoteTroubleException("provider", RemoteTrouble.BadRequest, $"The list was not asked for: {refusal}.");

        using (request)
        using (var answer = await exchange.SendAsync(Kind, "list", request, cancellationToken))
        {
            if (!IsSuccess(list.Call, answer))
            {
                throw Classify(answer) switch
                {
                    ErrorClass.Throttled => new RemoteTroubleException("provider", RemoteTrouble.Throttled, "The provider asks to come back later.", After(answer)),
                    ErrorClass.Rejected or ErrorClass.NoCapacity => new RemoteTroubleException("provider", RemoteTrouble.Denied, $"The provider does not let the management credential list ({Code(answer, values)})."),
                    _ => new RemoteTroubleException("provider", RemoteTrouble.Unknown, $"The list could not be read: {answer.Words}"),
                };
            }

            if (answer.Body is not { } body) throw Unlisted(answer.Words);
            if (FirstUnmet(list.Call, body, values) is { } unmet) throw Unlisted($"it does not show what it must at {unmet}");

            var (page, trouble) = ListedPage.Read(list, body, values, id => IsUsableId(id, values.Secrets));
            return page ?? throw Unlisted(trouble!);
        }
    }

    private static RemoteTroubleException Unlisted(string words) => new("provider", RemoteTrouble.Unknown, $"The provider's list cannot be used: {words.TrimEnd('.')}. Nothing was concluded from it.");

    // From here on a credential exists: whatever cannot be read leaves it unknown, never refused.
    private IssueOutcome ReadIssued(Answer answer, TemplateValues values)
    {
        var issue = document.Issue!;
        if (answer.Body is not { } body) return new IssueOutcome.Unknown(answer.Words);
        if (body.Text(issue.Secret.Pointer) is not { Length: > 0 and <= SecretLengthMax } value) return Lost($"the answer holds no usable secret at {issue.Secret.Pointer}");

        var secret = new SecretText(value);
        if (FirstUnmet(issue.Call, body, values) is { } unmet) return Lost($"the answer does not show what it must at {unmet}");

        var (id, expiresOn, oldValidUntil) = (issue.Id is { } handle ? body.Scalar(handle.Pointer) : null, issue.ExpiresOn?.Instant(body), issue.OldValidUntil?.Instant(body));
        if (issue.Id is not null && !IsUsableId(id, [value])) return Lost($"the answer holds no usable id at {issue.Id.Pointer}");
        if (issue.ExpiresOn is not null && expiresOn is null) return Lost($"the answer holds no instant at {issue.ExpiresOn.Pointer}");
        if (issue.OldValidUntil is not null && oldValidUntil is null) return Lost($"the answer holds no instant at {issue.OldValidUntil.Pointer}");

        return new IssueOutcome.Issued(secret, id, expiresOn, oldValidUntil);

        static IssueOutcome.Unknown Lost(string words) => new($"The provider answered with success, but {words}.");
    }

    private ProbeOutcome ReadProbe(Answer answer, TemplateValues values)
    {
        var verify = document.Verify;
        if (answer.Body is not { } body)
        {
            return verify is { Identity: null, CredentialId: null, Call.Require.Count: 0 }
                ? new ProbeOutcome.Works(null, answer.RemoteDate)
                : new ProbeOutcome.Unknown(answer.Words, answer.RemoteDate);
        }

        if (FirstUnmet(verify.Call, body, values) is { } unmet)
            return new ProbeOutcome.WrongIdentity($"The credential is accepted, but the answer differs from the target at {unmet}.", answer.RemoteDate);
        var id = verify.CredentialId is { } tried ? body.Scalar(tried.Pointer) : null;
        if (verify.CredentialId is not null && !IsUsableId(id, values.Secrets))
            return new ProbeOutcome.Unknown($"The credential is accepted, but the answer holds no usable id at {verify.CredentialId.Pointer}.", answer.RemoteDate);
        if (verify.Identity is null) return new ProbeOutcome.Works(null, answer.RemoteDate) { CredentialId = id };

        // A longer name would be cut, and two owners could then look like one.
        return body.Scalar(verify.Identity.Pointer) is { Length: > 0 and <= Answers.Redaction.NameLengthMax } identity
            ? new ProbeOutcome.Works(Redaction(answer, values).Name(identity), answer.RemoteDate) { CredentialId = id }
            : new ProbeOutcome.Unknown($"The credential is accepted, but the answer names no usable owner at {verify.Identity.Pointer}.", answer.RemoteDate);
    }

    private (HttpRequestMessage? Request, string? Refusal) Build(string name, Operation operation, TemplateValues values)
    {
        var (request, refusal) = RequestBuilder.Build(operation, values, document.Hosts);
        if (refusal is not null) exchange.TellRefused(Kind, name, refusal);
        return (request, refusal);
    }

    private TemplateValues Values(ProviderTarget target) => new(_parameters.WithDefaults(target.Parameters), target);

    private static bool IsSuccess(Operation operation, Answer answer) => answer.Status is { } status && operation.SuccessStatuses.Contains(status);

    private static string? FirstUnmet(Operation operation, JsonBody body, TemplateValues values)
        => operation.Require.FirstOrDefault(predicate => !predicate.Holds(body, values))?.Pointer.Text;

    private ErrorClass Classify(Answer answer)
        => document.Errors.FirstOrDefault(rule => rule.Covers(answer))?.Class
            // 429 says by itself that nothing was done, and what was not sent did nothing.
            ?? (answer.Status == 429 || answer.WasNotSent ? ErrorClass.Throttled : ErrorClass.Unknown);

    private string Code(Answer answer, TemplateValues values)
        => document.Errors.FirstOrDefault(rule => rule.Covers(answer))?.CodeIn(answer) is { Length: > 0 } code
            ? Redaction(answer, values).Code(code)
            : $"http-{answer.Status}";

    private Redaction Redaction(Answer answer, TemplateValues values)
        => new(document.Redact.Concat(document.Issue is { } issue ? [issue.Secret.Pointer] : []).Select(pointer => answer.Body?.Scalar(pointer)).OfType<string>().Concat(values.Secrets));

    private TimeSpan After(Answer answer) => answer.RetryAfter ?? exchange.DefaultRetryAfter;

    // An id is stored and shown, so it must be short, plain, and not the secret.
    private static bool IsUsableId(string? id, IEnumerable<string> secrets)
        => id is { Length: > 0 and <= 200 } && id.All(character => character is > ' ' and <= '~') && !secrets.Any(secret => id.Contains(secret, StringComparison.Ordinal));
}
