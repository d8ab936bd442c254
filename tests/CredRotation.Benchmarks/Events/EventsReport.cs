namespace CredRotation.Benchmarks.Events;

/// <summary>The least and the most issues that any expiry epoch saw.</summary>
internal sealed record IssuesPerEpoch(int Min, int Max);

/// <summary>What differs from run to run.</summary>
internal sealed record EventsMeasured(double ElapsedSeconds, double PermutationMs, int Workers, long VaultCalls);

/// <summary>What the permutations came to; its JSON is the command's answer.</summary>
/// <param name="Epochs">Versions that became due, over all permutations.</param>
/// <param name="Lost">Due versions that no rotation had replaced at rest.</param>
internal sealed record EventsReport(
    int Permutations,
    int Seed,
    IssuesPerEpoch IssuesPerEpoch,
    int Epochs,
    int Lost,
    int EventsDelivered,
    int DuplicatesDelivered,
    int EventsLost,
    int SweepsLost,
    IReadOnlyList<string> Missed,
    EventsMeasured Measured);

/// <summary>What one permutation came to.</summary>
/// <param name="IssuesPerEpoch">One number per version that became due.</param>
/// <param name="Problem">What was not at rest; null when all was.</param>
internal sealed record PermutationResult(
    IReadOnlyList<int> IssuesPerEpoch,
    int Lost,
    int EventsDelivered,
    int DuplicatesDelivered,
    int EventsLost,
    int SweepsLost,
    int VaultCalls,
    string? Problem);
