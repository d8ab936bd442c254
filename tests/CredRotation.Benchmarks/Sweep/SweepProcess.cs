using System.Diagnostics;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using CredRotation.Adapters.Graph;
using CredRotation.Adapters.KeyVault;
using CredRotation.Adapters.Storage;
using CredRotation.Benchmarks.Drain;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Reload;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Graph;
using Microsoft.Kiota.Authentication.Azure;

namespace CredRotation.Benchmarks.Sweep;

/// <summary>
/// One sweep in a process of its own, over a SQLite file, through the clients that the app uses. Settings come by standard input. The runtime
/// collects as in the app, one heap and no server's habits.
/// </summary>
internal static class SweepProcess
{
    /// <summary>The word by which this program starts itself again.</summary>
    public const string Word = "sweeping";

    public const string Thumbprint = "Thumbprint", Graph = "Graph", Vendor = "overlap-list";

    public static async Task<SweptProcess> RunAsync(IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(SweepProcess).Assembly.Location, Word]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["DOTNET_gcServer"] = "0";
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The sweep did not start.");
        try
        {
            await process.StandardInput.WriteAsync(JsonSerializer.Serialize(settings).AsMemory(), cancellationToken);
            process.StandardInput.Close();
            var said = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 ? JsonSerializer.Deserialize<SweptProcess>(said)! : throw new InvalidOperationException($"The sweep ended with {process.ExitCode}.");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>What the process does.</summary>
    public static async Task<int> SweepAsync(TextReader input, TextWriter output, CancellationToken cancellationToken)
    {
        var settings = JsonSerializer.Deserialize<Dictionary<string, string?>>(await input.ReadToEndAsync(cancellationToken))!;
        var folder = Directory.CreateTempSubdirectory("credrotation-sweep-").FullName;
        try
        {
            using var database = new SqliteDatabase(Path.Combine(folder, "sweep.db"));
            var (rows, queue) = (new CountingRowStore(new SqliteRowStore(database)), new SqliteWorkQueue(database, TimeProvider.System));
            await using var services = Services(settings, rows, queue);
            var started = Stopwatch.GetTimestamp();
            var result = await services.GetRequiredService<CredentialSweep>().RunAsync(cancellationToken);
            var seconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 2);
            using var self = Process.GetCurrentProcess();
            await output.WriteLineAsync(JsonSerializer.Serialize(new SweptProcess(result.Secrets, seconds, await queue.CountAsync(cancellationToken), result.Findings, result.UnreadVaults.Count,
                Math.Round(self.PeakWorkingSet64 / 1024d / 1024d, 1), rows.Writes, rows.Reads)));
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ServiceProvider Services(Dictionary<string, string?> settings, IRowStore rows, IWorkQueue queue)
    {
        var thumbprint = settings[Thumbprint]!;
        var faults = new FaultInjector(TimeProvider.System);
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System);
        services.AddLogging();
        services.AddRotationEngine(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddSingleton(rows);
        services.AddSingleton(queue);
        services.AddSingleton<TokenCredential>(new SandboxTokenCredential("sweep"));
#pragma warning disable RS0030, CA2000 // These clients end with the process.
        var toVaults = new HttpClientTransport(PinnedTransport.Handler(thumbprint));
        var toGraph = GraphClientFactory.Create(GraphClientFactory.CreateDefaultHandlers(), finalHandler: PinnedTransport.Handler(thumbprint));
#pragma warning restore RS0030, CA2000
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<KeyVaultClientFactory>(provider));
        services.AddSingleton<ICredentialVault, KeyVaultCredentialVault>();
        services.AddSingleton<IVaultInventory, KeyVaultInventory>();
        services.AddSingleton(new GraphServiceClient(toGraph, new AzureIdentityAuthenticationProvider(new SandboxTokenCredential("sweep"), ["127.0.0.1"], null, true, ["https://graph.microsoft.com/.default"]), settings[Graph]));
        services.AddSingleton<IOwnerDirectory, GraphOwnerDirectory>();
        services.AddSingleton<IConsumerSignal>(new InMemoryConsumer(faults));
        services.AddSingleton<INotifier, Nobody>();
        services.AddSingleton<IProviderCatalog>(new WorldCatalog(new InMemoryVendorProvider(new VendorModel(TimeProvider.System, 1, VendorClasses.Find(Vendor)), faults)));
        var built = services.BuildServiceProvider();
        built.GetRequiredService<KeyVaultClientFactory>().Configure = options =>
        {
            options.Transport = toVaults;
            options.DisableChallengeResourceVerification = true;
        };
        return built;
    }

    /// <summary>Hears messages and keeps none: what a channel holds is not the sweep's memory.</summary>
    private sealed class Nobody : INotifier
    {
        public Task NotifyAsync(Notice notice, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
