using CredRotation.Testing;

namespace CredRotation.Tests.Sandbox;

/// <summary>Where the app is killed: before or after the n-th time it does this to the simulated systems.</summary>
public sealed record Kill(string Operation, int Occurrence, FaultPoint Point)
{
    /// <summary>Around everything that changes something outside before consumers have moved. The first write to staging makes the installation's key and belongs to no rotation.</summary>
    public static IReadOnlyList<Kill> All { get; } =
    [
        .. from effect in new[] { ("vault.write@staging", 2), ("gateway.generate", 1), ("vault.write@staging", 3), ("vault.write@payments", 1) }
           from point in new[] { FaultPoint.Before, FaultPoint.After }
           select new Kill(effect.Item1, effect.Item2, point),
    ];
}
