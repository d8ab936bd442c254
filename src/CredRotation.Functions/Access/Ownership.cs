using System.Collections.Concurrent;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions.Access;

/// <summary>Whether somebody is an owner, as far as could be learned now.</summary>
public enum OwnerAnswer
{
    No,
    Yes,

    /// <summary>The directory could not say; never to be read as no.</summary>
    Unknown,
}

/// <summary>
/// Says who a caller is towards a credential. Readings are kept for a minute, so that a page that refreshes itself does not lean on the
/// directory; a decision is authorized again by the visit that folds it in.
/// </summary>
public sealed class Ownership(IOwnerDirectory directory, ICredentialRegistry registry, IOptions<RotationOptions> options, TimeProvider time)
{
    private const int GroupsMax = 200;
    private static readonly TimeSpan s_keptMax = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, OwnerReading> _readings = new(StringComparer.OrdinalIgnoreCase);

    public bool IsConsumer(Caller caller) => options.Value.Consumers.Values.Any(consumer => caller.Is(consumer.Principal));

    /// <summary>Whether the caller answers for this credential: by its owner group, or by the fallback group while that has nobody left.</summary>
    public async Task<OwnerAnswer> OwnsAsync(Caller caller, CredentialRow credential, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(credential);

        // The same choice of group that a visit makes: a decision that is accepted here must count there.
        var owners = await ReadAsync(credential.Binding.OwnerGroup, cancellationToken);
        if (owners.State is OwnerState.Gone or OwnerState.TooFew && options.Value.FallbackGroup is { Length: > 0 } fallback)
        {
            var others = await ReadAsync(fallback, cancellationToken);
            if (others.State is OwnerState.Healthy or OwnerState.Unavailable or OwnerState.CannotSee) owners = others;
        }

        if (owners.State is OwnerState.Unavailable or OwnerState.CannotSee) return OwnerAnswer.Unknown;
        return owners.Has(caller.ObjectId) ? OwnerAnswer.Yes : OwnerAnswer.No;
    }

    /// <summary>Whether the caller answers for any managed credential.</summary>
    public async Task<OwnerAnswer> OwnsAnyAsync(Caller caller, CancellationToken cancellationToken)
    {
        var answer = OwnerAnswer.No;
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        await foreach (var credential in registry.ListAsync(cancellationToken))
        {
            if (!seen.Add(credential.Binding.OwnerGroup)) continue;
            if (seen.Count > GroupsMax) break;

            var one = await OwnsAsync(caller, credential, cancellationToken);
            if (one == OwnerAnswer.Yes) return one;
            if (one == OwnerAnswer.Unknown) answer = one;
        }

        return answer;
    }

    private async Task<OwnerReading> ReadAsync(string group, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!_readings.TryGetValue(group, out var reading) || reading.ReadOn + s_keptMax < now)
        {
            reading = await directory.ReadAsync(group, cancellationToken) with { ReadOn = now };
            if (reading.State is OwnerState.Healthy or OwnerState.TooFew && _readings.Count < GroupsMax) _readings[group] = reading;
        }

        return reading;
    }
}
