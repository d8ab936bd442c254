using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>At a limit nothing happens, and the provider says which limit it is.</summary>
internal static class LimitChecks
{
    private const int SlotsMax = 50;

    public static readonly IReadOnlyList<(string Name, Func<ContractRun, Task> Check)> All =
    [
        ("quota", QuotaAsync),
        ("throttled-issue", IssueAsync),
        ("throttled-probe", run => ThrottledAsync(run, async () => await run.ProbeAsync(run.Bench.Current) is ProbeOutcome.Throttled { After: var after } && after > TimeSpan.Zero)),
        ("throttled-target", run => ThrottledAsync(run, async () => await run.CheckTargetAsync() is TargetOutcome.Throttled or TargetOutcome.Readable { RemoteDate: null })),
        ("throttled-retire", RetireAsync),
        ("throttled-list", ListAsync),
    ];

    private static async Task QuotaAsync(ContractRun run)
    {
        const string trait = nameof(ProviderTraits.Slots);
        var (bench, traits) = (run.Bench, run.Traits);
        if (traits is { Topology: Topology.Overlap, Slots: > 1 and <= SlotsMax and { } slots })
        {
            var values = new List<SecretText> { bench.Current };
            while (values.Count < slots)
            {
                var ticket = await run.TicketAsync(attempt: values.Count);
                var outcome = await run.TryIssueAsync(ticket);
                if (outcome is IssueOutcome.Pending pending) outcome = await run.AwaitAsync(ticket, pending);
                if (outcome is not IssueOutcome.Issued issued)
                {
                    run.Contradict(trait, $"With {values.Count} alive, one more came to {ContractRun.Name(outcome)}.");
                    return;
                }

                values.Add(issued.Value);
            }

            run.Settle();
            run.Demand(values.All(bench.Accepts), "Before the stated number was reached, a credential ended.");
            var beyond = await run.TryIssueAsync(await run.TicketAsync(attempt: slots));
            run.Judge(trait, beyond is IssueOutcome.NoCapacity, $"{slots} lived at once, and one more was no capacity.", $"One more than {slots} came to {ContractRun.Name(beyond)}; it is NoCapacity.");
            run.Demand(values.All(bench.Accepts), "One more than there are places ended a credential.");
            return;
        }

        if (traits.Topology is not Topology.Overlap || !bench.FillQuota())
        {
            run.DoesNotApply(traits.Topology is Topology.Overlap ? "The vendor's quota cannot be filled here." : "An issue takes a place that is there already.");
            return;
        }

        var full = await run.TryIssueAsync(await run.TicketAsync());
        run.Demand(full is IssueOutcome.NoCapacity, $"An issue beyond the quota came to {ContractRun.Name(full)}; it is NoCapacity.");
        run.Demand(bench.Accepts(bench.Current), "An issue beyond the quota ended the credential that consumers run.");
    }

    private static async Task IssueAsync(ContractRun run)
    {
        if (run.IsByPeople()) return;

        // Made before: asking for the old one's handle is a call too.
        var ticket = await run.TicketAsync();
        await ThrottledAsync(run, async () => await run.TryIssueAsync(ticket) is IssueOutcome.Throttled { After: var after } && after > TimeSpan.Zero);
        await run.IssueAsync(ticket);
    }

    private static async Task ThrottledAsync(ContractRun run, Func<Task<bool>> isThrottled)
    {
        if (!run.Bench.ThrottleNext())
        {
            run.DoesNotApply("The vendor cannot be made to throttle here.");
            return;
        }

        run.Demand(await isThrottled(), "A throttled call is not told as throttled, with a pause.");
        run.Demand(run.Bench.Accepts(run.Bench.Current), "A throttled call ended the credential that consumers run.");
    }

    private static async Task RetireAsync(ContractRun run)
    {
        if (run.IsByPeople() || await RetireChecks.PrepareAsync(run) is not { } prepared) return;
        await ThrottledAsync(run, async () => await run.RetireAsync(prepared.Ticket) is RetireOutcome.Throttled { After: var after } && after > TimeSpan.Zero);
    }

    private static async Task ListAsync(ContractRun run)
    {
        if (!run.Traits.CanList)
        {
            run.DoesNotApply("There is no list.");
            return;
        }

        await ThrottledAsync(run, async () =>
        {
            try
            {
                await run.ListAsync();
                return false;
            }
            catch (RemoteTroubleException trouble)
            {
                return trouble.Trouble is RemoteTrouble.Throttled;
            }
        });
    }
}
