namespace CredRotation.Benchmarks.KilledProcess;

/// <summary>How the kills of each class ended; its JSON is the command's answer.</summary>
internal sealed record KillProcessReport(IReadOnlyDictionary<string, KilledClass> Classes, IReadOnlyList<string> Missed);

/// <param name="Points">Kills: two for each request.</param>
/// <param name="Converged">Rotations that ended retired and closed, proven by a refused probe, with one live key.</param>
/// <param name="BrokenLive">Rotations in which a payment failed.</param>
/// <param name="UnknownUnreported">Live keys that nothing accounted for.</param>
/// <param name="Unstruck">Kills that never happened, because the request did not come.</param>
internal sealed record KilledClass(int Points, int Converged, int BrokenLive, int UnknownUnreported, int Unstruck)
{
    public static KilledClass Of(IReadOnlyList<KillEnd> ends) => new(
        ends.Count,
        ends.Count(end => end.Missed.Count == 0),
        ends.Count(end => end.Outcome is { } outcome && outcome.Refused + outcome.FailedAtTheTill > 0),
        ends.Sum(end => end.Outcome is { } outcome ? outcome.Unreported.Count + outcome.UnreadAtTheEnd : 0),
        ends.Count(end => end.Outcome is { ExitCode: null }));
}

/// <summary>How one kill ended.</summary>
/// <param name="Outcome">Null when the rotation did not end.</param>
internal sealed record KillEnd(Kill Kill, KilledOutcome? Outcome, IReadOnlyList<string> Missed)
{
    /// <summary>What SIGKILL leaves as exit code.</summary>
    private const int Killed = 137;

    public static async Task<KillEnd> OfAsync(Kill kill, int seed, SemaphoreSlim busy, CancellationToken cancellationToken)
    {
        try
        {
            var outcome = await KilledRotation.RunAsync(kill.Provider, kill, seed, busy, cancellationToken);
            return new KillEnd(kill, outcome,
            [
                // Else the kill missed, and all that follows proves nothing.
                .. outcome.ExitCode is null || (outcome.ExitCode != Killed && !OperatingSystem.IsWindows()) ? [$"the process was not killed (exit code {outcome.ExitCode?.ToString() ?? "none"})"] : Array.Empty<string>(),
                .. outcome.Shortfalls(),
            ]);
        }
        catch (Exception stuck) when (stuck is TimeoutException or InvalidOperationException or HttpRequestException)
        {
            return new KillEnd(kill, null, [stuck.Message]);
        }
    }
}
