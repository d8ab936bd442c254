using CredRotation.Engine.Authorize;

namespace CredRotation.Engine.Owners;

/// <summary>What a reading adds to what was known of a group. Pure.</summary>
internal static class OwnerHistory
{
    private const string NoMember = "is no member of the group any more";

    public static OwnerRecord With(OwnerRecord? known, OwnerReading reading, DateTimeOffset now)
    {
        // A directory that cannot tell changes nothing of what is known but its age.
        if (reading.State is OwnerState.Unavailable)
            return (known ?? New(reading, now)) with { AskedInVainSince = known?.AskedInVainSince ?? now, Detail = Bounded(reading.Detail) };

        var before = known ?? New(reading, now);
        var record = before with
        {
            GroupName = reading.GroupName ?? before.GroupName,
            State = reading.State,
            StateSince = before.State == reading.State ? before.StateSince : now,
            CheckedOn = now,
            AskedInVainSince = null,
            Detail = Bounded(reading.Detail),
        };
        // Members of whom nothing is shown did not leave.
        return reading.State is OwnerState.CannotSee ? record : WithMembers(record, before, reading, now);
    }

    private static OwnerRecord WithMembers(OwnerRecord record, OwnerRecord before, OwnerReading reading, DateTimeOffset now)
    {
        var since = before.Members.ToDictionary(member => member.ObjectId, member => member.SeenSince, StringComparer.OrdinalIgnoreCase);
        var here = reading.People.Select(person => person.ObjectId).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var why = reading.NotCounted.GroupBy(member => member.ObjectId, StringComparer.OrdinalIgnoreCase).ToDictionary(same => same.Key, same => same.First().Why, StringComparer.OrdinalIgnoreCase);
        var missing = before.Members.Where(member => !here.Contains(member.ObjectId))
            .Select(member => new OwnerDeparture(member.ObjectId, member.Name, before.CheckedOn, now, why.GetValueOrDefault(member.ObjectId, NoMember)));
        var stillMissing = before.Doubted.Where(doubted => !here.Contains(doubted.ObjectId))
            .Select(doubted => doubted with { Why = why.GetValueOrDefault(doubted.ObjectId, NoMember) });
        return record with
        {
            People = reading.People.Count,
            Members = [.. reading.People.Take(OwnerRecord.MembersMax).Select(person => new OwnerMember(person.ObjectId, person.Name, person.Address is not null, since.GetValueOrDefault(person.ObjectId, now)))],
            // Of a group that is too large to be named as a whole, nobody can be said to have left.
            Doubted = before.People > OwnerRecord.MembersMax ? [] : [.. missing],
            Departures = [.. stillMissing.Concat(before.Departures.Where(departure => !here.Contains(departure.ObjectId))).DistinctBy(departure => departure.ObjectId, StringComparer.OrdinalIgnoreCase).Take(OwnerRecord.DeparturesMax)],
        };
    }

    private static OwnerRecord New(OwnerReading reading, DateTimeOffset now)
        => new() { Group = reading.Group, GroupName = reading.GroupName, State = reading.State, StateSince = now, CheckedOn = now };

    private static string? Bounded(string? detail) => detail is null ? null : RotationMachine.Bounded(detail);
}
