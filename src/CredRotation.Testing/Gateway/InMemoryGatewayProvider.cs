using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>A <see cref="GatewayModel"/> as a provider without HTTP: overlap on the gateway's own timer, nothing listed, nothing to retire.</summary>
public sealed class InMemoryGatewayProvider(GatewayModel model, FaultInjector faults) : ICredentialProvider
{
    public const string ManagementSecret = "management";

    public string Kind => "sandbox-gateway";

    public string Configuration => """{"provider":"sandbox-gateway","version":1}""";

    public IReadOnlyList<string> SecretNames => [ManagementSecret];

    public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => new()
    {
        Topology = Topology.Overlap,
        SecretOrigin = SecretOrigin.Provider,
        IssueReplay = IssueReplay.ReissueOrphanExpires,
        OldValidity = OldValidity.Timer,
        ClockStart = ClockStart.Issue,
        OldLife = model.Options.OldLife,
        LifetimeMax = model.Options.LifetimeMax,
        RetireBy = RetireBy.TimerOnly,
        ActivationDelayMax = TimeSpan.FromMinutes(15),
        ForbiddenProvesAlive = true,
    };

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters)
        => parameters.ContainsKey("merchantId") ? [] : ["Parameter merchantId is missing: set it to the merchant account the credential belongs to."];

    public async Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        var answer = await RunAsync("gateway.credential", () => model.Read(Management(target), Merchant(target), target.Target), cancellationToken);
        return answer.Error switch
        {
            null => new TargetOutcome.Readable(model.Now),
            { Status: 429 } => new TargetOutcome.Throttled(TimeSpan.FromSeconds(1), model.Now),
            { Status: < 500 } error => new TargetOutcome.Unreadable(error.Code, model.Now),
            var error => new TargetOutcome.Unknown(error.Code, model.Now),
        };
    }

    public async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        var answer = await RunAsync("gateway.generate", () => model.Generate(Management(target), Merchant(target), target.Target), cancellationToken);
        return answer switch
        {
            { IsOk: true, Value: { } key } => new IssueOutcome.Issued(key.Value, null, null, null),
            { Error: { Status: 429 } } => new IssueOutcome.Throttled(TimeSpan.FromSeconds(1)),
            { Error: { Status: < 500 } error } => new IssueOutcome.Rejected(error.Code),
            _ => new IssueOutcome.Unknown($"The gateway answered {answer.Error!.Status}."),
        };
    }

    public async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
    {
        var answer = await RunAsync("gateway.me", () => model.Me(candidate.Value.RevealToRemote()), cancellationToken);
        return answer switch
        {
            { IsOk: true, Value: { } credential } when credential.Id != target.Target => new ProbeOutcome.WrongIdentity("The key belongs to another API credential.", model.Now),
            { IsOk: true, Value: { } credential } => new ProbeOutcome.Works(credential.CompanyName, model.Now),
            { Error.Status: 401 } => new ProbeOutcome.Refused(model.Now),
            { Error.Status: 403 } => new ProbeOutcome.Forbidden(model.Now),
            { Error.Status: 429 } => new ProbeOutcome.Throttled(TimeSpan.FromSeconds(1), model.Now),
            _ => new ProbeOutcome.Unknown($"The gateway answered {answer.Error!.Status}.", model.Now),
        };
    }

    public Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
        => Task.FromResult<RetireOutcome>(new RetireOutcome.EndsByTimer());

    public Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
        => Task.FromResult<RecoverOutcome>(new RecoverOutcome.Indeterminate());

    public Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken)
        => Task.FromResult<IReadOnlyList<ListedCredential>?>(null);

    private static string Merchant(ProviderTarget target) => target.Parameters["merchantId"];

    private static string Management(ProviderTarget target) => target.Secrets[ManagementSecret].RevealToRemote();

    private Task<Answer<T>> RunAsync<T>(string operation, Func<Answer<T>> effect, CancellationToken cancellationToken)
        => faults.RunAsync(operation, effect, cancellationToken);
}
