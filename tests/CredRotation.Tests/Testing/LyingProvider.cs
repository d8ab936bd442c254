using CredRotation.Engine;

namespace CredRotation.Tests.Testing;

/// <summary>A provider that lies in exactly the ways a test gives it; everything else passes through.</summary>
internal sealed class LyingProvider(ICredentialProvider honest) : ICredentialProvider
{
    public Func<ProviderTraits, ProviderTraits>? States { get; init; }

    public Func<IssueTicket, IssueTicket>? Hears { get; init; }

    public Func<IssueOutcome, IssueOutcome>? Issues { get; init; }

    public Func<Candidate, ProbeOutcome, ProbeOutcome>? Probes { get; init; }

    /// <summary>Answers a probe without asking.</summary>
    public Func<SecretText, ProbeOutcome>? Instead { get; init; }

    public Func<RetireTicket, RetireOutcome?>? Retires { get; init; }

    public Func<RetireOutcome, RetireOutcome>? SaysRetired { get; init; }

    public Func<RecoverOutcome, IReadOnlyList<ListedCredential>?, RecoverOutcome>? Recovers { get; init; }

    /// <summary>Answers instead of the honest one, which is not asked.</summary>
    public Func<IssueTicket, RecoverOutcome?>? Recalls { get; init; }

    public Func<IReadOnlyList<ListedCredential>?, IReadOnlyList<ListedCredential>?>? Lists { get; init; }

    public Func<TargetOutcome, TargetOutcome>? Looks { get; init; }

    /// <summary>What is lost or thrown is told as this.</summary>
    public IssueOutcome? LostIssue { get; init; }

    public ProbeOutcome? LostProbe { get; init; }

    public bool LostListIsEmpty { get; init; }

    public string Kind => honest.Kind;

    public string Configuration => honest.Configuration;

    public IReadOnlyList<string> SecretNames => honest.SecretNames;

    public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => States?.Invoke(honest.Describe(parameters)) ?? honest.Describe(parameters);

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters) => honest.Validate(parameters);

    public async Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken)
        => await honest.CheckTargetAsync(target, cancellationToken) is var outcome && Looks is { } lie ? lie(outcome) : outcome;

    public async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        try
        {
            var outcome = await honest.IssueAsync(target, Hears?.Invoke(ticket) ?? ticket, cancellationToken);
            return Issues?.Invoke(outcome) ?? outcome;
        }
        catch (RemoteTroubleException) when (LostIssue is not null)
        {
            return LostIssue;
        }
    }

    public async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
    {
        if (Instead is { } instead) return instead(candidate.Value);
        try
        {
            var outcome = await honest.VerifyAsync(target, candidate, cancellationToken);
            return Probes?.Invoke(candidate, outcome) ?? outcome;
        }
        catch (RemoteTroubleException) when (LostProbe is not null)
        {
            return LostProbe;
        }
    }

    public async Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
    {
        if (Retires?.Invoke(ticket) is { } lie) return lie;
        var outcome = await honest.RetireAsync(target, ticket, cancellationToken);
        return SaysRetired?.Invoke(outcome) ?? outcome;
    }

    public async Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        if (Recalls?.Invoke(ticket) is { } recalled) return recalled;

        var outcome = await honest.RecoverAsync(target, ticket, cancellationToken);
        return Recovers is null ? outcome : Recovers(outcome, await honest.ListAsync(target, cancellationToken));
    }

    public async Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        try
        {
            var listed = await honest.ListAsync(target, cancellationToken);
            return Lists is null ? listed : Lists(listed);
        }
        catch (RemoteTroubleException) when (LostListIsEmpty)
        {
            return [];
        }
    }
}
