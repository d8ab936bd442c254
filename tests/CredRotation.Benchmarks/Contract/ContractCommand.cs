using System.Text.Json;
using System.Text.Json.Serialization;
using CredRotation.Benchmarks.Servers;
using CredRotation.Testing;

namespace CredRotation.Benchmarks.Contract;

/// <summary>Checks the contract with every provider, each at its vendor's surface, and counts.</summary>
internal sealed record ContractCommand(string? Kind)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Null when the words are not these.</summary>
    public static ContractCommand? Read(IReadOnlyList<string> words)
    {
        var command = new ContractCommand((string?)null);
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] is "--json") continue;
            if (words[at] is not "--kind" || at + 1 == words.Count || !ContractBenches.All.Any(bench => bench.Kind == words[at + 1])) return null;
            command = new ContractCommand(words[++at]);
        }

        return command;
    }

    public Task<int> RunAsync(TextWriter answers, TextWriter progress, CancellationToken cancellationToken)
        => RunAsync(ContractBenches.All.Where(bench => Kind is null || bench.Kind == Kind), answers, progress, cancellationToken);

    internal static async Task<int> RunAsync(IEnumerable<ContractBench> benches, TextWriter answers, TextWriter progress, CancellationToken cancellationToken)
    {
        var (providers, skipped) = (new List<ContractedProvider>(), new List<SkippedProvider>());
        foreach (var bench in benches)
        {
            try
            {
                var (counted, report) = await CheckAsync(bench, cancellationToken);
                providers.Add(counted);
                await progress.WriteLineAsync($"{bench}: {counted.Checks} checks, {counted.Failed} failed");
                if (counted.Failed > 0) await progress.WriteLineAsync(report.ToString());
            }
            catch (ServerUnavailableException because)
            {
                skipped.Add(new SkippedProvider(bench.Kind, because.Message));
                await progress.WriteLineAsync($"{bench}: skipped. {because.Message}");
            }
        }

        await answers.WriteLineAsync(JsonSerializer.Serialize(new ContractAnswer(providers, skipped), s_json));
        // What must not be skipped is missed.
        if (skipped.Count > 0 && Environment.GetEnvironmentVariable("CREDROTATION_REQUIRE_ALL") == "1") return 1;
        return providers.Count > 0 && providers.TrueForAll(provider => provider is { Checks: > 0, Failed: 0, UnknownUnreported: 0 }) ? 0 : 1;
    }

    internal static async Task<(ContractedProvider Counted, ContractReport Report)> CheckAsync(ContractBench bench, CancellationToken cancellationToken)
    {
        var counts = new ContractCounts();
        var report = await ProviderContract.RunAsync(async stop => new CountingBench(await bench.StartAsync(stop), counts), cancellationToken);
        return (new ContractedProvider(
            bench.Kind,
            bench.Variant,
            bench.Class,
            report.Checks.Count(check => check.Result is not CheckResult.NotApplicable),
            report.Failed.Count() + report.Contradicted.Count(),
            counts.RecoveredLostResponses,
            counts.UnknownUnreported), report);
    }
}

/// <summary>One provider under contract.</summary>
/// <param name="Variant">Which of several vendors' objects of this kind; null where there is one.</param>
/// <param name="Checks">Those that apply to it.</param>
/// <param name="Failed">Checks that failed and traits that the vendor was seen to contradict.</param>
internal sealed record ContractedProvider(string Kind, string? Variant, string Class, int Checks, int Failed, int RecoveredLostResponses, int UnknownUnreported);

/// <summary>One whose real server is not on this machine.</summary>
internal sealed record SkippedProvider(string Kind, string Because);

/// <summary>All of them.</summary>
internal sealed record ContractAnswer(IReadOnlyList<ContractedProvider> Providers, IReadOnlyList<SkippedProvider> Skipped);
