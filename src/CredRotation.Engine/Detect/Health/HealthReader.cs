using CredRotation.Engine.Registry;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Detect.Health;

/// <summary>Reads the heartbeats and judges their age. Calls nothing but our own store.</summary>
public sealed class HealthReader
{
    private readonly Heartbeats _heartbeats;
    private readonly HealthOptions _health;
    private readonly RotationOptions _rotation;
    private readonly TimeProvider _clock;
    private readonly DateTimeOffset _startedOn;

    internal HealthReader(Heartbeats heartbeats, IOptions<HealthOptions> health, IOptions<RotationOptions> rotation, TimeProvider clock)
        => (_heartbeats, _health, _rotation, _clock, _startedOn) = (heartbeats, health.Value, rotation.Value, clock, clock.GetUtcNow());

    public async Task<HealthReport> ReadAsync(CancellationToken cancellationToken)
    {
        var beats = await _heartbeats.ReadAsync(cancellationToken);
        var now = _clock.GetUtcNow();
        List<HealthLine> lines =
        [
            Judge("sweep", beats, Heartbeats.Sweep, _health.SweepLateAfter, now,
                "No sweep of the vaults has finished in time.",
                "Open rotations go on, and events are still heard; what events miss is not seen.",
                "Check that the function SweepForExpiry runs by SweepSchedule, and its log. If the schedule is rarer, raise Health:SweepLateAfter to three of its intervals."),
            Judge("wake", beats, Heartbeats.Wake, _health.WakeLateAfter, now,
                "The wake-up of waiting rotations has not finished in time.",
                "Credentials that events and people name are still visited; rotations that wait for a time may be late.",
                "Check that the function WakeSleepers runs by WakeSchedule, and its log. If the schedule is rarer, raise Health:WakeLateAfter to three of its intervals."),
            Judge("reminders", beats, Heartbeats.Reminders, _health.RemindersLateAfter, now,
                "Owners were not checked and nobody was reminded in time.",
                "Rotations go on, and their own messages are sent; that owners left, or that an end comes near unseen, is not told.",
                "Check that the function RemindOwners runs by RemindSchedule, and its log. If the schedule is rarer, raise Health:RemindersLateAfter to three of its intervals."),
        ];
        lines.AddRange(_rotation.Vaults.Select((vault, index) => Judge(
            $"Rotation:Vaults:{index}", beats, Heartbeats.OfVault(SecretName.HostOf(vault)), _health.SweepLateAfter, now,
            "The secrets of this vault could not be listed in time.",
            "The other vaults are swept, and credentials adopted from this one keep their plans.",
            "The finding vault-unreadable on the credentials page says why. Check the app's role on this vault and its network.")));
        lines.Add(Judge("anchor", beats, Heartbeats.Anchor, _health.AnchorLateAfter, now,
            "The heads of the hash chains did not leave the ledger in time.",
            "Rotations go on, and each completed one still carries its head on its card and event.",
            "Look at the log for 'not anchored': it says what the topic answered. Check EventGrid:TopicEndpoint and the app's role on it."));
        return new HealthReport(lines.All(line => line.IsOk), lines);
    }

    private HealthLine Judge(string name, HeartbeatReadings beats, string row, TimeSpan lateAfter, DateTimeOffset now, string late, string works, string next)
    {
        if (beats.IsNewer(row)) (late, next) = ("This heartbeat was written by a newer version of CredRotation. It is left untouched, so whether it is late cannot be told.", NewerFormatException.Next);
        var beat = beats.Find(row);
        // One that never succeeded is as old as its first try, or as this process.
        var since = beat?.SucceededOn ?? beat?.FirstOn ?? _startedOn;
        var isOk = now - since <= lateAfter;
        return new HealthLine(name, isOk, beat?.SucceededOn, beat?.SucceededOn is { } succeeded ? Math.Max(0, Math.Round((now - succeeded).TotalSeconds)) : null, lateAfter.TotalSeconds, beat?.Trouble is not null,
            isOk ? null : late, isOk ? null : works, isOk ? null : next);
    }
}
