using CredRotation.Engine;
using CredRotation.Engine.Authorize;

namespace CredRotation.Testing;

/// <summary>A <see cref="DirectoryModel"/> as the engine's port, without HTTP; trouble is a state, as the port says.</summary>
public sealed class InMemoryDirectory(DirectoryModel model, FaultInjector faults) : IOwnerDirectory
{
    private const int EnoughPeople = 2;

    public async Task<OwnerReading> ReadAsync(string groupId, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await faults.RunAsync<OwnerReading>("directory.members", () => Read(groupId), cancellationToken);
            return answer.IsOk ? answer.Value
                : Nobody(groupId, answer.Error.Status is 401 or 403 ? OwnerState.CannotSee : OwnerState.Unavailable, $"The directory answered {answer.Error.Status}.");
        }
        catch (RemoteTroubleException trouble)
        {
            return Nobody(groupId, OwnerState.Unavailable, trouble.Message);
        }
    }

    private OwnerReading Read(string groupId)
    {
        if (model.Grant is DirectoryGrant.Nothing) return Nobody(groupId, OwnerState.CannotSee, "The directory answered 403.");
        if (model.FindGroup(groupId) is not { } group) return Nobody(groupId, OwnerState.Gone, "The group does not exist any more.");
        if (group.HidesMembers || model.Grant is DirectoryGrant.MembersWithoutProperties) return Nobody(groupId, OwnerState.CannotSee, "The members' properties are hidden from us.");
        var users = model.TransitiveUsers(groupId).Select(user => (User: user, Why: user switch
        {
            { IsEnabled: false } => "the account is disabled",
            { UserType: not "Member" } => "is a guest of the tenant",
            _ => null,
        })).ToList();
        List<OwnerPerson> people = [.. users.Where(one => one.Why is null).Select(one => PersonOf(one.User))];
        return new OwnerReading(groupId, group.Name, people.Count >= EnoughPeople ? OwnerState.Healthy : OwnerState.TooFew, people, model.Now)
        {
            Mail = group.Mail,
            NotCounted = [.. users.Where(one => one.Why is not null).Select(one => new MemberNotCounted(one.User.Id, one.User.Name, one.Why!))],
        };
    }

    public async Task<ManagersReading> ReadManagersAsync(IReadOnlyCollection<string> personIds, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await faults.RunAsync<IReadOnlyList<OwnerPerson>>("directory.managers", () => Managers(personIds), cancellationToken);
            return answer.IsOk ? new ManagersReading(answer.Value, null) : new ManagersReading([], $"The directory answered {answer.Error.Status}.");
        }
        catch (RemoteTroubleException trouble)
        {
            return new ManagersReading([], trouble.Message);
        }
    }

    private List<OwnerPerson> Managers(IReadOnlyCollection<string> personIds)
        => [.. personIds.Select(model.ManagerOf).OfType<DirectoryUser>().Where(user => user is { IsEnabled: true, UserType: "Member" }).DistinctBy(user => user.Id, StringComparer.OrdinalIgnoreCase).Select(PersonOf)];

    private static OwnerPerson PersonOf(DirectoryUser user) => new(user.Id, user.Name, user.Mail);

    private OwnerReading Nobody(string groupId, OwnerState state, string detail) => new(groupId, null, state, [], model.Now, detail);
}
