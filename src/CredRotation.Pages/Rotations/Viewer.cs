namespace CredRotation.Pages.Rotations;

/// <summary>Who looks at the page, and whether their word counts for this rotation.</summary>
/// <param name="IsStarter">They asked for this rotation, so they may not approve it.</param>
public sealed record Viewer(string Name, bool CanAnswer, bool IsStarter);
