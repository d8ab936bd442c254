using System.Diagnostics;
using System.Text.RegularExpressions;

namespace CredRotation.Benchmarks.Servers;

/// <summary>
/// The storage emulator as a process of its own, in memory, on free ports of this machine. Installed on first use by npm from the lock
/// file beside this class, into the repository's <c>.artifacts</c>.
/// </summary>
public sealed partial class Azurite : IAsyncDisposable
{
    private const string Package = "azurite";
    private static readonly TimeSpan s_installMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_startMax = TimeSpan.FromMinutes(1);

    private readonly Process _process;

    private Azurite(Process process, Uri blobs, Uri queues, Uri tables) => (_process, Blobs, Queues, Tables) = (process, blobs, queues, tables);

    public Uri Blobs { get; }

    public Uri Queues { get; }

    public Uri Tables { get; }

    /// <exception cref="ServerUnavailableException">Node or npm is missing, or the package could not be installed.</exception>
    public static async Task<Azurite> StartAsync(CancellationToken cancellationToken)
    {
        var script = await InstallAsync(cancellationToken);
        // The SDKs send newer api versions than the emulator knows by name.
        var start = new ProcessStartInfo("node", [script, "--silent", "--disableTelemetry", "--inMemoryPersistence", "--skipApiVersionCheck", "--blobPort", "0", "--queuePort", "0", "--tablePort", "0"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start)!;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(s_startMax);
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            var addresses = new Dictionary<string, Uri>();
            while (addresses.Count < 3)
            {
                var line = await process.StandardOutput.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException($"Azurite ended before it listened, with exit code {process.ExitCode}.");
                if (Listening().Match(line) is { Success: true } match) addresses[match.Groups[1].Value] = new Uri($"{match.Groups[2].Value}/devstoreaccount1");
            }

            _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return new Azurite(process, addresses["Blob"], addresses["Queue"], addresses["Table"]);
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static async Task<string> InstallAsync(CancellationToken cancellationToken)
    {
        var root = Root(AppContext.BaseDirectory);
        var folder = Path.Combine(root, ".artifacts", "servers", Package);
        var script = Path.Combine(folder, "node_modules", Package, "dist", "src", "azurite.js");
        var done = Path.Combine(folder, "installed");
        Directory.CreateDirectory(folder);

        // Two test processes may be the first at once.
        await using var turn = await TakeTurnAsync(Path.Combine(folder, "lock"), cancellationToken);
        var wanted = await File.ReadAllTextAsync(Path.Combine(Source(root), "package-lock.json"), cancellationToken);
        if (File.Exists(script) && File.Exists(done) && await File.ReadAllTextAsync(done, cancellationToken) == wanted) return script;

        File.Delete(done);
        foreach (var file in new[] { "package.json", "package-lock.json" }) File.Copy(Path.Combine(Source(root), file), Path.Combine(folder, file), overwrite: true);
        await NpmAsync(folder, cancellationToken);
        await File.WriteAllTextAsync(done, wanted, cancellationToken);
        return script;
    }

    private static async Task NpmAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(s_installMax);
            var (output, errors) = (npm.StandardOutput.ReadToEndAsync(limit.Token), npm.StandardError.ReadToEndAsync(limit.Token));
            await npm.WaitForExitAsync(limit.Token);
            _ = await output;
            if (npm.ExitCode != 0) throw new ServerUnavailableException($"npm ci of {Package} ended with {npm.ExitCode}: {(await errors).Trim().Split('\n')[^1]}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new ServerUnavailableException($"{Package} needs Node and npm, which are not on this machine.");
        }
    }

    private static async Task<FileStream> TakeTurnAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
            }
        }
    }

    private static string Source(string root) => Path.Combine(root, "tests", "CredRotation.Benchmarks", "Servers", Package);

    private static string Root(string? folder)
        => folder is null ? throw new InvalidOperationException("CredRotation.sln is nowhere above the program.")
            : File.Exists(Path.Combine(folder, "CredRotation.sln")) ? folder
            : Root(Path.GetDirectoryName(folder));

    [GeneratedRegex("Azurite (Queue|Table|Blob) service is successfully listening at (http://127\\.0\\.0\\.1:[0-9]+)")]
    private static partial Regex Listening();
}
