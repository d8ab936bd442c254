using System.Collections.Concurrent;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Findings;

/// <summary>
/// Looks up who answers, asking the directory at most once per group and sweep and for many at once, only for groups that configuration grants,
/// and not in Observe. A group that was healthy is asked about again after a day.
/// </summary>
internal sealed class OwnerSights(IOwnerDirectory directory, RotationOptions options, ConcurrentDictionary<string, OwnerReading> healthy, DateTimeOffset now)
{
    private const int HealthyMax = 1_000;
    private static readonly TimeSpan HealthyFor = TimeSpan.FromDays(1);

    private readonly Dictionary<string, OwnerReading> _readings = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _wanted = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Null: its group is among those that <see cref="AskAsync"/> asks for.</summary>
    public OwnerSight? Find(VaultObject seen, CredentialRow? row)
    {
        var tag = seen.Tags.FirstOrDefault(tag => string.Equals(tag.Key, TagReader.Owner, StringComparison.OrdinalIgnoreCase)).Value?.Trim();
        var group = row?.Binding.OwnerGroup ?? (string.IsNullOrEmpty(tag) ? null : tag);
        if (group is null) return new OwnerSight(null, IsGranted: false, null);

        var isGranted = row is not null || IsGranted(group, seen.VaultHost);
        if (!isGranted || options.Mode is RotationMode.Observe) return new OwnerSight(group, isGranted, null);
        if (Known(group) is { } reading) return new OwnerSight(group, isGranted, reading);
        _wanted.Add(group);
        return null;
    }

    public async Task AskAsync(CancellationToken cancellationToken)
    {
        if (_wanted.Count == 0) return;
        var readings = (await directory.ReadManyAsync([.. _wanted], cancellationToken)).ToDictionary(reading => reading.Group, StringComparer.OrdinalIgnoreCase);
        foreach (var group in _wanted)
        {
            var reading = (readings.GetValueOrDefault(group) ?? new OwnerReading(group, null, OwnerState.Unavailable, [], now, "The directory did not speak of it.")) with { ReadOn = now };
            if (reading.State is not OwnerState.Healthy) healthy.TryRemove(group, out _);
            else if (healthy.Count < HealthyMax) healthy[group] = reading;
            _readings[group] = reading;
        }

        _wanted.Clear();
    }

    /// <summary>Who hears of a finding: the owners, the fallback group while they have nobody left, else the default receiver.</summary>
    public string? ReceiverOf(OwnerSight owner)
        => !owner.IsGranted ? null : owner.Reading?.State is OwnerState.Gone or OwnerState.TooFew ? options.FallbackGroup : owner.Group;

    private OwnerReading? Known(string group)
    {
        if (_readings.TryGetValue(group, out var known)) return known;
        return healthy.TryGetValue(group, out var before) && now - before.ReadOn < HealthyFor ? _readings[group] = before : null;
    }

    private bool IsGranted(string group, string vaultHost) => options.Accounts.Values.Any(account =>
        account.OwnerGroups.Contains(group, StringComparer.OrdinalIgnoreCase) && account.Vaults.Any(vault => SecretName.HostOf(vault) == vaultHost));
}
