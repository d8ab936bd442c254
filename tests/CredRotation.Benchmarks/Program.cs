using CredRotation.Benchmarks.Events;
using CredRotation.Benchmarks.KilledProcess;

const string usage = """
    usage: events --permutations N --seed S --json    events duplicated, lost, delayed and reordered, beside sweeps
           killprocess [--class overlap-timer-issue|overlap-until-retired] [--workers N] --json
                                                          SIGKILL at every request of a rotation, for both overlap classes

    Exit 0: the requirement is met. 1: missed; "missed" says which. 2: usage.
    """;

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stopping.Cancel();
};

if (args is ["events", .. var rest] && EventsCommand.Read(rest) is { } command) return await command.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is ["killprocess", .. var kills] && KillProcessCommand.Read(kills) is { } killing) return await killing.RunAsync(Console.Out, Console.Error, stopping.Token);

Console.Error.WriteLine(usage);
return 2;
