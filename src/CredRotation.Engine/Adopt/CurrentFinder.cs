using System.Globalization;
using CredRotation.Engine.Issue;

namespace CredRotation.Engine.Adopt;

/// <summary>Finds what consumers run among what the provider has, so that the first rotation can end exactly that one. Only reads.</summary>
internal sealed class CurrentFinder(ICredentialVault vault, Targets targets, Remotes remotes)
{
    private const string Rule = "Adopt: rule 11, which credential consumers run";
    private const int OfferedMax = 50;

    /// <summary>Throws <see cref="RemoteTroubleException"/> when vault or provider do not answer: then nothing was found, and that is not "none".</summary>
    public async Task<(CurrentCredential? Current, SecretText Value, string? Refusal)> FindAsync(Visit visit, RotationPlan plan, ICredentialProvider provider, string? picked, CancellationToken cancellationToken)
    {
        var read = await remotes.ReadAsync(visit, "vault", "read current secret", Rule, (callId, token) => vault.ReadVersionAsync(plan.Secret, plan.OldVersion, callId, token), cancellationToken);
        var target = await targets.ReadAsync(visit, plan, provider, Rule, cancellationToken);
        string? id = null;
        var isProven = false;
        if (!plan.Traits.ProbeStartsClock)
        {
            switch (await remotes.ReadAsync(visit, "provider", "probe current credential", Rule, (_, token) => provider.VerifyAsync(target, new Candidate(null, read.Value), token), cancellationToken))
            {
                case ProbeOutcome.Works works:
                    (id, isProven) = (works.CredentialId, true);
                    break;
                case ProbeOutcome.WrongIdentity wrong:
                    return (null, read.Value, $"The current value does not belong to target {plan.Binding.Target}: {wrong.Detail}");
                case ProbeOutcome.Refused:
                    return (null, read.Value, "The provider refuses the current value: it is wrong, or has ended already.");
                case ProbeOutcome.Throttled throttled:
                    throw new RemoteTroubleException("provider", RemoteTrouble.Throttled, "The provider asks to come back later.", throttled.After);
                case ProbeOutcome.Unknown unknown:
                    throw new RemoteTroubleException("provider", RemoteTrouble.Unknown, $"The current credential could not be tried: {unknown.Detail}");
            }
        }

        if (id is not null) return (new CurrentCredential(CurrentFound.ByProbe, id, [], "The provider shows it when the value is tried."), read.Value, null);
        if (plan.Traits.Topology is Topology.Pair) return (null, read.Value, "The provider does not show which of its two slots consumers run, so none could ever be written.");
        if (plan.Traits.RetireBy is RetireBy.SecretValue or RetireBy.TimerOnly or RetireBy.Human)
            return (new CurrentCredential(CurrentFound.NotNeeded, null, [], isProven ? "The value works, and how it ends needs no id of it." : "It was not tried, since that would start a clock. How it ends needs no id of it."), read.Value, null);

        var listed = plan.Traits.CanList ? await remotes.ReadAsync(visit, "provider", "list credentials", Rule, (_, token) => provider.ListAsync(target, token), cancellationToken) ?? [] : [];
        if (picked is not null)
        {
            return listed.Any(one => one.Id == picked)
                ? (new CurrentCredential(CurrentFound.Picked, picked, [], "A person picked it from what the provider lists."), read.Value, null)
                : (null, read.Value, "The provider lists no credential of the target with the id that was picked.");
        }

        return (listed switch
        {
            // Without a probe that says yes, the one that is listed may be another than the one in the vault.
            [var only] when isProven => new CurrentCredential(CurrentFound.OnlyOne, only.Id, [], "The value works, and the provider lists this one credential of the target."),
            [_, ..] => new CurrentCredential(CurrentFound.Several, null, [.. listed.OrderByDescending(one => one.CreatedOn).Take(OfferedMax)], string.Create(CultureInfo.InvariantCulture, $"The provider lists {listed.Count} of the target and does not show which it is. Pick one, or a person retires it after the first rotation.")),
            _ => new CurrentCredential(CurrentFound.NotShown, null, [], "The provider does not show which it is: a person retires it after the first rotation."),
        }, read.Value, null);
    }
}
