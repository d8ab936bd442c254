using CredRotation.Engine.Authorize;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Ladder;

/// <summary>When people are reminded of an end, and who. Pure.</summary>
internal static class LadderRules
{
    /// <summary>Of the last rungs everybody hears, whatever was acknowledged before: who took it on may have forgotten.</summary>
    private const int LastRungs = 2;

    /// <summary>The rung that is reached, or -1 before the first.</summary>
    public static int RungOf(PolicyOptions policy, RotationMode mode, DateTimeOffset endsOn, DateTimeOffset now)
    {
        var left = endsOn - now;
        if (left <= TimeSpan.Zero) return policy.Rungs().Count;
        var rung = -1;
        for (var index = 0; index < policy.Rungs().Count; index++)
            if (left <= policy.Rungs()[index] && !IsRotationsTime(policy, mode, policy.Rungs()[index])) rung = index;
        return rung;
    }

    /// <summary>When the next rung is reached; null after the end.</summary>
    public static DateTimeOffset? NextOf(PolicyOptions policy, RotationMode mode, DateTimeOffset endsOn, DateTimeOffset now)
        => policy.Rungs().Where(rung => !IsRotationsTime(policy, mode, rung)).Append(TimeSpan.Zero).Select(rung => endsOn - rung).Where(on => on > now).Order().Select(on => (DateTimeOffset?)on).FirstOrDefault();

    /// <summary>The first half of the lead is the rotation's own, which asks people by itself.</summary>
    private static bool IsRotationsTime(PolicyOptions policy, RotationMode mode, TimeSpan rung) => mode is RotationMode.Rotate && rung > policy.Lead / 2;

    /// <summary>What is known after a look; null while no rung is reached.</summary>
    /// <param name="owners">What is known of those who answer; null when nobody ever looked.</param>
    /// <param name="isHere">Whether the person who acknowledged still answers.</param>
    public static LadderNotice? Climb(LadderNotice? known, CredentialRow row, PolicyOptions policy, RotationMode mode, OwnerState? owners, bool isHere, DateTimeOffset now)
    {
        if (row.Seen.ExpiresOn is not { } endsOn) return null;
        var rung = RungOf(policy, mode, endsOn, now);
        if (rung < 0) return null;

        // Another version, or another end, is another story.
        var same = known is { } before && before.Version == row.Seen.Version && before.EndsOn == endsOn ? before : null;
        var floor = FloorOf(policy, rung, owners);
        if (same is null)
            return New(row, endsOn, rung, floor, now);

        same = same with { OwnerGroup = row.Binding.OwnerGroup, Policy = row.Binding.Policy };
        if (rung <= same.Rung) return floor > same.Level && !same.IsAcknowledged ? same with { Level = floor } : same;

        var isTaken = same.IsAcknowledged && isHere;
        var level = isTaken ? same.Level : same.Level < LadderLevel.Leadership ? same.Level + 1 : same.Level;
        return same with { Rung = rung, Level = level > floor ? level : floor, ReachedOn = now, Deliveries = [] };
    }

    private static LadderNotice New(CredentialRow row, DateTimeOffset endsOn, int rung, LadderLevel level, DateTimeOffset now) => new()
    {
        Credential = row.Id,
        Secret = row.Secret,
        OwnerGroup = row.Binding.OwnerGroup,
        Policy = row.Binding.Policy,
        Version = row.Seen.Version,
        EndsOn = endsOn,
        Rung = rung,
        Level = level,
        ReachedOn = now,
    };

    /// <summary>Owners who are not there cannot be waited for, and near the end nobody is.</summary>
    private static LadderLevel FloorOf(PolicyOptions policy, int rung, OwnerState? owners)
        => rung >= policy.Rungs().Count - LastRungs ? LadderLevel.Leadership
            : owners is OwnerState.Gone or OwnerState.TooFew ? LadderLevel.Fallback : LadderLevel.Owners;
}
