using System.Text.Json.Nodes;

namespace CredRotation.Engine.Registry;

/// <summary>
/// One change with who, when and why. Its hash is SHA-256 over its stored text, which holds the hash of the one before:
/// one unforked chain per credential.
/// </summary>
/// <param name="Sequence">1, 2, 3, ... without gaps.</param>
/// <param name="Previous">Hash of the entry before; 64 zeros for the first.</param>
/// <param name="Who"><c>credrotation</c>, or <c>person:{object id}</c>, or <c>consumer:{alias}</c>.</param>
/// <param name="What">The state reached or the thing noted, in the protocol's words.</param>
/// <param name="Data">Facts; never a value.</param>
public sealed record LedgerEntry(
    int Format,
    long Sequence,
    string Previous,
    DateTimeOffset At,
    RotationId? Rotation,
    string Who,
    string What,
    string Why,
    JsonObject? Data)
{
    public const int CurrentFormat = 1;
}
