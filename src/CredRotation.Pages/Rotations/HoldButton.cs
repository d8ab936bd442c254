using CredRotation.Engine;

namespace CredRotation.Pages.Rotations;

/// <summary>One choice of a hold as a form: where it posts, what it says, what it does.</summary>
public sealed record HoldButton(string Call, string Choice, string Label, string Meaning, int PeopleNeeded, int PeopleSoFar)
{
    /// <summary>Nobody approves what they started.</summary>
    public bool IsOpenTo(Viewer viewer)
    {
        ArgumentNullException.ThrowIfNull(viewer);
        return viewer.CanAnswer && !(viewer.IsStarter && Call == "approve");
    }

    public static HoldButton Of(HoldChoice choice, Hold hold)
    {
        ArgumentNullException.ThrowIfNull(choice);
        ArgumentNullException.ThrowIfNull(hold);
        var call = choice.Name is "approve" or "reject" ? choice.Name : "choose";
        var label = choice.Name.Replace('-', ' ');
        return new(
            call,
            choice.Name,
            label.Length > 0 ? char.ToUpperInvariant(label[0]) + label[1..] : label,
            choice.Meaning,
            choice.PeopleNeeded,
            hold.Answers.Where(answer => answer.Choice == choice.Name).Select(answer => answer.PersonId).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }
}
