using System.Globalization;
using CredRotation.Sandbox.World;

namespace CredRotation.Sandbox.Replay;

/// <summary>The commands that replay a day: <c>replay in-time|too-late --seed N [--json]</c>, and without a command the same before a viewer's eyes.</summary>
internal static class ReplayCommand
{
    private static readonly TimeSpan s_watchingPace = TimeSpan.FromSeconds(2);

    /// <summary>0: the requirement is met. 1: missed. 2: usage.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var (seed, isJson, provider) = (1, false, SandboxNames.Provider);
        if (arguments is not [("in-time" or "too-late") and var day, ..]) return Usage();
        for (var index = 1; index < arguments.Count; index++)
        {
            if (arguments[index] == "--json") isJson = true;
            else if (arguments[index] == "--seed" && index + 1 < arguments.Count && int.TryParse(arguments[index + 1], NumberStyles.Integer, CultureInfo.InvariantCulture, out seed)) index++;
            else if (day == "in-time" && arguments[index] == "--provider" && index + 1 < arguments.Count && arguments[index + 1] is SandboxNames.Provider or SandboxNames.CredentialProvider) provider = arguments[++index];
            else return Usage();
        }

        await Console.Error.WriteLineAsync($"Replaying {day} with seed {seed} on {provider}.");
        var isInTime = day == "in-time";
        await using var stage = isInTime
            ? await InTimeReplay.SetAsync(seed, provider, TimeSpan.Zero, Console.Error, cancellationToken)
            : await TooLateReplay.SetAsync(seed, TimeSpan.Zero, Console.Error, cancellationToken);
        var report = isInTime ? await InTimeReplay.RunAsync(stage, cancellationToken) : await TooLateReplay.RunAsync(stage, cancellationToken);
        if (isJson) await Console.Out.WriteLineAsync(report.ToJson());
        else Summarize(report, Console.Out);
        foreach (var missed in report.Missed) await Console.Error.WriteLineAsync($"MISSED: {missed}");
        return report.Missed.Count == 0 ? 0 : 1;
    }

    /// <summary>Everything, at a pace for people, then stays up until Ctrl+C.</summary>
    public static async Task<int> WatchAsync(CancellationToken cancellationToken)
    {
        await Console.Out.WriteLineAsync("Starting vaults, payment gateway, directory, Teams inbox, shop and CredRotation on this machine ...");
        await using var stage = await InTimeReplay.SetAsync(1, SandboxNames.Provider, s_watchingPace, Console.Out, cancellationToken);
        await Console.Out.WriteLineAsync($"""

            Watch it live, signed in as an owner:
              {stage.PageFor("owner-1")}
            What people are told in Teams and by mail:
              {stage.World.InboxUri}

            in-time: a payment key 20 days from its end, while the shop sells.
            """);
        var report = await InTimeReplay.RunAsync(stage, cancellationToken);
        Summarize(report, Console.Out);
        await Console.Out.WriteLineAsync("Everything stays up until Ctrl+C.");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C is how a viewer leaves.
        }

        return report.Missed.Count == 0 ? 0 : 1;
    }

    private static void Summarize(ReplayReport report, TextWriter output) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""

        payments {report.Payments.Attempted}, failed {report.Payments.Failed}; deployments {report.Deployments}; keys seen by people {report.KeysSeenByPeople.Hits} (searched for {report.KeysSeenByPeople.KeysSearched} keys in {report.KeysSeenByPeople.BytesSearched} bytes)
        rotation {report.Rotation.Id}: {report.Rotation.State} with {report.Rotation.RemoteCalls.Total} remote calls; the one after it: {report.SecondRotationState}
        {(report.Missed.Count == 0 ? "Everything as required." : "Missed: " + string.Join(" ", report.Missed))}
        """));

    private static int Usage()
    {
        Console.Error.WriteLine($"usage: CredRotation.Sandbox replay in-time|too-late [--seed N] [--json], and with in-time [--provider {SandboxNames.Provider}|{SandboxNames.CredentialProvider}]");
        return 2;
    }
}
