using CredRotation.Engine.Owners;

namespace CredRotation.Pages.Owners;

/// <summary>One group that is to answer.</summary>
/// <param name="Record">Null: nobody looked yet.</param>
/// <param name="Credentials">What depends on it, by name and id.</param>
public sealed record OwnerLine(string Group, string Role, OwnerRecord? Record, IReadOnlyList<(string Name, string Id)> Credentials);

/// <summary>Whether those who are to answer are there. Pure.</summary>
public sealed record OwnersPageModel(IReadOnlyList<OwnerLine> Lines, bool IsAsked, bool IsCut, string Person, DateTimeOffset Now)
{
    /// <summary>Groups on the page, the worst first.</summary>
    public const int ShownMax = 200;

    /// <summary>An answer of the directory that is older says little.</summary>
    public static readonly TimeSpan StaleAfter = TimeSpan.FromHours(26);
}
