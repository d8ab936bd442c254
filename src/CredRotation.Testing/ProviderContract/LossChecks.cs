using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>A call that is cut off says that nothing is known, and what the traits promise then finds or replaces what it did.</summary>
internal static class LossChecks
{
    public static readonly IReadOnlyList<(string Name, Func<ContractRun, Task> Check)> All =
    [
        .. Enum.GetValues<LostPart>().SelectMany(part => new (string, Func<ContractRun, Task>)[]
        {
            (Name(part, "issue"), run => IssueAsync(run, part)),
            (Name(part, "probe"), run => ProbeAsync(run, part)),
            (Name(part, "target"), run => TargetAsync(run, part)),
            (Name(part, "list"), run => ListAsync(run, part)),
            (Name(part, "recover"), run => RecoverAsync(run, part)),
            (Name(part, "retire"), run => RetireAsync(run, part)),
        }),
    ];

    private static string Name(LostPart part, string call) => part is LostPart.Request ? $"lost-request-{call}" : $"lost-answer-{call}";

    private static async Task IssueAsync(ContractRun run, LostPart part)
    {
        if (run.IsByPeople()) return;

        var (bench, traits) = (run.Bench, run.Traits);
        var prior = traits.CanList ? Ids(await run.ListAsync()) : [];
        var ticket = await run.TicketAsync();
        bench.LoseNext(part);
        var lost = await run.TryIssueAsync(ticket);
        run.Demand(lost is IssueOutcome.Unknown, $"An issue whose {(part is LostPart.Answer ? "answer" : "request")} was lost came to {ContractRun.Name(lost)}; it is Unknown.");

        bench.Pass(traits.LandingMax + traits.ListSettle + ContractRun.Moment);
        var now = await FindAsync(run, ticket, prior, isMade: part is LostPart.Answer);
        run.Settle();
        run.Demand(bench.Accepts(now.Value), "After a lost issue was made good, the new credential is not accepted.");
        if (traits is { Topology: not Topology.InPlace, OldValidity: OldValidity.UntilRetired }) run.Demand(bench.Accepts(bench.Current), "Making good a lost issue ended the credential that consumers run.");
    }

    /// <summary>As the engine does it, by traits.</summary>
    private static async Task<IssueOutcome.Issued> FindAsync(ContractRun run, IssueTicket ticket, IReadOnlyList<string> prior, bool isMade)
    {
        const string trait = nameof(ProviderTraits.IssueReplay);
        switch (run.Traits)
        {
            case { IssueReplay: IssueReplay.IdempotencyKey or IssueReplay.SameMaterial }:
                return await run.IssueAsync(ticket);
            case { IssueReplay: IssueReplay.ReadBack }:
                var told = await run.RecoverAsync(ticket);
                if (told is RecoverOutcome.Pending pending) return await run.AwaitAsync(ticket, new IssueOutcome.Pending(pending.What, pending.PollAfter)) as IssueOutcome.Issued ?? throw new ContractBrokenException("Nothing was issued.");
                if (told is RecoverOutcome.Issued found) return found.Result;
                if (told is not RecoverOutcome.NotIssued || isMade) run.Contradict(trait, $"{(isMade ? "An issue whose answer" : "An issue whose request")} was lost was read back as {ContractRun.Name(told)}.");
                return await run.IssueAsync(ticket);
            case { IssueReplay: IssueReplay.None, CanList: true, ListShowsMarker: true }:
                await RetireOrphansAsync(run, ticket, prior, isMade);
                return await run.IssueAsync(attempt: 2);
            default:
                return await run.IssueAsync(attempt: 2);
        }
    }

    private static async Task RetireOrphansAsync(ContractRun run, IssueTicket ticket, IReadOnlyList<string> prior, bool isMade)
    {
        var orphans = (await run.ListAsync() ?? []).Where(listed => listed.Marker == ticket.Marker && !prior.Contains(listed.Id)).Select(listed => listed.Id).ToList();
        if (isMade) run.Judge(nameof(ProviderTraits.CanList), orphans.Count == 1, "A credential whose answer was lost was found in the list.", $"The list shows {orphans.Count} credentials with the marker of a lost issue; there is one.");
        else run.Demand(orphans.Count == 0, "The list shows a credential of an issue that never arrived.");
        var told = await run.RecoverAsync(ticket);
        run.Demand(told is RecoverOutcome.Indeterminate
            || (isMade ? told is RecoverOutcome.IssuedSecretLost lost && lost.OrphanIds.ToHashSet().SetEquals(orphans) : told is RecoverOutcome.NotIssued),
            $"Asked for a lost issue that {(isMade ? "was carried out" : "never arrived")}, recovery came to {ContractRun.Name(told)} and does not agree with the list.");
        foreach (var id in orphans)
        {
            var retired = await run.RetireAsync(new RetireTicket(id, null));
            run.Demand(retired is RetireOutcome.Retired or RetireOutcome.AlreadyGone, $"What a lost issue made could not be retired: {ContractRun.Name(retired)}.");
        }
    }

    private static async Task ProbeAsync(ContractRun run, LostPart part)
    {
        run.Bench.LoseNext(part);
        var probe = await run.ProbeAsync(run.Bench.Current);
        run.Demand(probe is ProbeOutcome.Unknown, $"A probe that was cut off came to {ContractRun.Name(probe)}; it is Unknown.");
    }

    private static async Task TargetAsync(ContractRun run, LostPart part)
    {
        // Nobody but a person manages the target, so there is nothing to ask with.
        if (run.IsByPeople()) return;

        run.Bench.LoseNext(part);
        var look = await run.CheckTargetAsync();
        run.Demand(look is TargetOutcome.Unknown || (look is TargetOutcome.Readable && !run.Traits.IssueEndangersOld), $"A look at the target that was cut off came to {ContractRun.Name(look)}; it is Unknown.");
    }

    private static async Task ListAsync(ContractRun run, LostPart part)
    {
        if (!run.Traits.CanList)
        {
            run.DoesNotApply("There is no list.");
            return;
        }

        run.Bench.LoseNext(part);
        try
        {
            await run.ListAsync();
            run.Fail("A list that was cut off was answered all the same; it is thrown.");
        }
        catch (Exception thrown) when (thrown is not OperationCanceledException)
        {
            // As it is to be: an empty list would say that nothing was lost.
        }
    }

    private static async Task RecoverAsync(ContractRun run, LostPart part)
    {
        if (run.IsByPeople()) return;

        var ticket = await run.TicketAsync();
        await run.IssueAsync(ticket);
        run.Bench.Pass(run.Traits.LandingMax + run.Traits.ListSettle + ContractRun.Moment);
        run.Bench.LoseNext(part);
        var told = await run.RecoverAsync(ticket);
        run.Demand(told is RecoverOutcome.Indeterminate, $"Recovery that was cut off came to {ContractRun.Name(told)}; it cannot tell.");
    }

    private static async Task RetireAsync(ContractRun run, LostPart part)
    {
        if (run.IsByPeople() || await RetireChecks.PrepareAsync(run) is not { } prepared) return;

        run.Bench.LoseNext(part);
        var lost = await run.RetireAsync(prepared.Ticket);
        run.Demand(lost is RetireOutcome.Unknown, $"A retirement that was cut off came to {ContractRun.Name(lost)}; it is Unknown.");
        run.Bench.Pass(run.Traits.LandingMax + ContractRun.Moment);
        await RetireChecks.RetireAsync(run, prepared);
    }

    private static IReadOnlyList<string> Ids(IReadOnlyList<ListedCredential>? listed) => [.. (listed ?? []).Select(credential => credential.Id)];
}
