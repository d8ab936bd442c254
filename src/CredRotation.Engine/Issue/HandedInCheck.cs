using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Issue;

/// <summary>
/// Tries what a person handed in before it counts as issued: it must be new, be accepted, and belong to whom the current credential belongs to.
/// Safe to repeat: it only reads and probes.
/// </summary>
internal sealed class HandedInCheck(Remotes remotes, ICredentialVault vault, IProviderCatalog providers, InstallationKey key, IOptions<RotationOptions> options, TimeProvider clock)
{
    private const string Rule = "Issue: what was handed in, tried before it counts";

    /// <summary>What a try came to.</summary>
    public abstract record Found
    {
        public sealed record Good(IssueOutcome.Issued Result) : Found;

        /// <summary>Not accepted so far, and so soon after it was made that this says nothing.</summary>
        public sealed record NotYet(DateTimeOffset Until) : Found;

        public sealed record Bad(string Why) : Found;
    }

    public async Task<Found> TryAsync(Visit visit, HandedIn handed, CancellationToken cancellationToken)
    {
        var staging = SecretName.Of(key.Staging, visit.Rotation.Attempts[^1].Ticket.Marker);
        if (await FindAsync(visit, staging, handed, cancellationToken) is not { } value) return Bad(handed, "is not in staging any more");
        if (await key.FingerprintAsync(value, cancellationToken) == visit.Rotation.Old?.Fingerprint) return Bad(handed, "is the value that is current already");

        var rotation = visit.Rotation;
        var traits = rotation.Plan.Traits;
        var probe = await ProbeAsync(visit, "probe what was handed in", value, cancellationToken);
        switch (probe)
        {
            case ProbeOutcome.Works works when rotation.Old?.Identity is { } owner && works.Identity != owner:
                return Bad(handed, $"belongs to '{works.Identity}', the current one to '{owner}'");
            case ProbeOutcome.Works works:
                return new Found.Good(new IssueOutcome.Issued(value, works.CredentialId, null, null));
            case ProbeOutcome.Forbidden when rotation.Plan.Policy.AcceptForbiddenProbe && traits.ForbiddenProvesAlive:
                return new Found.Good(new IssueOutcome.Issued(value, null, null, null));
            case ProbeOutcome.Forbidden:
                return Bad(handed, "is known to the provider but may not read whom it belongs to: give it that right, or make another");
            case ProbeOutcome.WrongIdentity wrong:
                return Bad(handed, $"belongs to something else: {wrong.Detail.TrimEnd('.')}");
            case ProbeOutcome.Refused:
                return await RefusedAsync(visit, handed, cancellationToken);
            case ProbeOutcome.Throttled throttled:
                throw new RemoteTroubleException("provider", RemoteTrouble.Throttled, "The provider asks to come back later.", throttled.After);
            default:
                throw new RemoteTroubleException("provider", RemoteTrouble.Denied, $"What was handed in could not be probed: {(probe as ProbeOutcome.Unknown)?.Detail}");
        }
    }

    /// <summary>Rule 10: refused only when a credential known to be good is accepted in the same visit, and old enough by a clock that is right.</summary>
    private async Task<Found> RefusedAsync(Visit visit, HandedIn handed, CancellationToken cancellationToken)
    {
        var plan = visit.Rotation.Plan;
        var now = clock.GetUtcNow();
        var activeAt = handed.On + plan.Traits.ActivationDelayMax;
        if (!Remotes.ClockAgrees(visit)) return new Found.NotYet(now + options.Value.RetryDelay);
        if (now < activeAt)
            return new Found.NotYet(visit.Rotation.RefusedProbes + 1 < plan.Traits.RefusedProbesAllowed && now + options.Value.RetryDelay < activeAt ? now + options.Value.RetryDelay : activeAt);

        // Where the current one is dead already, nothing is left to compare with.
        if (visit.Rotation.LiveCredential is not LiveCredential.Refused)
        {
            var old = await remotes.ReadAsync(visit, "vault", "read old secret", Rule, (callId, token) => vault.ReadVersionAsync(plan.Secret, plan.OldVersion, callId, token), cancellationToken);
            if (await ProbeAsync(visit, "control probe", old.Value, cancellationToken) is not (ProbeOutcome.Works or ProbeOutcome.Forbidden))
                throw new RemoteTroubleException("provider", RemoteTrouble.Denied, "The provider refuses what was handed in and the current credential alike, so the refusal proves nothing.");
        }

        return Bad(handed, "is not accepted by the provider");
    }

    private async Task<ProbeOutcome> ProbeAsync(Visit visit, string operation, SecretText value, CancellationToken cancellationToken)
    {
        var provider = visit.Rotation.OpenProvider(providers);
        var probe = await remotes.EffectAsync(visit, "provider", operation, Rule, (_, token) => provider.VerifyAsync(visit.Rotation.ProbeTarget(), new Candidate(null, value), token), cancellationToken);
        remotes.Heard(visit, probe.RemoteDate);
        return probe;
    }

    private async Task<SecretText?> FindAsync(Visit visit, SecretName staging, HandedIn handed, CancellationToken cancellationToken)
    {
        try
        {
            var staged = await remotes.ReadAsync(visit, "vault", "read what was handed in", Rule, (callId, token) => vault.ReadVersionAsync(staging, handed.StagedVersion, callId, token), cancellationToken);
            remotes.Heard(visit, staged.RemoteDate);
            return staged.Value;
        }
        catch (RemoteTroubleException trouble) when (trouble.Trouble is RemoteTrouble.NotFound or RemoteTrouble.Deleted)
        {
            return null;
        }
    }

    private static Found.Bad Bad(HandedIn handed, string why)
        => new($"What {handed.PersonName} handed in at {EngineTime.Text(handed.On)} {why}. Nothing was changed; hand in another.");
}
