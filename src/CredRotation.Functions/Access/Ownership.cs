using System.Collections.Concurrent;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Ladder;
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
public sealed class Ownership(IOwnerDirectory directory, ICredentialRegistry registry, LadderBook ladder, IOptions<RotationOptions> options, TimeProvider time)
{
    private const int GroupsMax = 200;
    private static readonly TimeSpan s_keptMax = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, OwnerReading> _readings = new(StringComparer.OrdinalIgnoreCase);

    public bool IsConsumer(Caller caller) => options.Value.Consumers.Values.Any(consumer => caller.Is(consumer.Principal));

    /// <summary>Whether the caller answers for this credential: by its owner group, or by the fallback group while that has nobody left.</summary>
    public async Task<OwnerAnswer> OwnsAsync(Caller caller, CredentialRow credential, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(credential);
        return await OwnsAsync(caller, credential.Binding.OwnerGroup, cancellationToken);
    }

    /// <summary>Whether the caller answers for what this group owns.</summary>
    public async Task<OwnerAnswer> OwnsAsync(Caller caller, string ownerGroup, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);

        // The same choice of group that a visit makes: a decision that is accepted here must count there.
        var owners = await ReadAsync(ownerGroup, cancellationToken);
        if (owners.State is OwnerState.Gone or OwnerState.TooFew && options.Value.FallbackGroup is { Length: > 0 } fallback)
        {
            var others = await ReadAsync(fallback, cancellationToken);
            if (others.State is OwnerState.Healthy or OwnerState.Unavailable or OwnerState.CannotSee) owners = others;
        }

        if (owners.State is OwnerState.Unavailable or OwnerState.CannotSee) return OwnerAnswer.Unknown;
        return owners.Has(caller.ObjectId) ? OwnerAnswer.Yes : OwnerAnswer.No;
    }

    /// <summary>Whether the caller answers for any managed credential, or could for one that some account grants.</summary>
    public async Task<OwnerAnswer> OwnsAnyAsync(Caller caller, bool withGranted, CancellationToken cancellationToken)
    {
        var answer = OwnerAnswer.No;
        var groups = registry.ListAsync(cancellationToken).Select(credential => credential.Binding.OwnerGroup);
        if (withGranted) groups = groups.Concat(options.Value.Accounts.Values.SelectMany(account => account.OwnerGroups).ToAsyncEnumerable());
        await foreach (var group in groups.Distinct(StringComparer.OrdinalIgnoreCase).Take(GroupsMax))
        {
            var one = await OwnsAsync(caller, group, cancellationToken);
            if (one == OwnerAnswer.Yes) return one;
            if (one == OwnerAnswer.Unknown) answer = one;
        }

        return answer;
    }

    /// <summary>Whether an open reminder of this credential climbed to the caller.</summary>
    public async Task<OwnerAnswer> IsRemindedAsync(Caller caller, CredentialId credential, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return await ladder.FindAsync(credential, cancellationToken) is { } notice ? await IsRemindedAsync(caller, notice, cancellationToken) : OwnerAnswer.No;
    }

    /// <summary>Whether any open reminder did.</summary>
    public async Task<OwnerAnswer> IsRemindedAsync(Caller caller, CancellationToken cancellationToken)
    {
        var answer = OwnerAnswer.No;
        await foreach (var notice in ladder.ListAsync(cancellationToken).Where(notice => notice.Level > LadderLevel.Owners))
        {
            var one = await IsRemindedAsync(caller, notice, cancellationToken);
            if (one == OwnerAnswer.Yes) return one;
            if (one == OwnerAnswer.Unknown) answer = one;
        }

        return answer;
    }

    /// <summary>Whether this reminder did.</summary>
    public async Task<OwnerAnswer> IsRemindedAsync(Caller caller, LadderNotice notice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(notice);
        if (notice.Named.Any(caller.Is)) return OwnerAnswer.Yes;
        var answer = OwnerAnswer.No;
        foreach (var (level, group) in new[] { (LadderLevel.Fallback, options.Value.FallbackGroup), (LadderLevel.Leadership, options.Value.LeadershipGroup) })
        {
            if (notice.Level < level || group is not { Length: > 0 }) continue;
            var reading = await ReadAsync(group, cancellationToken);
            if (reading.Has(caller.ObjectId)) return OwnerAnswer.Yes;
            if (reading.State is OwnerState.Unavailable or OwnerState.CannotSee) answer = OwnerAnswer.Unknown;
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
