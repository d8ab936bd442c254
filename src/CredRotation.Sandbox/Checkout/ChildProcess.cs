using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CredRotation.Sandbox.Checkout;

/// <summary>A .NET program as a child: started with settings in its environment, its output kept, killed when disposed. Its stdin ends with us.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>How it ended; null while it runs. 137 after SIGKILL.</summary>
    public int? ExitCode => _process.HasExited ? _process.ExitCode : null;

    /// <summary>Every line it wrote to stdout and stderr.</summary>
    public IReadOnlyList<string> Output => [.. _output];

    /// <summary>The first line, of stdout or stderr, for which <paramref name="isReady"/> says yes. Throws when the child ends before, with what it wrote.</summary>
    public static async Task<(ChildProcess Child, string Line)> StartAsync(
        string assembly,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        Func<string, bool> isReady,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(DotnetPath()) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetDirectoryName(assembly) };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(assembly);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        // What lives for a minute gains nothing from being measured for recompilation.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in environment) start.Environment[name] = value;

        var child = new ChildProcess(new Process { StartInfo = start, EnableRaisingEvents = true });
        child._process.OutputDataReceived += (_, line) => child.Hear(line.Data, isReady);
        child._process.ErrorDataReceived += (_, line) => child.Hear(line.Data, isReady);
        child._process.Exited += (_, _) => child._ready.TrySetException(new InvalidOperationException($"The child ended before it was ready:\n{string.Join('\n', child._output)}"));
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        try
        {
            return (child, await child._ready.Task.WaitAsync(cancellationToken));
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>The dotnet that runs us: a test host or an apphost is not dotnet itself, but the runtime's folder says where it came from.</summary>
    public static string DotnetPath()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var beside = Path.Combine(root, name);
        return File.Exists(beside) ? beside : name;
    }

    /// <summary>Ends it at once, as a crash would (SIGKILL where there are signals).</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await KillAsync();
        }
        catch (InvalidOperationException)
        {
            // It was never started.
        }

        _process.Dispose();
    }

    private void Hear(string? line, Func<string, bool> isReady)
    {
        if (line is null) return;
        _output.Enqueue(line);
        if (isReady(line)) _ready.TrySetResult(line);
    }
}
