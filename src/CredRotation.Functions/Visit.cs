using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;

namespace CredRotation.Functions;

/// <summary>An authorized call: who makes it, as what, about which credential, with which members.</summary>
/// <param name="Credential">What the call is about; null where the call is about none.</param>
/// <param name="IsForm">A page posted it, so the answer is for a person.</param>
public sealed record Visit(
    Caller Caller,
    Roles Roles,
    IReadOnlyDictionary<string, string> Route,
    IReadOnlyDictionary<string, string> Body,
    CredentialRow? Credential,
    Rotation? Rotation,
    bool IsForm)
{
    /// <summary>The secret value that the body held, where the call's row names one.</summary>
    public SecretText? Sealed { get; init; }

    public CredentialRow TheCredential => Credential ?? throw new System.Diagnostics.UnreachableException("The endpoint found no credential and went on.");

    public Rotation TheRotation => Rotation ?? throw new System.Diagnostics.UnreachableException("The endpoint found no rotation and went on.");
}
