using CredRotation.Engine.Evidence;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine;

/// <summary>A rotation that ended, for other systems: who, what, how, and the chain's head at that moment. Never a value.</summary>
/// <param name="Version">The version that is current because of it; null when it promoted none.</param>
/// <param name="EndedOn">When it reached its end; the same however often it is said.</param>
public sealed record RotationCompleted(
    CredentialId Credential,
    RotationId Rotation,
    RotationState State,
    string Vault,
    string Secret,
    string? Version,
    string PlanHash,
    ChainHead Chain,
    DateTimeOffset EndedOn);

/// <summary>
/// Tells other systems of completed rotations, where a topic is configured; so the ledger's head is also outside of it. The same completion
/// may be said twice, with the rotation's id on each.
/// </summary>
public interface IRotationEvents
{
    /// <summary>Throws <see cref="RemoteTroubleException"/> when it was not accepted.</summary>
    Task PublishAsync(RotationCompleted completed, CancellationToken cancellationToken);

    /// <summary>Carries every chain's head out of the ledger. Throws <see cref="RemoteTroubleException"/> when it was not accepted.</summary>
    Task AnchorAsync(ChainAnchor anchor, CancellationToken cancellationToken);
}
