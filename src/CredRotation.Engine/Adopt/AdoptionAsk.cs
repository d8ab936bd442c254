namespace CredRotation.Engine.Adopt;

/// <summary>What a person asks to be rotated from now on, in the words that its tags will hold. All of it is hostile until it was read like tags.</summary>
/// <param name="Policy">Null or empty: the default policy.</param>
/// <param name="Consumers">Null or empty: the policy's.</param>
/// <param name="ExpiresOn">The end of the current credential; null leaves what the vault says.</param>
/// <param name="Credential">The provider's id of the current credential, picked from what was offered; null where it was not.</param>
public sealed record AdoptionAsk(SecretName Secret, string Account, string Target, string OwnerGroup, string? Policy = null, string? Consumers = null, DateTimeOffset? ExpiresOn = null, string? Credential = null);
