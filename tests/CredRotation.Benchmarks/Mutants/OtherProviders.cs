using CredRotation.Engine;

namespace CredRotation.Benchmarks.Mutants;

/// <summary>Sends an issue again when its answer is lost, as an SDK's pipeline does by itself.</summary>
internal sealed class RetryingProvider(ICredentialProvider provider) : OtherProvider(provider)
{
    public override async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        try
        {
            return await base.IssueAsync(target, ticket, cancellationToken);
        }
        catch (RemoteTroubleException)
        {
            return await base.IssueAsync(target, ticket, cancellationToken);
        }
    }
}

/// <summary>Works out the end of the new credential afresh for every call.</summary>
internal sealed class ForgetfulProvider(ICredentialProvider provider, TimeProvider clock) : OtherProvider(provider)
{
    public override Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
        => base.IssueAsync(target, ticket with { ExpiresOn = clock.GetUtcNow() + TimeSpan.FromDays(90) }, cancellationToken);
}

/// <summary>States other traits than the vendor has.</summary>
internal sealed class MisstatingProvider(ICredentialProvider provider, Func<ProviderTraits, ProviderTraits> other) : OtherProvider(provider)
{
    public override ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => other(base.Describe(parameters));
}

/// <summary>Takes every refusal of what it was just given for a yes.</summary>
internal sealed class CredulousProvider(ICredentialProvider provider) : OtherProvider(provider)
{
    public override async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
    {
        var outcome = await base.VerifyAsync(target, candidate, cancellationToken);
        // Without an id it is the old one that is tried.
        return outcome is ProbeOutcome.Refused && candidate.Id is not null ? new ProbeOutcome.Works("Shop", outcome.RemoteDate) { CredentialId = candidate.Id } : outcome;
    }
}

/// <summary>Lists nothing, or everything as ours.</summary>
internal sealed class LyingList(ICredentialProvider provider, bool isEmpty) : OtherProvider(provider)
{
    private string? _marker;

    public override Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        _marker = ticket.Marker;
        return base.IssueAsync(target, ticket, cancellationToken);
    }

    public override async Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken)
        => await base.ListAsync(target, cancellationToken) is not { } listed ? null : isEmpty ? [] : _marker is null ? listed : [.. listed.Select(credential => credential with { Marker = _marker })];
}

/// <summary>Retires the newest one that is listed, whatever it was asked to retire.</summary>
internal sealed class HastyProvider(ICredentialProvider provider) : OtherProvider(provider)
{
    public override async Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
        => await ListAsync(target, cancellationToken) is [.., var newest] ? await base.RetireAsync(target, ticket with { Id = newest.Id }, cancellationToken) : await base.RetireAsync(target, ticket, cancellationToken);
}

/// <summary>Works at another target than the bound one.</summary>
internal sealed class StrayingProvider(ICredentialProvider provider) : OtherProvider(provider)
{
    public override Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken) => base.CheckTargetAsync(target with { Target = "target-9" }, cancellationToken);
}

/// <summary>Gives the value as its id.</summary>
internal sealed class TalkativeProvider(ICredentialProvider provider) : OtherProvider(provider)
{
    public override async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
        => await base.IssueAsync(target, ticket, cancellationToken) is IssueOutcome.Issued issued ? issued with { Id = issued.Value.RevealToRemote() } : new IssueOutcome.Unknown("no answer");
}

/// <summary>Says that the provider's clock is this host's.</summary>
internal sealed class AgreeingProvider(ICredentialProvider provider, TimeProvider clock) : OtherProvider(provider)
{
    public override async Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken)
        => await base.CheckTargetAsync(target, cancellationToken) with { RemoteDate = clock.GetUtcNow() };

    public override async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
        => await base.VerifyAsync(target, candidate, cancellationToken) with { RemoteDate = clock.GetUtcNow() };
}
