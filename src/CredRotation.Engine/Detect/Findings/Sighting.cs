using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Findings;

/// <summary>An object as a sweep sees it, with everything the rules judge it by.</summary>
/// <param name="Row">The managed credential, if it is one.</param>
/// <param name="Open">Its open rotation, if there is one.</param>
/// <param name="Mode">What may be done with it, the policy's own limit included.</param>
/// <param name="Lead">How long before its end a rotation begins.</param>
internal sealed record Sighting(VaultObject Seen, CredentialRow? Row, Rotation? Open, RotationMode Mode, TimeSpan Lead, OwnerSight Owner, DateTimeOffset Now)
{
    public bool IsSecret => Seen.Kind is VaultObjectKind.Secret;

    public bool IsRotated => Row is not null && Mode is RotationMode.Rotate;

    public TimeSpan? Left => Seen.ExpiresOn - Now;
}

/// <summary>Who answers, as far as tag, configuration and directory say.</summary>
/// <param name="Group">What the tag or the binding names; null when nothing does.</param>
/// <param name="Reading">Null when the directory was not asked.</param>
internal sealed record OwnerSight(string? Group, bool IsGranted, OwnerReading? Reading);
