using System.Text.Json.Nodes;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Issue;

namespace CredRotation.Engine.Incidents;

/// <summary>
/// Detection came too late: looks at the live credential before anybody is asked, and opens the incident when the provider refuses it, or when
/// it cannot be shown to work past its end. Safe to repeat: it only reads; the alarm tells.
/// </summary>
internal sealed class ExamineStep(Remotes remotes, ICredentialVault vault, IProviderCatalog providers, Targets targets, Answerable answerable, TimeProvider clock) : IRotationStep
{
    private const string Rule = "Incident: our own probe of the live credential";

    public bool Handles(Rotation rotation) => rotation is { State: RotationState.Detected, Plan.IsLate: true, LiveCredential: LiveCredential.Unexamined };

    public async Task<StepResult> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        var live = await ProbeAsync(visit, cancellationToken);
        var now = clock.GetUtcNow();
        var rotation = visit.Rotation;
        if (live is LiveCredential.Works)
        {
            return new StepResult.Moved(rotation with { LiveCredential = live },
                LedgerNote.Ours("Examined", "The vault says expired, the provider still accepts the credential: no consumer fails. The vault's end and the provider's differ."));
        }

        if (!Remotes.ClockAgrees(visit))
        {
            // Rule 18: no incident on this host's clock alone.
            return new StepResult.Waits(rotation.Holding(HoldReason.ClockDisagrees, "By this host's clock the credential has expired; no remote's clock confirms it yet.", now, null, Choices.ToRetry), null);
        }

        // Dead owners change who answers, not whether: the people who are told are those who are there.
        var owners = await answerable.FindAsync(visit, cancellationToken);
        var incident = live is LiveCredential.Refused
            ? Refused(rotation, rotation.Plan.SignalledBy, now)
            : new Incident(now, rotation.Plan.SignalledBy, $"{rotation.Plan.Secret.Name} expired on {EngineTime.Text(rotation.Plan.OldExpiresOn ?? now)}, and whether the provider still accepts it could not be shown. {rotation.LastTrouble}");
        var opened = visit.Rotation with { LiveCredential = live, Incident = incident, AnswerableGroup = owners.Group };
        return new StepResult.Moved(opened, LedgerNote.Ours("IncidentOpened", incident.Detail, new JsonObject
        {
            ["openedBy"] = incident.OpenedBy,
            ["signalledOn"] = EngineTime.Text(rotation.Plan.SignalledOn),
            ["live"] = live.ToString(),
            ["answerable"] = owners.Group,
        }));
    }

    /// <summary>The incident of a live credential that the provider refuses.</summary>
    public static Incident Refused(Rotation rotation, string openedBy, DateTimeOffset now)
        => new(now, openedBy, $"The provider refuses {rotation.Plan.Secret.Name}, the live credential of {rotation.Plan.Binding.Account}: {string.Join(", ", rotation.Plan.Binding.Consumers)} fail now. One named person may expedite.");

    /// <summary>Rule 10: refused only beside a control; here the management credential is the one known to be good.</summary>
    private async Task<LiveCredential> ProbeAsync(Visit visit, CancellationToken cancellationToken)
    {
        try
        {
            var plan = visit.Rotation.Plan;
            var current = await remotes.ReadAsync(visit, "vault", "read current secret", Rule, (callId, token) => vault.ReadCurrentAsync(plan.Secret, callId, token), cancellationToken);
            remotes.Heard(visit, current.RemoteDate);
            await targets.OpenAsync(visit, Rule, cancellationToken);
            var provider = visit.Rotation.OpenProvider(providers);
            var control = await remotes.ReadAsync(visit, "provider", "read target", Rule, (_, token) => provider.CheckTargetAsync(visit.Target!, token), cancellationToken);
            remotes.Heard(visit, control.RemoteDate);
            var probe = await remotes.ReadAsync(visit, "provider", "probe live credential", Rule, (_, token) => provider.VerifyAsync(visit.Target!, new Candidate(null, current.Value), token), cancellationToken);
            remotes.Heard(visit, probe.RemoteDate);
            return (probe, control) switch
            {
                (ProbeOutcome.Works or ProbeOutcome.Forbidden, _) => LiveCredential.Works,
                (ProbeOutcome.Refused, TargetOutcome.Readable) => LiveCredential.Refused,
                _ => LiveCredential.Unknown,
            };
        }
        catch (RemoteTroubleException trouble)
        {
            visit.Open = visit.Rotation with { LastTrouble = RotationMachine.Bounded($"{trouble.Remote}: {trouble.Message}") };
            return LiveCredential.Unknown;
        }
    }
}
