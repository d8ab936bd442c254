using System.Runtime.InteropServices;
using CredRotation.Sandbox.Catalogue;
using CredRotation.Sandbox.Check;
using CredRotation.Sandbox.Checkout;
using CredRotation.Sandbox.Evidence;
using CredRotation.Sandbox.Replay;
using CredRotation.Sandbox.Serve;
using CredRotation.Sandbox.Shots;

using var leaving = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);

try
{
    return args switch
    {
        [] => await ReplayCommand.WatchAsync(leaving.Token),
        ["replay", .. var rest] => await ReplayCommand.RunAsync(rest, leaving.Token),
        ["serve", .. var rest] => await ServeCommand.RunAsync(rest, leaving.Token),
        ["evidence", .. var rest] => await EvidenceCommand.RunAsync(rest, leaving.Token),
        ["providers", .. var rest] => await ProvidersCommand.RunAsync(rest),
        ["check", .. var rest] => await CheckCommand.RunAsync(rest, leaving.Token),
        ["shots", .. var rest] => await ShotsCommand.RunAsync(rest, leaving.Token),
        // Started by the sandbox itself; ends when its parent does.
        ["checkout"] => await CheckoutApp.RunAsync(CancellationToken.None),
        _ => Usage(),
    };
}
catch (OperationCanceledException) when (leaving.IsCancellationRequested)
{
    return 0;
}

void Leave(PosixSignalContext context)
{
    // Children and servers are closed in order before the process ends.
    context.Cancel = true;
    leaving.Cancel();
}

static int Usage()
{
    Console.Error.WriteLine("""
        usage: CredRotation.Sandbox                                     replay in-time to watch, then stay up
               CredRotation.Sandbox replay in-time|too-late [--seed N] [--json]
                                                               a day as fast as it goes, counted; in-time also
                                                               with --provider adyen-merchant-credential
               CredRotation.Sandbox serve [--seed N] [--json]           only the simulated systems, for an app of its own process
               CredRotation.Sandbox evidence FILE [--head SEQUENCE:HASH] [--json]
                                                               checks a rotation's evidence offline
               CredRotation.Sandbox providers [--json]                  every provider that ships, as a page or in JSON
               CredRotation.Sandbox check FILE [--json]
                                                               checks a provider file and shows its calls; sends none
               CredRotation.Sandbox shots DIR                           pictures of pages and cards, where Chromium is installed
        """);
    return 2;
}
