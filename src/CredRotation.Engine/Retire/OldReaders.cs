using CredRotation.Engine.Reload;

namespace CredRotation.Engine.Retire;

/// <summary>Why the old credential may still be in use although every required consumer proved the new one.</summary>
/// <param name="What">Sentences for people.</param>
/// <param name="Who">Who would fail.</param>
internal sealed record StillRead(string What, string Who);

/// <summary>Looks, before anything is retired, for those who run or read the old version all the same: instances that came back with it, and callers that nobody named.</summary>
internal sealed class OldReaders(Leases leases)
{
    /// <summary>Whoever came back hears the signal at its next heartbeat.</summary>
    public static readonly TimeSpan LookPause = TimeSpan.FromMinutes(1);

    public async Task<StillRead?> WhyStillReadAsync(Visit visit, CancellationToken cancellationToken)
    {
        var back = await leases.OnOldAsync(visit.Rotation, cancellationToken);
        if (back.Count == 0) return null;
        var who = string.Join(", ", back.Select(lease => $"{lease.Alias} ({lease.Instance})"));
        return new StillRead($"{who} says that it runs the old version {visit.Rotation.Plan.OldVersion}; its next heartbeat is told of the new one.", who);
    }
}
