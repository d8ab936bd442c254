namespace CredRotation.Engine.Setup;

/// <summary>All needs as they were found, and what that makes of the mode.</summary>
/// <param name="Mode">As configured.</param>
public sealed record SetupReport(DateTimeOffset On, RotationMode Mode, IReadOnlyList<Need> Needs)
{
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>Nothing is known to be missing; what cannot be told from here does not count.</summary>
    public bool IsComplete => Needs.All(need => !need.IsMissing);

    /// <summary>The most that can be done with secrets of this vault.</summary>
    public RotationMode CeilingOf(string vaultHost)
        => Needs.Any(need => need.IsMissing && need.StopsVault is { } stops && (stops.Length == 0 || stops == vaultHost)) ? RotationMode.Rehearse : RotationMode.Rotate;

    /// <summary>What lowers the mode below the configured one, as sentences.</summary>
    public IReadOnlyList<string> Lowered
        => Mode is not RotationMode.Rotate ? [] : [.. Needs.Where(need => need.IsMissing && need.StopsVault is not null)
            .Select(need => $"{(need.StopsVault!.Length == 0 ? "All vaults" : need.StopsVault)}: {RotationMode.Rehearse} instead of {Mode}, because '{need.Name}' is missing.")];
}
