namespace CredRotation.Pages;

/// <summary>Where the viewer is, what they may open, and in which zone they read times.</summary>
/// <param name="Current">The name of the page that is open.</param>
/// <param name="SeesAll">An operator or auditor.</param>
/// <param name="IsOwner">Answers for something; somebody who was only reminded does not.</param>
/// <param name="Zone">The IANA zone in which times are shown beside UTC.</param>
public sealed record PageNav(string Current, bool SeesAll, bool IsOwner, string Zone)
{
    private static readonly (string Name, string Label, bool IsForAll)[] s_pages =
    [
        ("overview", "Overview", true),
        ("tasks", "My tasks", true),
        ("credentials", "Credentials", true),
        ("owners", "Owners", true),
        ("unmanaged", "Unmanaged", false),
        ("own", "Own credentials", false),
        ("setup", "Setup", false),
    ];

    /// <summary>The pages that the viewer may open, in the order of the navigation.</summary>
    public IEnumerable<(string Name, string Label)> Pages
        => s_pages.Where(page => SeesAll || (IsOwner ? page.IsForAll : page.Name == "tasks")).Select(page => (page.Name, page.Label));
}
