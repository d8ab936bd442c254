using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>
/// Checks a provider against what the engine relies on: each check runs on a fresh bench, compares the provider's words with the vendor's
/// truth, and says which stated traits it could confirm. It knows no test framework.
/// </summary>
public static class ProviderContract
{
    /// <summary>Runs every check. A provider's mistake is in the report, never an exception.</summary>
    public static async Task<ContractReport> RunAsync(Func<CancellationToken, Task<IProviderBench>> makeBench, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(makeBench);
        var notes = new ContractNotes();
        var checks = new List<CheckFinding>();
        string kind;
        ProviderTraits traits;
        await using (var bench = await makeBench(cancellationToken))
        {
            kind = bench.Provider.Kind;
            traits = bench.Provider.Describe(bench.Target.Parameters);
        }

        foreach (var (name, check) in All)
        {
            await using var bench = await makeBench(cancellationToken);
            var run = new ContractRun(bench, traits, notes, cancellationToken);
            checks.Add(await RunAsync(name, check, run));
        }

        return new ContractReport(kind, notes.Findings(traits), checks);
    }

    private static IEnumerable<(string Name, Func<ContractRun, Task> Check)> All
        => [.. StatementChecks.All, .. IssueChecks.All, .. LossChecks.All, .. RetireChecks.All, .. ProbeChecks.All, .. ListChecks.All, .. LimitChecks.All];

    private static async Task<CheckFinding> RunAsync(string name, Func<ContractRun, Task> check, ContractRun run)
    {
        try
        {
            await check(run);
        }
        catch (ContractBrokenException broken)
        {
            run.Fail(broken.Message);
        }
        catch (Exception thrown) when (thrown is not OperationCanceledException)
        {
            // Only its type: a message may hold a value.
            run.Fail($"It threw {thrown.GetType().Name}.");
        }

        return run.Finish(name);
    }
}

/// <summary>A check cannot go on.</summary>
internal sealed class ContractBrokenException(string message) : Exception(message);
