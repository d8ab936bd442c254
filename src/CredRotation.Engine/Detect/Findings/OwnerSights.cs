using System.Collections.Concurrent;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Findings;

/// <summary>
/// Looks up who answers, asking the directory at most once per group and sweep, only for groups that configuration grants, and not in Observe.
/// A group that was healthy is asked about again after a day.
/// </summary>
internal sealed class OwnerSights(IOwnerDirectory directory, RotationOptions options, ConcurrentDictionary<string, OwnerReading> healthy, DateTimeOffset now)
{
    private const int HealthyMax = 1_000;
    private static readonly TimeSpan HealthyFor = TimeSpan.FromDays(1);

    private readonly Dictionary<string, OwnerReading> _readings = new(StringComparer.OrdinalIgnoreCase);

    public async Task<OwnerSight> FindAsync(VaultObject seen, CredentialRow? row, CancellationToken cancellationToken)
    {
        var tag = seen.Tags.FirstOrDefault(tag => string.Equals(tag.Key, TagReader.Owner, StringComparison.OrdinalIgnoreCase)).Value?.Trim();
        var group = row?.Binding.OwnerGroup ?? (string.IsNullOrEmpty(tag) ? null : tag);
        if (group is null) return new OwnerSight(null, IsGranted: false, null);

        var isGranted = row is not null || options.Accounts.Values.Any(account =>
            account.OwnerGroups.Contains(group, StringComparer.OrdinalIgnoreCase) && account.Vaults.Any(vault => SecretName.HostOf(vault) == seen.VaultHost));
        return new OwnerSight(group, isGranted, isGranted && options.Mode is not RotationMode.Observe ? await ReadAsync(group, cancellationToken) : null);
    }

    /// <summary>Who hears of a finding: the owners, the fallback group while they have nobody left, else the default receiver.</summary>
    public string? ReceiverOf(OwnerSight owner)
        => !owner.IsGranted ? null : owner.Reading?.State is OwnerState.Gone or OwnerState.TooFew ? options.FallbackGroup : owner.Group;

    private async Task<OwnerReading> ReadAsync(string group, CancellationToken cancellationToken)
    {
        if (_readings.TryGetValue(group, out var known)) return known;
        if (healthy.TryGetValue(group, out var before) && now - before.ReadOn < HealthyFor) return _readings[group] = before;

        var reading = await directory.ReadAsync(group, cancellationToken) with { ReadOn = now };
        if (reading.State is not OwnerState.Healthy) healthy.TryRemove(group, out _);
        else if (healthy.Count < HealthyMax) healthy[group] = reading;
        return _readings[group] = reading;
    }
}
