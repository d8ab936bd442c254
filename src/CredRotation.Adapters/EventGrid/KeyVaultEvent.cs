using CredRotation.Engine;

namespace CredRotation.Adapters.EventGrid;

/// <summary>What one delivered event says, or what is wrong with it. A hint: whoever acts on it reads the vault first.</summary>
/// <param name="Type">For example <c>Microsoft.KeyVault.SecretNearExpiry</c>; empty when it could not be read.</param>
/// <param name="ObjectType"><c>Secret</c>, <c>Key</c> or <c>Certificate</c>, as the event says it.</param>
/// <param name="ObjectName">The object's name, as the event says it.</param>
/// <param name="Secret">The secret it is about; null for keys, certificates and whole vaults.</param>
/// <param name="Problem">Why it is of no use, for a finding; null when it is usable.</param>
public sealed record KeyVaultEvent(
    string Type,
    string? ObjectType,
    string? ObjectName,
    SecretName? Secret,
    string? Version,
    DateTimeOffset? ExpiresOn,
    EventProblem? Problem = null);

/// <summary>Why an event is of no use.</summary>
/// <param name="Detail">For a person; nothing of the event's own text.</param>
public sealed record EventProblem(EventProblemKind Kind, string Detail);

/// <summary>What is wrong with an event.</summary>
public enum EventProblemKind
{
    /// <summary>It cannot be read, or does not name what it is about.</summary>
    Unreadable,

    /// <summary>It, or its delivery, is too large to be read.</summary>
    TooLarge,

    /// <summary>It is none of Key Vault's.</summary>
    UnknownType,
}
