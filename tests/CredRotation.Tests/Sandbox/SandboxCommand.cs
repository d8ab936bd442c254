using System.Diagnostics;
using CredRotation.Sandbox.Checkout;
using CredRotation.Sandbox.World;

namespace CredRotation.Tests.Sandbox;

/// <summary>What a command of the sandbox left behind.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Errors);

/// <summary>A command of the sandbox as a process of its own, its stdout and stderr kept apart.</summary>
internal static class SandboxCommand
{
    /// <summary>Runs to its end.</summary>
    public static async Task<CommandResult> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        using var process = Start(arguments);
        try
        {
            process.StandardInput.Close();
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            return new CommandResult(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Starts one that stays up; whoever starts it ends it.</summary>
    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(ChildProcess.DotnetPath()) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["exec", typeof(SandboxWorld).Assembly.Location, .. arguments]) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
