using System.Text.Json.Nodes;

namespace CredRotation.Engine.Reload;

/// <summary>What the instances' heartbeats mean for an open rotation: who else has to prove the new version, and who is gone.</summary>
internal sealed class Leases(LeaseBook book, TimeProvider clock)
{
    /// <summary>The instances of a consumer that are there now.</summary>
    public async Task<IReadOnlyList<string>> AliveAsync(CredentialId credential, string alias, CancellationToken cancellationToken)
        => [.. (await book.ReadAsync(credential, cancellationToken)).Where(standing => standing.IsAlive && standing.Lease.Alias == alias).Select(standing => standing.Lease.Instance).Take(ConsumerProgress.InstancesMax)];

    /// <summary>
    /// Whoever runs another version has to prove the one it is to run, named before or not. Whoever was named and has left, or is silent
    /// while others are heard of, runs nothing. Whoever began after that version was there runs no older one.
    /// </summary>
    public async Task FoldAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (!visit.Rotation.Consumers.Any(IsRequired)) return;
        var standing = await book.ReadAsync(visit.Row.Id, cancellationToken);
        if (standing.Count == 0) return;
        visit.Open = visit.Rotation with { Consumers = [.. visit.Rotation.Consumers.Select(consumer => IsRequired(consumer) ? Fold(visit, consumer, [.. standing.Where(one => one.Lease.Alias == consumer.Alias)]) : consumer)] };
    }

    /// <summary>Those who say that they run the version that is to end although they are to run another one.</summary>
    public async Task<IReadOnlyList<InstanceLease>> OnOldAsync(Rotation rotation, CancellationToken cancellationToken)
    {
        if (!rotation.Consumers.Any(consumer => consumer.IsAcknowledging)) return [];
        return [.. (await book.ReadAsync(rotation.Plan.Credential, cancellationToken))
            .Where(standing => !standing.Lease.HasLeft && standing.Silence < InstanceLease.GoneAfter && standing.Lease.Version == rotation.Plan.OldVersion && rotation.Consumers.Any(consumer => consumer.Alias == standing.Lease.Alias && !consumer.IsExcused))
            .Select(standing => standing.Lease)];
    }

    // Also of one whose instances all proved it: another may have come since.
    private static bool IsRequired(ConsumerProgress consumer) => consumer is { IsAcknowledging: true, IsExcused: false } && (consumer.Instances.Count > 0 || consumer.IsVacant);

    private ConsumerProgress Fold(Visit visit, ConsumerProgress consumer, IReadOnlyList<StandingLease> standing)
    {
        if (standing.Count == 0) return consumer;
        var rotation = visit.Rotation;
        var since = rotation.RunningSince;
        var alive = standing.Where(one => one.IsAlive).Select(one => one.Lease).ToList();
        var gone = consumer.Missing.Where(instance => standing.Any(one => one.Lease.Instance == instance && one.IsGone(standing, clock.GetUtcNow()))).ToHashSet(StringComparer.Ordinal);
        var stay = consumer.Instances.Where(instance => !gone.Contains(instance)).ToList();
        // Without anybody who proves it, those who began with it have to.
        var joined = alive.Where(lease => stay.Count == 0 || lease.Version != rotation.RunningVersion || lease.Since <= since).Select(lease => lease.Instance)
            .Except(stay, StringComparer.Ordinal).Take(ConsumerProgress.InstancesMax - stay.Count).ToList();
        if (gone.Count == 0 && joined.Count == 0) return consumer;

        foreach (var instance in gone) visit.Notes.Add(LedgerNote.Ours("InstanceGone", $"{consumer.Alias}, {instance}: it left, or was not heard of for {InstanceLease.GoneAfter.TotalMinutes:0} minutes while others were, so it runs nothing.", new JsonObject { ["consumer"] = consumer.Alias, ["instance"] = instance }));
        foreach (var instance in joined) visit.Notes.Add(LedgerNote.Ours("InstanceJoined", $"{consumer.Alias}, {instance}: it holds a lease and has to prove the version, too.", new JsonObject { ["consumer"] = consumer.Alias, ["instance"] = instance }));
        return consumer with { Instances = [.. stay, .. joined], IsVacant = stay.Count + joined.Count == 0 };
    }
}
