using CredRotation.Engine.Registry;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Authorize;

/// <summary>Who answers for a credential in this visit: its owner group, or the fallback group while that has nobody left.</summary>
internal sealed class Answerable(IOwnerDirectory directory, IOptions<RotationOptions> options)
{
    public async Task<OwnerReading> ReadAsync(Visit visit, string group, CancellationToken cancellationToken)
    {
        if (visit.Owners.TryGetValue(group, out var known)) return known;

        var reading = await directory.ReadAsync(group, cancellationToken);
        if (string.Equals(group, visit.Row.Binding.OwnerGroup, StringComparison.OrdinalIgnoreCase)) visit.Row = visit.Row with { OwnerState = reading.State.ToString(), Owners = OwnersSeen.Of(reading) };
        return visit.Owners[group] = reading;
    }

    /// <summary>The reading that counts. Dead owners change who answers, not whether; a directory that cannot tell is its own state.</summary>
    public async Task<OwnerReading> FindAsync(Visit visit, CancellationToken cancellationToken)
    {
        var owners = await ReadAsync(visit, visit.Row.Binding.OwnerGroup, cancellationToken);
        if (owners.State is not (OwnerState.Gone or OwnerState.TooFew)) return owners;
        if (options.Value.FallbackGroup is not { Length: > 0 } fallback || string.Equals(fallback, owners.Group, StringComparison.OrdinalIgnoreCase)) return owners;

        var fallbackReading = await ReadAsync(visit, fallback, cancellationToken);
        return fallbackReading.State is OwnerState.Healthy or OwnerState.Unavailable or OwnerState.CannotSee ? fallbackReading : owners;
    }
}
