using System.Security.Cryptography;
using Azure.Core;
using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Hooks;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http;

/// <summary>Speaks to any vendor that a file describes. Decides nothing: the file says what an answer means, and what it leaves open is unknown.</summary>
internal sealed class HttpProvider : ICredentialProvider
{
    // Key Vault takes 25 thousand bytes, and what cannot be stored is not held.
    private const int SecretLengthMax = 24_000;

    /// <summary>How often a person's turn is asked about: what they hand in or end is noticed by itself.</summary>
    private static readonly TimeSpan PersonPause = TimeSpan.FromHours(1);

    private readonly VendorDocument _document;
    private readonly Operations _operations;
    private readonly HttpExchange _exchange;
    private readonly AccountParameters _parameters;
    private readonly Caller _caller;
    private readonly Judge _judge;
    private readonly HttpListing? _listing;
    private readonly HttpRetirement? _retirement;

    public HttpProvider(VendorDocument document, HttpExchange exchange, Func<TokenCredential?> identity)
    {
        (_document, _operations, _exchange) = (document, document.Operations, exchange);
        _parameters = new AccountParameters(document);
        _caller = new Caller(document, exchange, identity);
        _judge = new Judge(document, exchange);
        _listing = _operations.List is { } list ? new HttpListing(list, document, _caller, _judge) : null;
        _retirement = _operations.Retire is { } retire ? new HttpRetirement(retire, _caller, _judge, exchange, ReadListAsync) : null;
    }

    public string Kind => _document.Provider;

    public string Configuration => _document.Text;

    public IReadOnlyList<string> SecretNames => _document.SecretNames;

    public ProviderFacts Facts => _document.Facts;

