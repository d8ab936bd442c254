namespace CredRotation.Testing;

/// <summary>A person of the simulated directory.</summary>
/// <param name="UserType"><c>Member</c> or <c>Guest</c>.</param>
/// <param name="Manager">The id of another user.</param>
public sealed record DirectoryUser(string Id, string Name, string? Mail, bool IsEnabled = true, string UserType = "Member", string? Manager = null);

/// <summary>A group of the simulated directory. Members are ids of users or of other groups.</summary>
/// <param name="HidesMembers">Our permission is missing: members come with null properties, in a 200.</param>
public sealed record DirectoryGroup(string Id, string Name, string? Mail, IReadOnlyList<string> Members, DateTimeOffset? DeletedOn = null, bool HidesMembers = false);

/// <summary>What the app's identity may read of the directory.</summary>
public enum DirectoryGrant
{
    Everything,

    /// <summary>GroupMember.Read.All without User.Read.All: members come with null properties, in a 200.</summary>
    MembersWithoutProperties,

    /// <summary>Nothing: 403.</summary>
    Nothing,
}

/// <summary>Behaves like a directory with nested groups and soft deletion.</summary>
public sealed class DirectoryModel(TimeProvider time)
{
    /// <summary>The largest page that the real one gives.</summary>
    public const int LargestPage = 999;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, DirectoryUser> _users = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, DirectoryGroup> _groups = new(StringComparer.OrdinalIgnoreCase);

    public DateTimeOffset Now => time.GetUtcNow();

    public DirectoryGrant Grant { get; set; }

    /// <summary>The most members on one page; fewer make paging happen with few people.</summary>
    public int PageMax { get; init; } = LargestPage;

    /// <summary>Adds a user or replaces the one with that id.</summary>
    public void Put(DirectoryUser user)
    {
        lock (_gate) _users[user.Id] = user;
    }

    /// <summary>Adds a group or replaces the one with that id.</summary>
    public void Put(DirectoryGroup group)
    {
        lock (_gate) _groups[group.Id] = group;
    }

    /// <summary>Deletes a user: memberships go with them.</summary>
    public void DeleteUser(string id)
    {
        lock (_gate) _users.Remove(id);
    }

    /// <summary>Soft-deletes a group.</summary>
    public void DeleteGroup(string id)
    {
        lock (_gate) _groups[id] = _groups[id] with { DeletedOn = Now };
    }

    /// <summary>Null when it never existed or is soft-deleted.</summary>
    public DirectoryGroup? FindGroup(string id)
    {
        lock (_gate) return _groups.TryGetValue(id, out var group) && group.DeletedOn is null ? group : null;
    }

    public DirectoryGroup? FindDeletedGroup(string id)
    {
        lock (_gate) return _groups.TryGetValue(id, out var group) && group.DeletedOn is not null ? group : null;
    }

    /// <summary>A user by id or address.</summary>
    public DirectoryUser? FindUser(string idOrAddress)
    {
        lock (_gate) return _users.Values.FirstOrDefault(user => string.Equals(user.Id, idOrAddress, StringComparison.OrdinalIgnoreCase) || string.Equals(user.Mail, idOrAddress, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Null: nobody of that id, or somebody without a manager.</summary>
    public DirectoryUser? ManagerOf(string userId)
    {
        lock (_gate) return _users.TryGetValue(userId, out var user) && user.Manager is { } manager ? _users.GetValueOrDefault(manager) : null;
    }

    /// <summary>The users of a group and of the groups in it, each once, by id.</summary>
    public IReadOnlyList<DirectoryUser> TransitiveUsers(string groupId)
    {
        lock (_gate)
        {
            var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            var open = new Stack<string>([groupId]);
            List<DirectoryUser> users = [];
            while (open.TryPop(out var id))
            {
                if (!seen.Add(id)) continue;
                if (_users.TryGetValue(id, out var user)) users.Add(user);
                else if (_groups.TryGetValue(id, out var group) && group.DeletedOn is null)
                    foreach (var member in group.Members) open.Push(member);
            }

            return [.. users.OrderBy(user => user.Id, StringComparer.Ordinal)];
        }
    }
}
