using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Benchmarks.Contract;

/// <summary>What was counted over all checks of one provider.</summary>
internal sealed class ContractCounts
{
    /// <summary>
    /// Effects whose answer was lost and that were made good afterwards: issued again or found, retired for certain. Where the vendor lists, its list must
    /// agree: nothing of the lost attempt is left, and what was retired is gone.
    /// </summary>
    public int RecoveredLostResponses { get; set; }

    /// <summary>Calls that were cut off and did not come to unknown.</summary>
    public int UnknownUnreported { get; set; }
}

/// <summary>A bench whose provider is watched: what each call that is cut off is told as, and whether what it did is made good.</summary>
internal sealed class CountingBench : IProviderBench, ICredentialProvider
{
    private readonly IProviderBench _bench;
    private readonly ContractCounts _counts;
    private LostPart? _armed;
    private string? _owedMarker;
    private bool _isRetireOwed;

    public CountingBench(IProviderBench bench, ContractCounts counts) => (_bench, _counts) = (bench, counts);

    public ICredentialProvider Provider => this;

    public ProviderTarget Target => _bench.Target;

    public SecretText Current => _bench.Current;

    public SecretText NeverGiven => _bench.NeverGiven;

    public DateTimeOffset Now => _bench.Now;

    public string Kind => _bench.Provider.Kind;

    public string Configuration => _bench.Provider.Configuration;

    public IReadOnlyList<string> SecretNames => _bench.Provider.SecretNames;

    public void Pass(TimeSpan time) => _bench.Pass(time);

    public bool Accepts(SecretText value) => _bench.Accepts(value);

    public void LoseNext(LostPart part)
    {
        _armed = part;
        _bench.LoseNext(part);
    }

    public bool ThrottleNext() => _bench.ThrottleNext();

    public bool FillQuota() => _bench.FillQuota();

    public SecretText? AddStranger() => _bench.AddStranger();

    public bool DoErrands() => _bench.DoErrands();

    public SecretText? HandOver() => _bench.HandOver();

    public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => _bench.Provider.Describe(parameters);

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters) => _bench.Provider.Validate(parameters);

    public SecretText MakeMaterial(IReadOnlyDictionary<string, string> parameters) => _bench.Provider.MakeMaterial(parameters);

    // Who makes no call at all says so without the remote's date, and may do so only where an issue endangers nothing or a person makes it.
    public Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken)
        => WatchAsync(
            () => _bench.Provider.CheckTargetAsync(target, cancellationToken),
            outcome => outcome is TargetOutcome.Unknown || (outcome is TargetOutcome.Readable { RemoteDate: null } && TraitsOf(target) is { IssueEndangersOld: false } or { HandedIn: true }));

    public async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        var isLost = _armed is LostPart.Answer;
        var outcome = await WatchAsync(() => _bench.Provider.IssueAsync(target, ticket, cancellationToken), outcome => outcome is IssueOutcome.Unknown);
        if (isLost) _owedMarker = ticket.Marker;
        else if (outcome is IssueOutcome.Issued issued) await PayIssueAsync(target, issued, cancellationToken);
        return outcome;
    }

    public Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
        => WatchAsync(() => _bench.Provider.VerifyAsync(target, candidate, cancellationToken), outcome => outcome is ProbeOutcome.Unknown);

    public async Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
    {
        var isLost = _armed is LostPart.Answer;
        var outcome = await WatchAsync(() => _bench.Provider.RetireAsync(target, ticket, cancellationToken), outcome => outcome is RetireOutcome.Unknown);
        if (isLost) _isRetireOwed = true;
        else if (_isRetireOwed && outcome is RetireOutcome.Retired or RetireOutcome.AlreadyGone && await IsNotListedAsync(target, credential => credential.Id == ticket.Id, cancellationToken))
        {
            _isRetireOwed = false;
            _counts.RecoveredLostResponses++;
        }

        return outcome;
    }

    public async Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        var outcome = await WatchAsync(() => _bench.Provider.RecoverAsync(target, ticket, cancellationToken), outcome => outcome is RecoverOutcome.Indeterminate);
        if (outcome is RecoverOutcome.Issued found) await PayIssueAsync(target, found.Result, cancellationToken);
        return outcome;
    }

    public Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken)
        => WatchAsync(() => _bench.Provider.ListAsync(target, cancellationToken), listed => listed is null && !TraitsOf(target).CanList);

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    private ProviderTraits TraitsOf(ProviderTarget target) => _bench.Provider.Describe(target.Parameters);

    private async Task PayIssueAsync(ProviderTarget target, IssueOutcome.Issued made, CancellationToken cancellationToken)
    {
        if (_owedMarker is not { } marker || !await IsNotListedAsync(target, credential => credential.Marker == marker && credential.Id != made.Id, cancellationToken)) return;

        _owedMarker = null;
        _counts.RecoveredLostResponses++;
    }

    private async Task<bool> IsNotListedAsync(ProviderTarget target, Func<ListedCredential, bool> isIt, CancellationToken cancellationToken)
        => !TraitsOf(target).CanList || (await _bench.Provider.ListAsync(target, cancellationToken))?.Any(isIt) is false;

    /// <summary>An exception means unknown, as it does to the engine.</summary>
    private async Task<T> WatchAsync<T>(Func<Task<T>> call, Func<T, bool> isUnknown)
    {
        var isCutOff = _armed is not null;
        _armed = null;
        var outcome = await call();
        if (isCutOff && !isUnknown(outcome)) _counts.UnknownUnreported++;
        return outcome;
    }
}
