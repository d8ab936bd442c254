using CredRotation.Pages.Credentials;

namespace CredRotation.Pages.Unmanaged;

/// <summary>Something that nobody rotates here.</summary>
/// <param name="Command">Adopts it; null where it cannot be adopted.</param>
/// <param name="AdoptId">Opens the adoption page for it; null where it cannot be adopted.</param>
public sealed record UnmanagedLine(WatchedLine Watched, string? Command, string? AdoptId);

/// <summary>What is only watched, the nearest end first, and how each is adopted. Pure.</summary>
public sealed record UnmanagedPageModel(IReadOnlyList<UnmanagedLine> Lines, string Person, DateTimeOffset Now)
{
    public const int ShownMax = 200;
}
