using CredRotation.Engine.Authorize;

namespace CredRotation.Engine.Owners;

/// <summary>Somebody who counts as an owner.</summary>
/// <param name="IsReachable">Mail can reach them.</param>
/// <param name="SeenSince">The first reading that showed them.</param>
public sealed record OwnerMember(string ObjectId, string Name, bool IsReachable, DateTimeOffset SeenSince);

/// <summary>Somebody who counted and does not any more. They left between the two readings.</summary>
/// <param name="LastSeenOn">The last reading that showed them.</param>
/// <param name="NoticedOn">The first reading that did not.</param>
/// <param name="Why">In people's words.</param>
public sealed record OwnerDeparture(string ObjectId, string Name, DateTimeOffset LastSeenOn, DateTimeOffset NoticedOn, string Why);

/// <summary>What is known of a group that people are to answer from: who is in it, who left and since when, and how old that knowledge is.</summary>
public sealed record OwnerRecord
{
    public const int CurrentFormat = 1;

    /// <summary>Departures that are remembered, newest first.</summary>
    public const int DeparturesMax = 50;

    /// <summary>Members that are named; a larger group is counted only.</summary>
    public const int MembersMax = 200;

    public int Format { get; init; } = CurrentFormat;

    public required string Group { get; init; }

    public string? GroupName { get; init; }

    /// <summary>As the last reading that could tell had it; <see cref="OwnerState.Unavailable"/> only before the first one.</summary>
    public required OwnerState State { get; init; }

    public required DateTimeOffset StateSince { get; init; }

    /// <summary>The last reading that could tell.</summary>
    public required DateTimeOffset CheckedOn { get; init; }

    /// <summary>Since when the directory does not say; null when it did last time.</summary>
    public DateTimeOffset? AskedInVainSince { get; init; }

    public string? Detail { get; init; }

    /// <summary>Everyone who counts, named or not.</summary>
    public int People { get; init; }

    public IReadOnlyList<OwnerMember> Members { get; init; } = [];

    public IReadOnlyList<OwnerDeparture> Departures { get; init; } = [];

    /// <summary>Members whom one reading did not show: a directory shows a change to one question sooner than to the next, so they left only once a second one agrees.</summary>
    public IReadOnlyList<OwnerDeparture> Doubted { get; init; } = [];
}
