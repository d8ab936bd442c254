namespace CredRotation.Testing.Simulation;

/// <summary>A broken invariant, with when and in what.</summary>
public sealed record Violation(string Invariant, DateTimeOffset At, string Detail);

/// <summary>A mishap that really happened, by where and which; what coverage is counted by.</summary>
public sealed record MishapHit(string Operation, string Side, string Kind);

/// <summary>What one schedule came to.</summary>
/// <param name="Operations">How often each effect was tried, reads left out.</param>
/// <param name="Sequence">The same effects in their order.</param>
public sealed record SimulationResult(
    Scenario Scenario,
    IReadOnlyList<Violation> Violations,
    int Unfinished,
    int HeldWithinBudget,
    int UnknownUnreported,
    int SuspectedReported,
    int Kills,
    int Visits,
    int Hosts,
    int VendorCalls,
    bool IsConverged,
    IReadOnlyList<MishapHit> Hits,
    IReadOnlyDictionary<string, int> Operations,
    IReadOnlyList<string> Sequence,
    IReadOnlyList<string> Ends);
