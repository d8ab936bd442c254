namespace CredRotation.Benchmarks.Simulate;

/// <summary>The place that was reached least often, with how often.</summary>
internal sealed record Coverage(int Least, string Where, int Places, IReadOnlyDictionary<string, int> Rarest);

/// <summary>What the schedules of one class came to.</summary>
/// <param name="Ends">How its rotations ended.</param>
internal sealed record SimulatedClass(int Schedules, int Kills, int Violations, int Unfinished, int HeldWithinBudget, int UnknownUnreported, int SuspectedReported, int LeastCovered, IReadOnlyDictionary<string, int> Ends);

/// <summary>What all schedules came to; its JSON is the command's answer.</summary>
/// <param name="Workers">Hosts that lived in them.</param>
/// <param name="NotAccepted">Classes that the start-up refuses, with what it says.</param>
internal sealed record SimulateReport(
    int Seeds,
    int From,
    int Schedules,
    int Kills,
    int Workers,
    int Violations,
    int Unfinished,
    int HeldWithinBudget,
    int UnknownUnreported,
    int SuspectedReported,
    IReadOnlyDictionary<string, SimulatedClass> ByClass,
    Coverage Coverage,
    IReadOnlyDictionary<string, int> ByInvariant,
    IReadOnlyDictionary<string, string> NotAccepted,
    IReadOnlyList<string> Missed,
    double ElapsedSeconds);
