using System.Text.Json;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Reload;

/// <summary>One row per instance that runs a credential. Written by the heartbeats themselves, beside the credential's own rows, so that none of them costs a visit.</summary>
public sealed class LeaseBook
{
    private readonly IRowStore _rows;
    private readonly TimeProvider _clock;

    internal LeaseBook(IRowStore rows, TimeProvider clock) => (_rows, _clock) = (rows, clock);

    /// <summary>False: the consumer has as many instances as one may have, and this one is not among them.</summary>
    public async Task<bool> RenewAsync(CredentialId credential, string alias, string instance, string version, bool isLeaving, CancellationToken cancellationToken)
    {
        var key = KeyOf(credential, alias, instance);
        var now = _clock.GetUtcNow();
        // Losing to another heartbeat of the same instance is as good as winning, unless this one says that it leaves.
        for (var tries = 0; tries < 3; tries++)
        {
            var stored = await _rows.FindAsync(key, cancellationToken);
            if (stored is null && !isLeaving && await CountAsync(credential, alias, cancellationToken) >= ConsumerProgress.InstancesMax) return false;

            var known = stored is null ? null : TryRead(stored.Body);
            // One that comes back after it left or was gone was started anew.
            var since = known is { HasLeft: false } && !(stored!.Age > InstanceLease.Length) ? known.Since : now;
            var body = EngineJson.Write(new InstanceLease(alias, instance, version, since, now, isLeaving));
            if (stored is null ? await _rows.TryInsertAsync(key, body, cancellationToken) : RowFormat.IsNewer(stored.Body, InstanceLease.CurrentFormat) || await _rows.TryReplaceAsync(stored, body, cancellationToken)) return true;
        }

        return true;
    }

    /// <summary>Everybody who was heard of within the last days; what is older is removed on the way.</summary>
    public async Task<IReadOnlyList<StandingLease>> ReadAsync(CredentialId credential, CancellationToken cancellationToken)
    {
        var leases = new List<StandingLease>();
        var now = _clock.GetUtcNow();
        await foreach (var row in _rows.ScanAllAsync(PartitionOf(credential), "", cancellationToken))
        {
            if (TryRead(row.Body) is not { } lease) continue;
            // By this host's clock it may be gone; how old it is, only the store says. Where that cannot tell, nobody is taken for gone by a guess.
            var age = now - lease.RenewedOn > InstanceLease.Length ? (await _rows.FindAsync(row.Key, cancellationToken))?.Age : null;
            if (age > InstanceLease.KeptFor) await _rows.TryDeleteAsync(row, cancellationToken);
            else leases.Add(new StandingLease(lease, age >= InstanceLease.Length ? age.Value : TimeSpan.Zero));
        }

        return leases;
    }

    private async Task<int> CountAsync(CredentialId credential, string alias, CancellationToken cancellationToken)
        => (await ReadAsync(credential, cancellationToken)).Count(standing => standing.Lease.Alias == alias && standing.IsAlive);

    private static string PartitionOf(CredentialId credential) => $"lease-{credential.Value}";

    private static RowKey KeyOf(CredentialId credential, string alias, string instance) => new(PartitionOf(credential), Base32.Hash20($"{alias}\n{instance}"));

    private static InstanceLease? TryRead(string body)
    {
        try
        {
            return RowFormat.IsNewer(body, InstanceLease.CurrentFormat) ? null : EngineJson.Read<InstanceLease>(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
