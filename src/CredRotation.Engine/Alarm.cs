using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine;

/// <summary>Tells people of holds, and opens the incident when the reserve begins before consumers have moved.</summary>
internal sealed class Alarm(Remotes remotes, ICredentialVault vault, INotifier notifier, InstallationKey key, IOptions<RotationOptions> options, TimeProvider clock)
{
    public static readonly TimeSpan RetryPause = TimeSpan.FromMinutes(1);

    /// <summary>Tells of the hold. A channel that is down must not stop the rotation: it is tried again soon, and the hold stands meanwhile.</summary>
    public async Task AnnounceAsync(Visit visit, CancellationToken cancellationToken)
    {
        var isTold = await TryTellAsync(visit, Notices.Held(visit.Rotation), "tell of the hold", "Hold: the person who answers is told", cancellationToken);
        var now = clock.GetUtcNow();
        visit.Open = isTold
            ? visit.Rotation with { Hold = visit.Rotation.Hold! with { IsAnnounced = true } }
            : visit.Rotation.Until(visit.Rotation.WakeOn < now + RetryPause ? visit.Rotation.WakeOn : now + RetryPause, now);
    }

    /// <summary>Rule 8 and I9: at the reserve, with the clock running and consumers not moved, an incident opens. True when one was opened now.</summary>
    public async Task<bool> RaiseAsync(Visit visit, CancellationToken cancellationToken)
    {
        var rotation = visit.Rotation;
        var isClockRunning = rotation.IsOpen && rotation.Attempts.Count > 0 && rotation.State < RotationState.Reloaded;
        if (!isClockRunning || rotation.Incident is not null || rotation.ReserveFrom is not { } reserve || clock.GetUtcNow() < reserve) return false;

        // Rule 18: not on this host's clock alone.
        if (visit.RemoteClockSkew is null) await HearClockAsync(visit, cancellationToken);

        if (!Remotes.ClockAgrees(visit)) return false;

        var now = clock.GetUtcNow();
        var missing = rotation.State is RotationState.Promoted
            ? $"no proof yet from {string.Join(", ", rotation.Consumers.Where(consumer => !consumer.IsAdopted).Select(consumer => consumer.Alias))}"
            : $"the rotation stands at {rotation.State}";
        var incident = new Incident(now, "reserve", RotationMachine.Bounded($"The old credential ends at {EngineTime.Text(rotation.OldEndsOn!.Value)} and {missing}. {rotation.LastTrouble}"));
        visit.Open = visit.Rotation with { Incident = incident };
        visit.Notes.Add(LedgerNote.Ours("IncidentOpened", incident.Detail, new JsonObject { ["reserve"] = EngineTime.Text(reserve) }));
        return true;
    }

    /// <summary>Tells of the incident, and again at each visit until the channel took it: an incident that nobody knows of is none.</summary>
    public async Task TellOfIncidentAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (visit.Rotation is not { Incident: { } incident, IsIncidentTold: false }) return;
        if (await TryTellAsync(visit, Notices.Opened(visit.Rotation, incident), "tell of the incident", "Incident: people are told at once", cancellationToken))
            visit.Open = visit.Rotation with { IsIncidentTold = true };
    }

    /// <summary>Those who answer had their time, and nothing was issued: leadership hears of it, once per rotation. The hold stands and asks on.</summary>
    public void Escalate(Visit visit)
    {
        var rotation = visit.Rotation;
        var now = clock.GetUtcNow();
        if (rotation is not { IsOpen: true, Hold: { } hold, Escalation: null } || (rotation.Attempts.Count > 0 && hold.Reason is not HoldReason.IssuePending) || now < rotation.Plan.ApproveBy) return;

        var escalation = new Escalation(now, RotationMachine.Bounded($"{rotation.Plan.Secret.Name} waits since {EngineTime.Text(hold.Since)}, and nobody who answers for it ended that by {EngineTime.Text(rotation.Plan.ApproveBy)}. {hold.Detail}"));
        visit.Open = rotation with { Escalation = escalation };
        visit.Notes.Add(LedgerNote.Ours("Escalated", escalation.Detail));
    }

    /// <summary>Tells leadership, and again at each visit until the channel took it.</summary>
    public async Task TellLeadershipAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (visit.Rotation is not { Escalation: { } escalation, IsEscalationTold: false }) return;
        if (await TryTellAsync(visit, Notices.Escalated(visit.Rotation, escalation, options.Value.LeadershipGroup ?? options.Value.FallbackGroup), "tell leadership", "Authorize: rule 17, leadership is told", cancellationToken))
            visit.Open = visit.Rotation with { IsEscalationTold = true };
    }

    /// <summary>The consumers' vault may be what is down at this very hour; the staging vault has a clock, too. With neither, rule 18 waits.</summary>
    private async Task HearClockAsync(Visit visit, CancellationToken cancellationToken)
    {
        var rotation = visit.Rotation;
        foreach (var secret in new[] { rotation.Plan.Secret, SecretName.Of(key.Staging, rotation.Attempts[^1].Ticket.Marker) })
        {
            try
            {
                var look = await remotes.ReadAsync(visit, "vault", secret == rotation.Plan.Secret ? "read current secret" : "read staging", "Incident: rule 18, the remote's clock",
                    (callId, token) => vault.ReadCurrentAsync(secret, callId, token), cancellationToken);
                remotes.Heard(visit, look.RemoteDate);
                return;
            }
            catch (RemoteTroubleException trouble)
            {
                visit.Notes.Add(LedgerNote.Ours("ClockUnheard", $"The reserve began, and no other clock could be asked: {trouble.Message}"));
            }
        }
    }

    private async Task<bool> TryTellAsync(Visit visit, Notice notice, string operation, string rule, CancellationToken cancellationToken)
    {
        try
        {
            return await remotes.EffectAsync(visit, "notification", operation, rule, async (_, token) => { await notifier.NotifyAsync(notice, token); return true; }, cancellationToken);
        }
        catch (RemoteTroubleException trouble)
        {
            visit.Notes.Add(LedgerNote.Ours("NotTold", $"{notice.Title}: {trouble.Message}"));
            return false;
        }
    }
}
