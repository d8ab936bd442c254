using System.Diagnostics;

namespace CredRotation.Benchmarks.Servers;

/// <summary>A server with a folder of its own, which ends and takes its folder along when this process does, however that ends.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    // What is read from never says anything; it ends when whoever holds its other end is gone.
    // A signal to all of us ends the reading as well, so that the folder goes then, too.
    private const string Guard = """
        trap : INT TERM
        "$@" </dev/null >"$FOLDER/log" 2>&1 &
        server=$!
        read -r _
        kill -s "$STOP" "$server" 2>/dev/null
        wait "$server"
        rm -rf -- "$FOLDER"
        """;

    private static readonly TimeSpan s_readyMax = TimeSpan.FromMinutes(1), s_stopMax = TimeSpan.FromSeconds(20), s_pause = TimeSpan.FromMilliseconds(30);

    private readonly Process _guard;
    private readonly string _folder;

    private ServerProcess(Process guard, string folder) => (_guard, _folder) = (guard, folder);

    /// <summary>Of the server alone; gone when it ends.</summary>
    public string Folder => _folder;

    /// <summary>What the server has written so far.</summary>
    public async Task<string> ReadLogAsync(CancellationToken cancellationToken)
    {
        // It goes on writing.
        await using var file = new FileStream(Path.Combine(_folder, "log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    /// <summary>A folder that the named user may use; short, because sockets are named by it.</summary>
    public static async Task<string> MakeFolderAsync(string prefix, string user, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory(prefix).FullName;
        if (Environment.IsPrivilegedProcess) await RunAsync(["chown", $"{user}:", folder], cancellationToken);
        return folder;
    }

    /// <summary>The command as that user, where we are root: database servers refuse to run as root.</summary>
    public static IReadOnlyList<string> As(string user, IReadOnlyList<string> command)
        => Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups", "--no-new-privs", .. command] : command;

    /// <exception cref="ServerUnavailableException">The command failed or is not on this machine.</exception>
    public static async Task RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using var process = Start(command, start => (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true));
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        _ = await output;
        if (process.ExitCode != 0) throw new ServerUnavailableException($"{command[0]} ended with {process.ExitCode}: {(await errors).Trim().Split('\n')[^1]}");
    }

    /// <param name="stop">The signal that ends the server at once and in good order.</param>
    /// <param name="isReady">Throws while it is not.</param>
    public static async Task<ServerProcess> StartAsync(string folder, string stop, IReadOnlyList<string> command, Func<CancellationToken, Task> isReady, CancellationToken cancellationToken)
    {
        var server = new ServerProcess(Start(["sh", "-c", Guard, "sh", .. command], start =>
        {
            start.RedirectStandardInput = true;
            start.Environment["FOLDER"] = folder;
            start.Environment["STOP"] = stop;
        }), folder);
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await isReady(cancellationToken);
                return server;
            }
            catch (Exception) when (Stopwatch.GetElapsedTime(started) < s_readyMax && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(s_pause, TimeProvider.System, cancellationToken);
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        using var limit = new CancellationTokenSource(s_stopMax);
        try
        {
            await _guard.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _guard.Kill(entireProcessTree: true);
        }

        _guard.Dispose();
    }

    private static Process Start(IReadOnlyList<string> command, Action<ProcessStartInfo> also)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = Path.GetTempPath() };
        also(start);
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new ServerUnavailableException($"{command[0]} is not on this machine.");
        }
    }
}
