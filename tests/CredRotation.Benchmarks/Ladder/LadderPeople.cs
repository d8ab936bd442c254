using System.Globalization;
using CredRotation.Engine.Authorize;
using CredRotation.Testing;

namespace CredRotation.Benchmarks.Ladder;

/// <summary>A directory in which people come, leave and fall silent, and the truth about who would answer.</summary>
internal sealed class LadderPeople
{
    public const string Fallback = "f0000000-0000-0000-0000-000000000001", Leadership = "f0000000-0000-0000-0000-000000000002";

    private const double SilentShare = 0.10, DeadShare = 0.05, LeavePerDay = 0.10 / 365;
    private const int PerGroup = 20;

    private readonly Random _random;
    private readonly DirectoryModel _directory;
    private readonly HashSet<string> _silent = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Group, List<string> Members)> _groups = [];
    private readonly Dictionary<int, List<int>> _deaths = [];
    private int _nextPerson;

    public LadderPeople(DirectoryModel directory, Random random, int credentials, int days)
    {
        (_directory, _random) = (directory, random);
        // On call and leadership take turns: among them somebody is always awake.
        Put(Fallback, "on-call", [Hire(null, maySleep: false), .. People(3)]);
        Put(Leadership, "leadership", [Hire(null, maySleep: false), .. People(2)]);
        var managers = People(Math.Max(1, credentials / PerGroup / 2));
        for (var index = 0; index < Math.Max(1, credentials / PerGroup); index++)
        {
            var group = $"e0000000-0000-0000-0000-{index:D12}";
            var members = Enumerable.Range(0, random.Next(2, 6)).Select(_ => Hire(managers[random.Next(managers.Count)], maySleep: true)).ToList();
            Put(group, $"owners-{index}", members);
            _groups.Add((group, members));
            if (random.NextDouble() >= DeadShare) continue;
            DeadGroups++;
            var day = random.Next(days);
            if (!_deaths.TryGetValue(day, out var together)) _deaths.Add(day, together = []);
            together.Add(index);
        }
    }

    public int Groups => _groups.Count;

    public int DeadGroups { get; }

    public int Count => _nextPerson;

    public int Silent => _silent.Count;

    public int Left { get; private set; }

    public string GroupOf(int credential) => _groups[credential % _groups.Count].Group;

    /// <summary>One day of leavers and newcomers; on its day a group dies, in one of the ways in which groups do.</summary>
    public void PassDay(int day)
    {
        for (var index = 0; index < _groups.Count; index++)
        {
            var members = _groups[index].Members;
            foreach (var person in members.ToList())
            {
                if (_random.NextDouble() >= LeavePerDay) continue;
                Leave(person);
                if (_random.NextDouble() < 0.5) continue;
                // Somebody else takes the place.
                members[members.IndexOf(person)] = Hire(ManagerOf(person), maySleep: true);
                Put(_groups[index].Group, $"owners-{index}", members);
            }
        }

        foreach (var index in _deaths.GetValueOrDefault(day) ?? []) Die(index);
    }

    /// <summary>Whether the address is that of an enabled member user who is in the group now; without a group, of anybody's manager.</summary>
    public bool IsVerified(OwnerPerson person, string? group)
        => person.Address is { } address && _directory.FindUser(person.ObjectId) is { IsEnabled: true, UserType: "Member" } user && user.Mail == address
            && (group is null || _directory.TransitiveUsers(group).Any(member => member.Id == person.ObjectId));

    /// <summary>Somebody who is there and answers.</summary>
    public bool Answers(string personId) => !_silent.Contains(personId) && _directory.FindUser(personId) is { IsEnabled: true };

    private void Die(int index)
    {
        var (group, members) = _groups[index];
        switch (_random.Next(4))
        {
            case 0:
                _directory.DeleteGroup(group);
                break;
            case 1:
                foreach (var person in members) Leave(person);
                break;
            case 2:
                foreach (var person in members) _directory.DeleteUser(person);
                break;
            default:
                Put(group, $"owners-{index}", members.Take(1).ToList());
                break;
        }
    }

    private void Leave(string person)
    {
        if (_directory.FindUser(person) is not { IsEnabled: true } user) return;
        _directory.Put(user with { IsEnabled = false });
        Left++;
    }

    private string? ManagerOf(string person) => _directory.ManagerOf(person)?.Id;

    private List<string> People(int count) => [.. Enumerable.Range(0, count).Select(_ => Hire(null, maySleep: true))];

    private string Hire(string? manager, bool maySleep)
    {
        var number = _nextPerson++;
        var id = $"a0000000-0000-0000-0000-{number:D12}";
        _directory.Put(new DirectoryUser(id, $"person-{number}", string.Create(CultureInfo.InvariantCulture, $"person-{number}@example.com"), Manager: manager));
        if (maySleep && _random.NextDouble() < SilentShare) _silent.Add(id);
        return id;
    }

    private void Put(string group, string name, IReadOnlyList<string> members) => _directory.Put(new DirectoryGroup(group, name, $"{name}@example.com", members));
}
