using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>What a provider says of itself before anything is called.</summary>
internal static class StatementChecks
{
    public static readonly IReadOnlyList<(string Name, Func<ContractRun, Task> Check)> All = [("statement", StateAsync), ("management", ManageAsync)];

    private static Task StateAsync(ContractRun run)
    {
        var (provider, target) = (run.Bench.Provider, run.Bench.Target);
        run.Demand(provider.Describe(target.Parameters) == run.Traits, "Asked twice, it states different traits.");
        run.Demand(!provider.Validate(target.Parameters).Any(), "It finds fault with the bench's own parameters.");
        run.Demand(provider.SecretNames.All(target.Secrets.ContainsKey), "It names management credentials that the target does not have.");
        run.Demand(target.Secrets.Values.All(secret => !provider.Configuration.Contains(secret.RevealToRemote(), StringComparison.Ordinal)), "Its configuration holds a management credential.");
        return Task.CompletedTask;
    }

    /// <summary>A wrong management credential is told at the look, before anything is issued, and issues nothing.</summary>
    private static async Task ManageAsync(ContractRun run)
    {
        var target = run.Bench.Target;
        var readable = await run.CheckTargetAsync();
        run.Demand(readable is TargetOutcome.Readable, $"A look at the target came to {ContractRun.Name(readable)}.");
        if (target.Secrets.Count == 0)
        {
            run.DoesNotApply("It takes no management credential.");
            return;
        }

        var stranger = target with { Secrets = target.Secrets.ToDictionary(secret => secret.Key, _ => new SecretText(ContractRun.Nobodys)) };
        var refused = await run.CheckTargetAsync(stranger);
        // Who leaves the look out may do so only where an issue endangers nothing.
        run.Demand(refused is TargetOutcome.Unreadable || (refused is TargetOutcome.Readable && !run.Traits.IssueEndangersOld), $"A look with a wrong management credential came to {ContractRun.Name(refused)}.");
        var issued = await run.Bench.Provider.IssueAsync(stranger, await run.TicketAsync(), run.Cancel);
        run.Demand(issued is IssueOutcome.Rejected, $"An issue with a wrong management credential came to {ContractRun.Name(issued)}.");
        run.Demand(run.Bench.Accepts(run.Bench.Current), "An issue with a wrong management credential ended the current one.");
    }
}