    public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => _parameters.Describe(parameters);

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters) => _parameters.Faults(parameters);

    public SecretText MakeMaterial(IReadOnlyDictionary<string, string> parameters) => _document.Material switch
    {
        { Hook: RsaKeyPair.Name } => RsaKeyPair.Make(),
        { } material => TextMaterial.Make(material),
        // A provider that makes its own value is asked for none.
        null => new SecretText(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))),
    };

    public async Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        // The file may leave this out only where an issue endangers nothing.
        if (_operations.Target is not { } look) return new TargetOutcome.Readable(null);

        var values = Values(target);
        var operation = look.Call ?? look.Find!.Call;
        using var called = await _caller.SendAsync("target", operation, values, isCandidates: false, cancellationToken);
        var answer = called.Answer;
        if (called.Refusal is { } refusal) return new TargetOutcome.Unreadable(refusal, null);
        if (called.IsDenied) return new TargetOutcome.Unreadable("management-token-denied", answer.RemoteDate);
        if (_judge.IsSuccess(operation, answer, values))
        {
            return answer.Body is null && (operation.Require.Count > 0 || look.Find is not null) ? new TargetOutcome.Unknown(answer.Words, answer.RemoteDate)
                : answer.Body is { } body && Judge.FirstUnmet(operation, body, values) is { } unmet ? new TargetOutcome.Unreadable($"unmet:{unmet}", answer.RemoteDate)
                : look.Find is { } find && FoundIn(find, answer, values) is null ? new TargetOutcome.Unreadable("not-found-once", answer.RemoteDate)
                : new TargetOutcome.Readable(answer.RemoteDate);
        }

        return _judge.Classify(answer, values) switch
        {
            ErrorClass.Rejected or ErrorClass.NoCapacity => new TargetOutcome.Unreadable(_judge.Code(answer, values), answer.RemoteDate),
            ErrorClass.Throttled => new TargetOutcome.Throttled(_judge.After(answer), answer.RemoteDate),
            _ => new TargetOutcome.Unknown(answer.Words, answer.RemoteDate),
        };
    }

    public async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        var values = Values(target) with { Ticket = ticket, Old = new RetireTicket(ticket.OldId, null) };
        if (_operations.Issue is not { } issue) return new IssueOutcome.Pending(_operations.IssueSteps!.Expand(values), PersonPause);
        if (issue.OnlyOld is { } only && ticket.OldId != only) return new IssueOutcome.Rejected($"not-sent.old-is-not-{only}");

        var (prepared, instead) = await PrepareAsync(issue, values, cancellationToken);
        if (instead is not null) return instead;

        values = prepared;
        using var called = await _caller.SendAsync("issue", issue.Call, values, isCandidates: false, cancellationToken);
        var answer = called.Answer;
        if (called.Refusal is { } refusal) return new IssueOutcome.Rejected(refusal);
        if (called.IsDenied) return new IssueOutcome.Rejected("management-token-denied");
        // An answer that holds a secret made one, whatever else it says.
        var hasSecret = issue.Secret?.Text(answer, values) is { Length: > 0 };
        if (_judge.IsSuccess(issue.Call, answer, values) || (hasSecret && answer.Status is { } status && issue.Call.SuccessStatuses.Contains(status))) return ReadIssued(issue, answer, values);
        if (hasSecret) return new IssueOutcome.Unknown(answer.Words);

        var outcome = _judge.Classify(answer, values) switch
        {
            ErrorClass.Rejected => new IssueOutcome.Rejected(_judge.Code(answer, values)),
            ErrorClass.NoCapacity => new IssueOutcome.NoCapacity(_judge.Code(answer, values)),
            ErrorClass.Throttled => new IssueOutcome.Throttled(_judge.After(answer)),
            _ => (IssueOutcome)new IssueOutcome.Unknown(answer.Words),
        };
        return outcome is IssueOutcome.Rejected or IssueOutcome.NoCapacity || answer.Status == 409 ? await AdoptAsync(target, ticket, values, cancellationToken) ?? outcome : outcome;
    }

    public async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
    {
        var verify = _operations.Verify;
        if (Opened(candidate) is not { } opened) return new ProbeOutcome.Unknown("Nothing was sent: the value has not the form that this provider stores.", null);

        var values = Values(target) with { New = opened };
        using var called = verify.Call is { } call
            ? await _caller.SendAsync("verify", call, values, isCandidates: true, cancellationToken)
            : await _caller.ProveAsync("verify", verify.Auth, values, cancellationToken);
        var answer = called.Answer;
        if (called.Refusal is { } refusal) return new ProbeOutcome.Unknown($"Nothing was sent: {refusal}.", null);
        if (called.IsDenied || verify.Refused.Any(match => match.Holds(answer, values))) return new ProbeOutcome.Refused(answer.RemoteDate);
        if (verify.Forbidden.Holds(answer, values)) return new ProbeOutcome.Forbidden(answer.RemoteDate);
        if (_judge.IsSuccess(verify.Call ?? verify.Auth.Token!.Call, answer, values)) return ReadProbe(answer, values);

        return _judge.Classify(answer, values) is ErrorClass.Throttled
            ? new ProbeOutcome.Throttled(_judge.After(answer), answer.RemoteDate)
            : new ProbeOutcome.Unknown(answer.Words, answer.RemoteDate);
    }

    public async Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
    {
        if (_operations.RetireSteps is { } steps) return new RetireOutcome.Pending(steps.Expand(Values(target)), PersonPause);
        if (_retirement is null) return new RetireOutcome.EndsByTimer();

        var old = ticket.Value is { } value && _operations.Issue?.Store is { } store
            ? store.Open(value, ticket.Id) is { } opened ? new RetireTicket(ticket.Id ?? opened.Id, opened.Value) : null
            : ticket;
        return old is null ? new RetireOutcome.Rejected("not-sent.value-has-another-form") : await _retirement.RunAsync(Values(target) with { Old = old }, cancellationToken);
    }

    /// <summary>Where a value can be read again, what carries the marker is; else the traits say what a repeat does, and a list is the engine's to judge.</summary>
    public async Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        var values = Values(target) with { Ticket = ticket };
        if (_operations.IssueSteps is { } steps) return new RecoverOutcome.Pending(steps.Expand(values), PersonPause);
        if (_operations.Recover is not { } recover) return new RecoverOutcome.Indeterminate();

        var marked = (await ReadListAsync(values, cancellationToken)).Where(entry => entry.Credential.Marker == ticket.Marker).ToList();
        if (marked.Count == 0) return new RecoverOutcome.NotIssued();
        if (marked is not [{ Credential.Id: var id }]) return new RecoverOutcome.Indeterminate();

        values = values with { Found = id };
        using var called = await _caller.SendAsync("recover", recover.Call, values, isCandidates: false, cancellationToken);
        var answer = called.Answer;
        if (called.Refusal is not null || called.IsDenied || !_judge.IsSuccess(recover.Call, answer, values) || answer.Body is not { } body || Judge.FirstUnmet(recover.Call, body, values) is not null) return new RecoverOutcome.Indeterminate();

        return recover.Secret.Text(answer, values) is { Length: > 0 and <= SecretLengthMax } value
            ? new RecoverOutcome.Issued(new IssueOutcome.Issued(Stored(_operations.Issue!, new Candidate(id, new SecretText(value)), values), id, null, null))
            : new RecoverOutcome.Indeterminate();
    }

    public async Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken)
        => _listing is null ? null : [.. (await ReadListAsync(Values(target), cancellationToken)).Select(entry => entry.Credential)];

    private Task<IReadOnlyList<ListedEntry>> ReadListAsync(TemplateValues values, CancellationToken cancellationToken) => _listing!.ReadAsync(values, cancellationToken);

    /// <summary>What must be found or cleared before an issue is sent. Where that fails nothing was issued, and that is known.</summary>
    private async Task<(TemplateValues Values, IssueOutcome? Instead)> PrepareAsync(IssueOperation issue, TemplateValues values, CancellationToken cancellationToken)
    {
        if (issue.Find is { } find)
        {
            using var called = await _caller.SendAsync("find", find.Call, values, isCandidates: false, cancellationToken);
            if (Failure(called, find.Call, null, values) is { } failure) return (values, failure);
            if (FoundIn(find, called.Answer, values) is not { } id) return (values, new IssueOutcome.Rejected("not-sent.not-found-once"));

            values = values with { Found = id };
        }

        if (issue.Before is not { } before) return (values, null);

        using var cleared = await _caller.SendAsync("before", before.Call, values, isCandidates: false, cancellationToken);
        return (values, Failure(cleared, before.Call, before.AlreadyGone, values));
    }

    private IssueOutcome? Failure(Called called, Operation operation, AnswerMatch? alsoGood, TemplateValues values)
    {
        if (called.Refusal is { } refusal) return new IssueOutcome.Rejected(refusal);
        if (called.IsDenied) return new IssueOutcome.Rejected("management-token-denied");
        if (_judge.IsSuccess(operation, called.Answer, values) || alsoGood?.Holds(called.Answer, values) is true) return null;

        return _judge.Classify(called.Answer, values) is ErrorClass.Rejected or ErrorClass.NoCapacity
            ? new IssueOutcome.Rejected(_judge.Code(called.Answer, values))
            : new IssueOutcome.Throttled(_judge.After(called.Answer));
    }

    private static string? FoundIn(FindOperation find, Answer answer, TemplateValues values)
        => answer.Body?.Items(find.Items)?.Where(item => find.Where.All(predicate => predicate.Holds(item, values))).ToList() is [var only] && only.Scalar(find.Id) is var id && Judge.IsUsableId(id, values.Secrets) ? id : null;

    /// <summary>A value of the caller's that works was set before, by an issue whose answer was lost; a vendor may refuse to set it twice.</summary>
    private async Task<IssueOutcome.Issued?> AdoptAsync(ProviderTarget target, IssueTicket ticket, TemplateValues values, CancellationToken cancellationToken)
    {
        if (_document.Capabilities.Fixed.IssueReplay is not IssueReplay.SameMaterial || ticket.Material is not { } material) return null;
        if (await VerifyAsync(target, new Candidate(null, material), cancellationToken) is not ProbeOutcome.Works works) return null;

        return new IssueOutcome.Issued(material, works.CredentialId ?? await AdoptedIdAsync(ticket, material, values, cancellationToken), null, null);
    }

    private async Task<string?> AdoptedIdAsync(IssueTicket ticket, SecretText material, TemplateValues values, CancellationToken cancellationToken)
    {
        if (_listing is null) return null;

        var entries = await ReadListAsync(values, cancellationToken);
        if (entries.FirstOrDefault(entry => entry.Value?.RevealToRemote() == material.RevealToRemote()) is { } same) return same.Credential.Id;

        // Of two, the one that is not the old one.
        return entries.Count == 2 && entries.Count(entry => entry.Credential.Id == ticket.OldId) == 1 ? entries.First(entry => entry.Credential.Id != ticket.OldId).Credential.Id : null;
    }

    // From here on a credential exists: whatever cannot be read leaves it unknown, never refused.
    private static IssueOutcome ReadIssued(IssueOperation issue, Answer answer, TemplateValues values)
    {
        var needsBody = issue.Secret is not null || issue.Call.Require.Count > 0;
        if (answer.Body is null && needsBody) return new IssueOutcome.Unknown(answer.Words);
        if (ReadSecret(issue, answer, values) is not { Length: > 0 and <= SecretLengthMax } value) return Lost($"the answer holds no usable secret at {issue.Secret!.Place}");

        var secret = new SecretText(value);
        if (answer.Body is { } body && Judge.FirstUnmet(issue.Call, body, values) is { } unmet) return Lost($"the answer does not show what it must at {unmet}");

        var (id, expiresOn, oldValidUntil) = (issue.Id?.Scalar(answer, values), issue.ExpiresOn?.Instant(answer, values), issue.OldValidUntil?.Instant(answer, values));
        if (issue.Id is not null && !Judge.IsUsableId(id, [value])) return Lost($"the answer holds no usable id at {issue.Id.Place}");
        if (issue.ExpiresOn is not null && expiresOn is null) return Lost($"the answer holds no instant at {issue.ExpiresOn.Place}");
        if (issue.OldValidUntil is not null && oldValidUntil is null) return Lost($"the answer holds no instant at {issue.OldValidUntil.Place}");

        return new IssueOutcome.Issued(Stored(issue, new Candidate(id, secret), values), id, expiresOn, oldValidUntil);

        static IssueOutcome.Unknown Lost(string words) => new($"The provider answered with success, but {words}.");
    }

    private static string? ReadSecret(IssueOperation issue, Answer answer, TemplateValues values)
    {
        if (issue.Secret is not { } place) return values.Ticket!.Material?.RevealToRemote();
        if (place.Text(answer, values) is not { } said) return null;
        return !issue.IsEncrypted ? said : values.Ticket!.Material is { } key ? JweRsa.Open(said, key) : null;
    }

    private static SecretText Stored(IssueOperation issue, Candidate made, TemplateValues values) => issue.Store?.Write(values with { New = made }) ?? made.Value;

    private Candidate? Opened(Candidate candidate) => _operations.Issue?.Store is { } store ? store.Open(candidate.Value, candidate.Id) : candidate;

    private ProbeOutcome ReadProbe(Answer answer, TemplateValues values)
    {
        var verify = _operations.Verify;
        var require = (verify.Call ?? verify.Auth.Token!.Call).Require;
        if (answer.Body is null && (require.Count > 0 || NeedsBody(verify.Identity) || NeedsBody(verify.CredentialId))) return new ProbeOutcome.Unknown(answer.Words, answer.RemoteDate);
        if (answer.Body is { } body && require.FirstOrDefault(predicate => !predicate.Holds(body, values)) is { } unmet)
            return verify.Call is null ? new ProbeOutcome.Unknown($"The answer holds no token at {unmet.Pointer}.", answer.RemoteDate) : new ProbeOutcome.WrongIdentity($"The credential is accepted, but the answer differs from the target at {unmet.Pointer}.", answer.RemoteDate);

        var id = verify.CredentialId?.Scalar(answer, values);
        if (verify.CredentialId is not null && !Judge.IsUsableId(id, values.Secrets))
            return new ProbeOutcome.Unknown($"The credential is accepted, but the answer holds no usable id at {verify.CredentialId.Place}.", answer.RemoteDate);
        if (verify.Identity is null) return new ProbeOutcome.Works(null, answer.RemoteDate) { CredentialId = id };

        // A longer name would be cut, and two owners could then look like one.
        return verify.Identity.Scalar(answer, values) is { Length: > 0 and <= Answers.Redaction.NameLengthMax } identity
            ? new ProbeOutcome.Works(_judge.Redaction(answer, values).Name(identity), answer.RemoteDate) { CredentialId = id }
            : new ProbeOutcome.Unknown($"The credential is accepted, but the answer names no usable owner at {verify.Identity.Place}.", answer.RemoteDate);

        static bool NeedsBody(Pick? pick) => pick is Pick.At or Pick.Among or Pick.Either;
    }

    private TemplateValues Values(ProviderTarget target)
    {
        var all = _parameters.WithDefaults(target.Parameters);
        return new TemplateValues(all, target) { Now = _exchange.Now, Overlap = _parameters.Overlap(all) };
    }
}
