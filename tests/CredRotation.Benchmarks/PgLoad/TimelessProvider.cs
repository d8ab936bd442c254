using CredRotation.Engine;

namespace CredRotation.Benchmarks.PgLoad;

/// <summary>A provider before a real server, in a world whose clock is the test's: what the server says of the time is left out.</summary>
internal sealed class TimelessProvider(ICredentialProvider provider) : ICredentialProvider
{
    public string Kind => provider.Kind;

    public string Configuration => provider.Configuration;

    public ProviderFacts? Facts => provider.Facts;

    public IReadOnlyList<string> SecretNames => provider.SecretNames;

    public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => provider.Describe(parameters);

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters) => provider.Validate(parameters);

    public SecretText MakeMaterial(IReadOnlyDictionary<string, string> parameters) => provider.MakeMaterial(parameters);

    public async Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken) => await provider.CheckTargetAsync(target, cancellationToken) with { RemoteDate = null };

    public Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => provider.IssueAsync(target, ticket, cancellationToken);

    public async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken) => await provider.VerifyAsync(target, candidate, cancellationToken) with { RemoteDate = null };

    public Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken) => provider.RetireAsync(target, ticket, cancellationToken);

    public Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => provider.RecoverAsync(target, ticket, cancellationToken);

    public Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken) => provider.ListAsync(target, cancellationToken);
}
