using CredRotation.Engine.Authorize;
using CredRotation.Engine.Owners;

namespace CredRotation.Engine.Ladder;

/// <summary>Who is to be reminded at one level, as the directory says now.</summary>
internal abstract record LadderReceiver
{
    /// <param name="Group">Null: the people alone, or the default receiver where there are none.</param>
    public sealed record Known(string? Group, IReadOnlyList<OwnerPerson>? People) : LadderReceiver;

    /// <summary>This level has nobody, or hears already at another level.</summary>
    public sealed record Nobody : LadderReceiver;

    /// <summary>The directory does not say now.</summary>
    public sealed record Unknown : LadderReceiver;
}

/// <summary>Looks up receivers for one round.</summary>
internal sealed class LadderReceivers(IOwnerDirectory directory, RotationOptions options, IReadOnlyDictionary<string, OwnerRecord> records, IReadOnlyList<OwnerReading> readings)
{
    private readonly Dictionary<string, OwnerReading> _readings = readings.GroupBy(reading => reading.Group, StringComparer.OrdinalIgnoreCase).ToDictionary(same => same.Key, same => same.First(), StringComparer.OrdinalIgnoreCase);

    private string? Leadership => options.LeadershipGroup is { Length: > 0 } group ? group : null;

    private string? Fallback => options.FallbackGroup is { Length: > 0 } group ? group : null;

    public OwnerState? StateOf(string group) => _readings.GetValueOrDefault(group)?.State;

    /// <summary>Whether this person is in any group that hears of what the owner group owns.</summary>
    public bool IsHere(string ownerGroup, string personId)
        => new[] { ownerGroup, Fallback, Leadership }.OfType<string>().Any(group => _readings.TryGetValue(group, out var reading) && (reading.Has(personId) || reading.State is OwnerState.Unavailable or OwnerState.CannotSee));

    /// <summary>What has the same key goes out as one message.</summary>
    public string KeyOf(LadderLevel level, string ownerGroup) => level switch
    {
        LadderLevel.Fallback when !Same(Fallback, ownerGroup) => "",
        LadderLevel.Leadership when !Same(Leadership, ownerGroup) => "",
        _ => ownerGroup.ToUpperInvariant(),
    };

    public async Task<LadderReceiver> FindAsync(LadderLevel level, string ownerGroup, CancellationToken cancellationToken) => level switch
    {
        LadderLevel.Owners => Of(ownerGroup),
        LadderLevel.Managers => await ManagersAsync(ownerGroup, cancellationToken),
        // Somebody must hear: where nobody stands in, it is the default receiver.
        LadderLevel.Fallback when IsEmpty(Fallback) => new LadderReceiver.Known(null, null),
        LadderLevel.Fallback => Same(Fallback, ownerGroup) ? new LadderReceiver.Nobody() : Of(Fallback!),
        _ when Leadership is null || Same(Leadership, Fallback) || Same(Leadership, ownerGroup) => new LadderReceiver.Nobody(),
        _ when IsEmpty(Leadership) => IsEmpty(Fallback) ? new LadderReceiver.Nobody() : new LadderReceiver.Known(null, null),
        _ => Of(Leadership!),
    };

    /// <summary>Surely nobody is there; a directory that does not say is not that.</summary>
    private bool IsEmpty(string? group)
        => group is null || (_readings.TryGetValue(group, out var reading) && reading is { State: OwnerState.Gone or OwnerState.TooFew, People.Count: 0 });

    private LadderReceiver Of(string group) => _readings.GetValueOrDefault(group) switch
    {
        // A channel of the group's own is configured, not looked up.
        { State: OwnerState.CannotSee } => new LadderReceiver.Known(group, []),
        null or { State: OwnerState.Unavailable } => new LadderReceiver.Unknown(),
        { People.Count: 0 } => new LadderReceiver.Nobody(),
        var reading => new LadderReceiver.Known(group, reading.People),
    };

    private async Task<LadderReceiver> ManagersAsync(string ownerGroup, CancellationToken cancellationToken)
    {
        // Of those who left, too: their manager knows who has their work now.
        var record = records.GetValueOrDefault(ownerGroup);
        string[] people =
        [
            .. (_readings.GetValueOrDefault(ownerGroup)?.People.Select(person => person.ObjectId) ?? []).Concat(record?.Members.Select(member => member.ObjectId) ?? [])
                .Concat(record?.Departures.Select(departure => departure.ObjectId) ?? []).Distinct(StringComparer.OrdinalIgnoreCase).Take(OwnerRecord.MembersMax),
        ];
        if (people.Length == 0) return new LadderReceiver.Nobody();

        var reading = await directory.ReadManagersAsync(people, cancellationToken);
        return reading switch
        {
            { People.Count: > 0 } => new LadderReceiver.Known(null, reading.People),
            { Trouble: not null } => new LadderReceiver.Unknown(),
            _ => new LadderReceiver.Nobody(),
        };
    }

    private static bool Same(string? one, string? other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
