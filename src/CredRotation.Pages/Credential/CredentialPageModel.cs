using CredRotation.Engine;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Ladder;
using CredRotation.Engine.Owners;
using CredRotation.Engine.Registry;
using CredRotation.Pages.Credentials;

namespace CredRotation.Pages.Credential;

/// <summary>One managed credential with everything that is known of it. Pure.</summary>
/// <param name="Policy">Null: it is not configured any more.</param>
/// <param name="Rotations">Newest first.</param>
/// <param name="CanStart">The viewer is an operator, and the mode lets it rotate.</param>
public sealed record CredentialPageModel(
    CredentialRow Row,
    CredentialLine Line,
    PolicyOptions? Policy,
    RotationMode Mode,
    OwnerRecord? Owners,
    LadderNotice? Reminder,
    IReadOnlyList<ObjectFinding> Findings,
    IReadOnlyList<Rotation> Rotations,
    bool CanStart,
    string Person,
    DateTimeOffset Now)
{
    /// <summary>The newest rotations that are shown.</summary>
    public const int RotationsMax = 20;
}
