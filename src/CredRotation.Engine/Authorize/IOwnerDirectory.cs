namespace CredRotation.Engine.Authorize;

/// <summary>What could be learned about a group that answers for a credential.</summary>
public enum OwnerState
{
    /// <summary>The group exists and has at least two enabled member users.</summary>
    Healthy,

    /// <summary>It exists, with fewer than two enabled member users.</summary>
    TooFew,

    /// <summary>It does not exist, or is soft-deleted.</summary>
    Gone,

    /// <summary>We lack a permission to see it or its members (a 200 with null properties is this, not "disabled").</summary>
    CannotSee,

    /// <summary>The directory did not answer usefully now. Never "no owners".</summary>
    Unavailable,
}

/// <summary>An enabled member user.</summary>
/// <param name="ObjectId">The directory's immutable id.</param>
/// <param name="Address">Where mail reaches the person, if anywhere.</param>
public sealed record OwnerPerson(string ObjectId, string Name, string? Address);

/// <summary>A member user who answers for nothing.</summary>
/// <param name="Why">In people's words, for example <c>the account is disabled</c>.</param>
public sealed record MemberNotCounted(string ObjectId, string Name, string Why);

/// <summary>The managers of some people, each once, enabled member users only.</summary>
/// <param name="Trouble">What kept somebody's manager from being read; null when all were. Having none is no trouble.</param>
public sealed record ManagersReading(IReadOnlyList<OwnerPerson> People, string? Trouble);

/// <summary>One reading of an owner group; <paramref name="ReadOn"/> says how old it is.</summary>
public sealed record OwnerReading(string Group, string? GroupName, OwnerState State, IReadOnlyList<OwnerPerson> People, DateTimeOffset ReadOn, string? Detail = null)
{
    /// <summary>The group's own mailbox, if it has one.</summary>
    public string? Mail { get; init; }

    /// <summary>Members who do not count, each with why: a disabled account, a guest.</summary>
    public IReadOnlyList<MemberNotCounted> NotCounted { get; init; } = [];

    /// <summary>Everyone whom mail can reach.</summary>
    public IEnumerable<OwnerPerson> Reachable => People.Where(person => person.Address is not null);

    public bool Has(string objectId) => People.Any(person => string.Equals(person.ObjectId, objectId, StringComparison.OrdinalIgnoreCase));
}

/// <summary>The directory that knows who people are. Trouble is a state of the answer, not an exception.</summary>
public interface IOwnerDirectory
{
    /// <summary>Reads the group's transitive member users.</summary>
    Task<OwnerReading> ReadAsync(string groupId, CancellationToken cancellationToken);

    /// <summary>
    /// Reads each group once, in few calls where the directory can. For findings, never for an authorization: what a group is called, and its
    /// mailbox, may be left out.
    /// </summary>
    async Task<IReadOnlyList<OwnerReading>> ReadManyAsync(IReadOnlyCollection<string> groupIds, CancellationToken cancellationToken)
    {
        var readings = new List<OwnerReading>();
        foreach (var group in groupIds) readings.Add(await ReadAsync(group, cancellationToken));
        return readings;
    }

    /// <summary>Reads the managers of these people, who may have left; whoever has none is left out. A directory that keeps no managers answers nobody.</summary>
    Task<ManagersReading> ReadManagersAsync(IReadOnlyCollection<string> personIds, CancellationToken cancellationToken) => Task.FromResult(new ManagersReading([], null));
}
