namespace CredRotation.Benchmarks.Sweep;

/// <summary>What a sweep came to; its JSON is the command's answer.</summary>
/// <param name="ListCalls">Pages of secrets and of versions that the vaults answered. Refused ones are <paramref name="Throttled"/>, pages of keys and certificates <see cref="SweepMeasured.OtherLists"/>.</param>
/// <param name="GraphCalls">Requests at the directory's server; a batch is one.</param>
/// <param name="Throttled">Times a server answered 429, an item of a batch included.</param>
/// <param name="PeakMemoryMiB">The sweeping process's largest resident size.</param>
/// <param name="Opened">Credentials with a due version that the sweep put on the work queue, whose next visit opens their rotation.</param>
internal sealed record SweepReport(
    int Secrets,
    double Seconds,
    int ListCalls,
    int ValueReads,
    int GraphCalls,
    int Throttled,
    double PeakMemoryMiB,
    int Opened,
    int Findings,
    IReadOnlyList<string> Missed,
    SweepMeasured Measured);

/// <summary>What else was counted.</summary>
/// <param name="OtherLists">Pages of keys and certificates: one call for each kind of an empty vault.</param>
/// <param name="VersionLists">Of <see cref="SweepReport.ListCalls"/>, those of versions.</param>
/// <param name="Hasty">Calls that came before the time a 429 had named.</param>
/// <param name="PeakMemoryMiBOfTenTimes">Of a process that sweeps ten times as many secrets.</param>
/// <param name="Ratio">That peak over this one.</param>
internal sealed record SweepMeasured(int OtherLists, int VersionLists, int Hasty, int UnreadVaults, long LedgerWrites, long LedgerReads, double? PeakMemoryMiBOfTenTimes, double? SecondsOfTenTimes, double? Ratio);

/// <summary>What the servers counted.</summary>
internal sealed record SweepCounts(int SecretLists, int VersionLists, int OtherLists, int ValueReads, int GraphCalls, int Throttled, int Hasty);

/// <summary>What the sweeping process says of itself.</summary>
internal sealed record SweptProcess(int Secrets, double Seconds, int Opened, int Findings, int UnreadVaults, double PeakMemoryMiB, long LedgerWrites, long LedgerReads);
