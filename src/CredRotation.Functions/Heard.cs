namespace CredRotation.Functions;

/// <summary>What became of the events of one delivery.</summary>
/// <param name="Woken">Each woke its credential.</param>
/// <param name="Ignored">Each told nothing that matters: a duplicate, an old version, a deleted or unmanaged secret, a key or certificate.</param>
/// <param name="Unusable">Each was counted in a finding.</param>
public sealed record Heard(int Woken, int Ignored, int Unusable);
