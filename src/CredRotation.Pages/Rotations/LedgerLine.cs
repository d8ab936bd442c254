using CredRotation.Engine.Registry;

namespace CredRotation.Pages.Rotations;

/// <summary>One link of the chain with its hash.</summary>
public sealed record LedgerLine(LedgerEntry Entry, string Hash);
