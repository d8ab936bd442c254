using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>A retirement ends exactly the credential it names, once, and says so.</summary>
internal static class RetireChecks
{
    public static readonly IReadOnlyList<(string Name, Func<ContractRun, Task> Check)> All =
    [
        ("retire", async run =>
        {
            if (await PrepareAsync(run) is { } prepared) await RetireAsync(run, prepared);
        }),
        ("retire-twice", TwiceAsync),
        ("retire-unknown", UnknownAsync),
    ];

    /// <summary>What is to be retired, and what must live on.</summary>
    internal sealed record Prepared(RetireTicket Ticket, SecretText Ends, SecretText Lives);

    /// <summary>Issues a new credential and names one to retire: the old one, or the new one where nothing shows the old one's handle. Null: no call retires.</summary>
    public static async Task<Prepared?> PrepareAsync(ContractRun run, int attempt = 1)
    {
        if (run.Traits.RetireBy is RetireBy.TimerOnly)
        {
            var outcome = await run.RetireAsync(new RetireTicket(await run.HandleAsync(run.Bench.Current), run.Bench.Current));
            run.Judge(nameof(ProviderTraits.RetireBy), outcome is RetireOutcome.EndsByTimer && run.Bench.Accepts(run.Bench.Current), "No call retires; the timer ends it.", $"A retirement came to {ContractRun.Name(outcome)} although a timer alone is said to end credentials.");
            run.DoesNotApply("No call retires.");
            return null;
        }

        var issued = await run.IssueAsync(attempt);
        run.Settle();
        await run.ProbeAsync(issued.Value);
        if (run.Traits.RetireBy is RetireBy.Human && run.Traits.HandedIn) return new Prepared(new RetireTicket(null, null), run.Bench.Current, issued.Value);
        if (run.Traits.RetireBy is RetireBy.SecretValue) return new Prepared(new RetireTicket(null, run.Bench.Current), run.Bench.Current, issued.Value);
        if (await run.HandleAsync(run.Bench.Current) is { } handle) return new Prepared(new RetireTicket(handle, null), run.Bench.Current, issued.Value);
        if (issued.Id is { } id) return new Prepared(new RetireTicket(id, null), issued.Value, run.Bench.Current);
        run.Contradict(nameof(ProviderTraits.RetireBy), "It retires by a handle, and neither an issue nor a probe shows one.");
        return null;
    }

    public static async Task RetireAsync(ContractRun run, Prepared prepared)
    {
        const string trait = nameof(ProviderTraits.RetireBy);
        var (bench, traits) = (run.Bench, run.Traits);
        var outcome = await run.RetireAsync(prepared.Ticket);
        if (outcome is RetireOutcome.Pending pending)
        {
            run.Demand(pending.PollAfter > TimeSpan.Zero, "A pending retirement is to be asked about again at once, for ever.");
            // A repeat of one that was cut off may find it done.
            if (!bench.DoErrands()) run.Contradict(trait, "A retirement was called pending, and nothing waited for anybody at the vendor.");
        }
        else if (outcome is not (RetireOutcome.Retired or RetireOutcome.AlreadyGone))
        {
            run.Contradict(trait, $"A retirement as stated came to {ContractRun.Name(outcome)}.");
            return;
        }

        bench.Pass(traits.RetireDelayMax + ContractRun.Moment);
        if (bench.Accepts(prepared.Ends))
        {
            run.Contradict(trait, "It was called retired, and the vendor accepts it still.");
            return;
        }

        run.Demand(bench.Accepts(prepared.Lives), "Retiring one credential ended another.");
        run.Confirm(trait, outcome is RetireOutcome.Pending ? "People ended exactly the credential that was named." : "The call ended exactly the credential that was named.");
        if (traits.RetireDelayMax > TimeSpan.Zero) run.Confirm(nameof(ProviderTraits.RetireDelayMax), "It was refused when the stated delay was over.");
    }

    private static async Task TwiceAsync(ContractRun run)
    {
        if (await PrepareAsync(run) is not { } prepared) return;
        await RetireAsync(run, prepared);
        var again = await run.RetireAsync(prepared.Ticket);
        run.Demand(again is RetireOutcome.Retired or RetireOutcome.AlreadyGone || (again is RetireOutcome.Pending && run.Traits.RetireBy is RetireBy.Human), $"A second retirement came to {ContractRun.Name(again)}; what is gone is Retired or AlreadyGone.");
        run.Bench.Pass(run.Traits.RetireDelayMax + ContractRun.Moment);
        run.Demand(run.Bench.Accepts(prepared.Lives), "A second retirement ended another credential.");
    }

    private static async Task UnknownAsync(ContractRun run)
    {
        if (run.Traits.RetireBy is RetireBy.TimerOnly)
        {
            run.DoesNotApply("No call retires.");
            return;
        }

        var nobody = run.Bench.NeverGiven;
        var outcome = await run.RetireAsync(run.Traits.RetireBy is RetireBy.SecretValue ? new RetireTicket(null, nobody) : new RetireTicket("no-such-credential", null));
        run.Demand(outcome is not (RetireOutcome.Unknown or RetireOutcome.Throttled or RetireOutcome.EndsByTimer), $"Retiring what never was came to {ContractRun.Name(outcome)}.");
        run.Bench.Pass(run.Traits.RetireDelayMax + ContractRun.Moment);
        run.Demand(run.Bench.Accepts(run.Bench.Current), "Retiring what never was ended the credential that consumers run.");
    }
}
