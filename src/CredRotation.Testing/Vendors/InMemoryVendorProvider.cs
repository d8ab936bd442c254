using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>A <see cref="VendorModel"/> of any class as a provider without HTTP; every call passes the fault injector.</summary>
/// <param name="caller">Under which name the vendor's log shows its calls.</param>
public sealed class InMemoryVendorProvider(VendorModel model, FaultInjector faults, string caller = "rotator") : ICredentialProvider
{
    public const string ManagementSecret = "management";

    private static readonly TimeSpan ThrottlePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PersonPause = TimeSpan.FromMinutes(5);

    private readonly ProviderTraits _traits = model.Class.Traits;

    public string Kind => model.Class.Name;

    public string Configuration => $$"""{"provider":"{{model.Class.Name}}","version":1}""";

    public IReadOnlyList<string> SecretNames => _traits.HandedIn ? [] : [ManagementSecret];

    public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => _traits;

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters) => [];

    public async Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        // A portal has no call to look with.
        if (_traits.HandedIn) return new TargetOutcome.Readable(null);

        var answer = await faults.RunAsync("vendor.look", () => model.Look(caller, Management(target), target.Target), cancellationToken);
        return answer.Error switch
        {
            null => new TargetOutcome.Readable(model.Now),
            { Status: 429 } => new TargetOutcome.Throttled(ThrottlePause, model.Now),
            { Status: < 500 } error => new TargetOutcome.Unreadable(error.Code, model.Now),
            var error => new TargetOutcome.Unknown(error.Code, model.Now),
        };
    }

    public async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        if (_traits.HandedIn) return new IssueOutcome.Pending(AskAPerson(target, ticket), PersonPause);

        var order = Order(target, ticket);
        var answer = await faults.RunAsync("vendor.issue", () => model.Issue(caller, Management(target), order), cancellationToken);
        return answer switch
        {
            { IsOk: true, Value: { Credential: { } } receipt } => Issued(receipt),
            { IsOk: true } => new IssueOutcome.Pending(model.Class.IssueWaitsFor!, PersonPause),
            { Error: { Status: 409, Code: "quota" } error } => new IssueOutcome.NoCapacity(error.Code),
            { Error: { Status: 429 } } => new IssueOutcome.Throttled(ThrottlePause),
            { Error: { Status: < 500 } error } => new IssueOutcome.Rejected(error.Code),
            _ => new IssueOutcome.Unknown($"The vendor answered {answer.Error!.Status}."),
        };
    }

    public async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
    {
        var answer = await faults.RunAsync("vendor.use", () => model.Use(caller, candidate.Value), cancellationToken);
        return answer switch
        {
            { IsOk: true, Value: { } credential } when credential.Target != target.Target => new ProbeOutcome.WrongIdentity("The credential belongs to another target.", model.Now),
            { IsOk: true, Value: { } credential } => new ProbeOutcome.Works(credential.Owner, model.Now) { CredentialId = model.Class.ShowsHandle ? Handle(credential) : null },
            { Error.Status: 401 } => new ProbeOutcome.Refused(model.Now),
            { Error.Status: 403 } => new ProbeOutcome.Forbidden(model.Now),
            { Error.Status: 429 } => new ProbeOutcome.Throttled(ThrottlePause, model.Now),
            _ => new ProbeOutcome.Unknown($"The vendor answered {answer.Error!.Status}.", model.Now),
        };
    }

    public async Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
    {
        if (_traits.RetireBy is RetireBy.TimerOnly) return new RetireOutcome.EndsByTimer();
        if (_traits.RetireBy is RetireBy.SecretValue)
        {
            return ticket.Value is { } value
                ? Ended(await faults.RunAsync("vendor.retire", () => model.RetireByValue(caller, Management(target), target.Target, value), cancellationToken))
                : new RetireOutcome.Rejected("value_missing");
        }

        if (_traits.HandedIn)
        {
            // Told by our words alone: the older one goes.
            if (model.Alive(target.Target) is [var oldest, _, ..]) model.Retire("person", model.ManagementValue, target.Target, oldest.Id);
            return new RetireOutcome.Pending(model.Class.RetireWaitsFor!, PersonPause);
        }

        if (ticket.Id is not { } handle) return new RetireOutcome.Rejected("id_missing");
        if (_traits.RetireBy is RetireBy.DisableThenDelete)
        {
            var disabled = Ended(await faults.RunAsync("vendor.disable", () => model.Disable(caller, Management(target), target.Target, handle), cancellationToken));
            if (disabled is not RetireOutcome.Retired) return disabled;
        }

        return Ended(await faults.RunAsync("vendor.retire", () => model.Retire(caller, Management(target), target.Target, handle), cancellationToken));
    }

    public async Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        // What a person makes in a portal no call gives back.
        if (_traits.HandedIn) return new RecoverOutcome.Pending(AskAPerson(target, ticket), PersonPause);
        if (_traits.IssueReplay is IssueReplay.ReadBack)
        {
            var answer = await faults.RunAsync("vendor.read-back", () => model.ReadBack(caller, Management(target), target.Target, ticket.Marker), cancellationToken);
            return answer switch
            {
                { IsOk: true, Value: { Credential: { } } receipt } => new RecoverOutcome.Issued(Issued(receipt)),
                { IsOk: true } => new RecoverOutcome.Pending(model.Class.IssueWaitsFor!, PersonPause),
                { Error.Status: 404 } => new RecoverOutcome.NotIssued(),
                { Error: { } error } => throw Trouble(error),
            };
        }

        if (!_traits.CanList || !_traits.ListShowsMarker || _traits.IssueReplay is not IssueReplay.None) return new RecoverOutcome.Indeterminate();

        var listed = await ListAsync(target, cancellationToken);
        List<string> orphans = [.. listed!.Where(credential => credential.Marker == ticket.Marker).Select(credential => credential.Id)];
        return orphans.Count == 0 ? new RecoverOutcome.NotIssued() : new RecoverOutcome.IssuedSecretLost(orphans);
    }

    public async Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        if (!_traits.CanList) return null;

        var answer = await faults.RunAsync("vendor.list", () => model.List(caller, Management(target), target.Target), cancellationToken);
        return answer.IsOk
            ? [.. answer.Value.Select(credential => new ListedCredential(credential.Id, _traits.ListShowsMarker ? credential.Marker : null, credential.CreatedOn))]
            : throw Trouble(answer.Error);
    }

    /// <summary>No call: a person reads what we wrote, and nothing can be lost on the way.</summary>
    private string AskAPerson(ProviderTarget target, IssueTicket ticket)
    {
        model.Issue("person", model.ManagementValue, Order(target, ticket));
        return model.Class.IssueWaitsFor!;
    }

    private static VendorOrder Order(ProviderTarget target, IssueTicket ticket)
        => new(target.Target, ticket.Marker, ticket.IdempotencyToken, ticket.ExpiresOn, ticket.OldId, ticket.Material);

    private IssueOutcome.Issued Issued(VendorReceipt receipt)
        // Who does not show a handle has none: neither here nor in a probe.
        => new(receipt.Credential!.Value, model.Class.ShowsHandle ? Handle(receipt.Credential) : null, receipt.Credential.ExpiresOn, receipt.OldEndsOn);

    private static string Handle(VendorCredential credential) => credential.Slot ?? credential.Id;

    private RetireOutcome Ended(Answer<string> answer) => answer.Error switch
    {
        null => new RetireOutcome.Retired(),
        { Status: 202 } => new RetireOutcome.Pending(model.Class.RetireWaitsFor!, PersonPause),
        { Status: 404, Code: "not_found" } => new RetireOutcome.AlreadyGone(),
        { Status: 429 } => new RetireOutcome.Throttled(ThrottlePause),
        { Status: < 500 } error => new RetireOutcome.Rejected(error.Code),
        var error => new RetireOutcome.Unknown($"The vendor answered {error.Status}."),
    };

    private static RemoteTroubleException Trouble(RemoteError error)
        => new("vendor", error.Status switch { 429 => RemoteTrouble.Throttled, 401 or 403 => RemoteTrouble.Denied, _ => RemoteTrouble.Unknown }, $"The vendor answered {error.Status}.");

    private static SecretText Management(ProviderTarget target) => target.Secrets[ManagementSecret];
}
