using System.Globalization;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Registry;

namespace CredRotation.Pages.Rotations;

/// <summary>An owner group as it was last read, in plain words. Pure.</summary>
public static class OwnerWords
{
    public static string Of(OwnersSeen owners)
    {
        ArgumentNullException.ThrowIfNull(owners);
        var name = owners.Name is { } known ? Shown.Name(known) : "The owner group";
        return owners.State switch
        {
            OwnerState.Healthy when owners.Reachable == owners.People => $"{name}: {People(owners.People)}",
            OwnerState.Healthy => $"{name}: {People(owners.People)}, mail reaches {owners.Reachable.ToString(CultureInfo.InvariantCulture)}",
            OwnerState.TooFew => $"{name} has {People(owners.People)}; two are needed",
            OwnerState.Gone => $"{name} does not exist any more",
            OwnerState.CannotSee => $"{name} cannot be seen. {Shown.Text(owners.Detail, 300)}",
            _ => $"{name} could not be read. {Shown.Text(owners.Detail, 300)}",
        };
    }

    private static string People(int count) => count == 1 ? "1 person" : $"{count.ToString(CultureInfo.InvariantCulture)} people";
}
