using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace CredRotation.Tests.Infra;

/// <summary>Runs the Bicep compiler that the restore brought, without the network.</summary>
internal static class BicepCli
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private static readonly string s_path = typeof(BicepCli).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "BicepCli").Value!;

    /// <summary>Why it cannot run here; null: it can.</summary>
    public static string? Missing { get; } = OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture is Architecture.X64
        ? File.Exists(s_path) ? null : $"The Bicep CLI is not at {s_path}; restore the tests."
        : "The feed's Bicep CLI runs on Linux x64 only.";

    public static async Task<BicepAnswer> RunAsync(string folder, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken, params string[] arguments)
    {
        var start = new ProcessStartInfo(s_path, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;

        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new BicepAnswer(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}

/// <summary>What one call of the compiler said.</summary>
internal sealed record BicepAnswer(int Code, string Output, string Errors);
