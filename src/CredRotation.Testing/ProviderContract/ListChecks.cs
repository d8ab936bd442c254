using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>A list shows what was issued, with its marker where that is stated; what others made is never taken for ours.</summary>
internal static class ListChecks
{
    public static readonly IReadOnlyList<(string Name, Func<ContractRun, Task> Check)> All = [("list", ListAsync), ("strangers", StrangersAsync)];

    private static async Task ListAsync(ContractRun run)
    {
        const string trait = nameof(ProviderTraits.CanList);
        var before = await run.ListAsync();
        if (!run.Traits.CanList)
        {
            run.Judge(trait, before is null, "There is no list.", "There is a list: say so, and lost answers can be found.");
            return;
        }

        if (before is null)
        {
            run.Contradict(trait, "It says that it can list and gives no list.");
            return;
        }

        var ticket = await run.TicketAsync();
        var issued = await run.IssueAsync(ticket);
        var isShownAtOnce = await FindAsync(run, ticket, issued, before) is not null;
        run.Bench.Pass(run.Traits.ListSettle + ContractRun.Moment);
        if (await FindAsync(run, ticket, issued, before) is not { } ours)
        {
            // Shown after a while longer, the list only lags more than stated.
            run.Bench.Pass(TimeSpan.FromHours(1));
            var isLate = await FindAsync(run, ticket, issued, before) is not null;
            run.Contradict(isLate ? nameof(ProviderTraits.ListSettle) : trait, isLate ? "The list lags longer than stated." : "What was issued is never in the list.");
            return;
        }

        run.Confirm(trait, "The list shows what was issued.");
        if (!isShownAtOnce) run.Confirm(nameof(ProviderTraits.ListSettle), "The list lagged, and not longer than stated.");
        else if (run.Traits.ListSettle == TimeSpan.Zero) run.Confirm(nameof(ProviderTraits.ListSettle), "The list showed it at once.");
        if (run.Traits.ListShowsMarker) run.Judge(nameof(ProviderTraits.ListShowsMarker), ours.Marker == ticket.Marker, "What was issued is listed with its marker.", "What was issued is listed without its marker.");
        else run.Judge(nameof(ProviderTraits.ListShowsMarker), ours.Marker is null, "The list shows no markers.", "The list shows markers: say so, and lost answers can be found.");
        run.Demand(before.All(known => known.Marker != ticket.Marker), "A credential that was there before carries the marker of a later issue.");
    }

    private static async Task<ListedCredential?> FindAsync(ContractRun run, IssueTicket ticket, IssueOutcome.Issued issued, IReadOnlyList<ListedCredential> before)
    {
        var fresh = (await run.ListAsync() ?? []).Where(listed => before.All(known => known.Id != listed.Id)).ToList();
        return fresh.FirstOrDefault(listed => issued.Id is null ? listed.Marker == ticket.Marker || fresh.Count == 1 : listed.Id == issued.Id);
    }

    private static async Task StrangersAsync(ContractRun run)
    {
        var (bench, traits) = (run.Bench, run.Traits);
        if (traits is not { Topology: Topology.Overlap, OldValidity: OldValidity.UntilRetired, Slots: null } || bench.AddStranger() is not { } stranger)
        {
            run.DoesNotApply("Nobody else holds a credential there that would live on.");
            return;
        }

        bench.Pass(traits.ListSettle + ContractRun.Moment);
        var strangers = traits.CanList ? (await run.ListAsync() ?? []).ToList() : [];
        var ticket = await run.TicketAsync();
        run.Demand(strangers.All(listed => listed.Marker != ticket.Marker), "A stranger's credential is listed with our marker.");
        await NotNamedAsync(run, ticket, strangers);
        // Where a person makes it no call is made, and the loss would meet another.
        if (!traits.HandedIn) bench.LoseNext(LostPart.Answer);
        await run.TryIssueAsync(ticket);
        bench.Pass(traits.LandingMax + traits.ListSettle + ContractRun.Moment);
        await NotNamedAsync(run, ticket, strangers);
        if (traits.CanList) run.Demand((await run.ListAsync() ?? []).All(listed => listed.Marker != ticket.Marker || strangers.All(known => known.Id != listed.Id)), "After an issue a stranger's credential is listed with its marker.");
        bench.DoErrands();
        if (await RetireChecks.PrepareAsync(run, attempt: 2) is { } prepared && await run.RetireAsync(prepared.Ticket) is RetireOutcome.Pending) bench.DoErrands();
        bench.Pass(traits.RetireDelayMax + ContractRun.Moment);
        run.Demand(bench.Accepts(stranger), "A stranger's credential ended with ours.");
    }

    private static async Task NotNamedAsync(ContractRun run, IssueTicket ticket, List<ListedCredential> strangers)
    {
        var told = await run.RecoverAsync(ticket);
        run.Demand(told is not RecoverOutcome.IssuedSecretLost lost || !lost.OrphanIds.Any(id => strangers.Any(known => known.Id == id)), "Recovery names what others made as ours to retire.");
    }
}
