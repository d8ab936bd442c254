using CredRotation.Benchmarks.Adoption;
using CredRotation.Benchmarks.Contract;
using CredRotation.Benchmarks.Drain;
using CredRotation.Benchmarks.Events;
using CredRotation.Benchmarks.KilledProcess;
using CredRotation.Benchmarks.KillSweep;
using CredRotation.Benchmarks.Ladder;
using CredRotation.Benchmarks.Mutants;
using CredRotation.Benchmarks.PgLoad;
using CredRotation.Benchmarks.Simulate;
using CredRotation.Benchmarks.Sweep;
using CredRotation.Benchmarks.UnderFire;

const string usage = """
    usage: events --permutations N --seed S --json    events duplicated, lost, delayed and reordered, beside sweeps
           simulate --seeds N --from S --json         the whole system, with everything going wrong that may
           simulate --seed S --trace                  one of these schedules, step by step
           simulate --class NAME --trace              a rotation of this class in which nothing goes wrong
           killsweep [--class NAME] [--json]          killed before and after every effect, once and twice, every class
           mutants --json                             one protocol rule missed at a time: every one must be caught
           killprocess [--class overlap-timer-issue|overlap-until-retired] [--workers N] --json
                                                          SIGKILL at every request of a rotation, for both overlap classes
           drain --rotations N --json                 approved rotations through a real queue and ledger: a file, a storage account
           sweep --secrets N --vaults N --groups N --json
                                                      a sweep of many secrets through the real clients: calls, and its memory at ten times as many
            contract [--kind KIND] --json              the contract with every provider, each at its vendor's surface
           pgload --rotations N --clients N --json    the login of a real PostgreSQL rotated again and again under an app's load
           ladder --credentials N --years N --seed S --json
                                                      years of ends, reminders and people who leave or stay silent: whom nobody told
           adoption --schedules N --seed S --json     rotations under instances that come, go and hear late: whether an old key ends that somebody runs
           underfire --seconds N --rps N --rotations N --json
                                                      a client app under load by real HTTP while its key rotates and old keys die

    Exit 0: the requirement is met. 1: missed; "missed" says which. 2: usage.
    """;

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stopping.Cancel();
};

if (args is ["events", .. var rest] && EventsCommand.Read(rest) is { } command) return await command.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is ["simulate", .. var words] && SimulateCommand.Read(words) is { } simulate) return await simulate.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is ["killsweep", .. var sweep] && KillSweepCommand.Read(sweep) is { } killSweep) return await killSweep.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is ["mutants", .. var seeded] && MutantsCommand.Read(seeded) is { } mutants) return await mutants.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is ["killprocess", .. var kills] && KillProcessCommand.Read(kills) is { } killing) return await killing.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is ["drain", .. var drained] && DrainCommand.Read(drained) is { } drain) return await drain.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is ["pgload", .. var loading] && PgLoadCommand.Read(loading) is { } load) return await load.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is ["sweep", .. var sweeping] && SweepCommand.Read(sweeping) is { } sweepCommand) return await sweepCommand.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is ["contract", .. var contracted] && ContractCommand.Read(contracted) is { } contract) return await contract.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is ["ladder", .. var climbed] && LadderCommand.Read(climbed) is { } ladder) return await ladder.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is ["adoption", .. var adopted] && AdoptionCommand.Read(adopted) is { } adoption) return await adoption.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is ["underfire", .. var fired] && UnderFireCommand.Read(fired) is { } underFire) return await underFire.RunAsync(Console.Out, Console.Error, stopping.Token);
if (args is [SweepProcess.Word]) return await SweepProcess.SweepAsync(Console.In, Console.Out, stopping.Token);

Console.Error.WriteLine(usage);
return 2;
