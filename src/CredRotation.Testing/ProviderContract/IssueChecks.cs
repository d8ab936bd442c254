using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>What an issue makes, what it does to the old credential, and what a repeat does.</summary>
internal static class IssueChecks
{
    /// <summary>How long a credential is watched that nothing is said to end.</summary>
    private static readonly TimeSpan Watch = TimeSpan.FromDays(14);

    public static readonly IReadOnlyList<(string Name, Func<ContractRun, Task> Check)> All =
    [
        ("issue", IssueAsync),
        ("old-lives", OldLivesAsync),
        ("issue-another", AnotherAsync),
        ("issue-twice", TwiceAsync),
    ];

    private static async Task IssueAsync(ContractRun run)
    {
        var ticket = await run.TicketAsync();
        var issued = await run.IssueAsync(ticket);
        var early = await run.ProbeAsync(issued.Value);
        // Where the first use starts a clock nobody tries before it is time.
        if (early is ProbeOutcome.Refused && run.Traits.ActivationDelayMax == TimeSpan.Zero) run.Contradict(nameof(ProviderTraits.ActivationDelayMax), "The new credential was refused right after its issue.");
        else run.Demand(early is ProbeOutcome.Works or ProbeOutcome.Refused, $"A probe right after the issue came to {ContractRun.Name(early)}; it is to be Works, or Refused while the credential is not active yet.");
        if (early is ProbeOutcome.Works) run.Demand(run.Bench.Accepts(issued.Value), "A probe said that a credential works which the vendor did not accept yet.");

        run.Settle();
        run.Judge(nameof(ProviderTraits.ActivationDelayMax), run.Bench.Accepts(issued.Value), "The new credential was accepted when the stated activation was over.", "When the stated activation was over, the vendor still refused the new credential.");
        var probe = await run.ProbeAsync(issued.Value);
        run.Demand(probe is ProbeOutcome.Works, $"A probe with the new credential came to {ContractRun.Name(probe)}.");
        run.Demand(issued.Value.RevealToRemote() != run.Bench.Current.RevealToRemote(), "What was issued is the old value.");
        if (run.Traits.HandedIn) run.Confirm(nameof(ProviderTraits.HandedIn), "What a person made and handed in is accepted.");
        if (ticket.Material is not { } material) run.Confirm(nameof(ProviderTraits.SecretOrigin), "The vendor made a value without being given one.");
        // What consumers read may tell more than the value, such as the name it signs in with.
        else run.Judge(nameof(ProviderTraits.SecretOrigin), issued.Value.RevealToRemote().Contains(material.RevealToRemote(), StringComparison.Ordinal), "The value that was given was set.", "Another value was set than the one that was given.");
        if (run.Traits.LifetimeMax is { } longest && issued.ExpiresOn is { } end)
            run.Judge(nameof(ProviderTraits.LifetimeMax), end <= run.Bench.Now + longest, "The new credential ends within it.", $"The new credential ends on {end:u}, later than stated.");
    }

    /// <summary>How long the old credential is accepted, and from when on its clock runs.</summary>
    private static async Task OldLivesAsync(ContractRun run)
    {
        var (bench, traits) = (run.Bench, run.Traits);
        var ticket = await run.TicketAsync();
        var outcome = await run.TryIssueAsync(ticket);
        if (traits is { OldValidity: OldValidity.Timer, ClockStart: ClockStart.Approval, OldLife: { } waiting })
        {
            if (outcome is not IssueOutcome.Pending)
            {
                run.DoesNotApply("The vendor asked for no approval, so that its clock was not seen to start.");
                return;
            }

            bench.Pass(waiting + traits.RetireDelayMax + ContractRun.Moment);
            run.Judge(nameof(ProviderTraits.ClockStart), bench.Accepts(bench.Current), "The old credential's clock stood until the approval.", "The old credential ended before anybody approved.");
        }

        var issued = outcome is IssueOutcome.Pending pending ? await run.AwaitAsync(ticket, pending) as IssueOutcome.Issued : outcome as IssueOutcome.Issued;
        if (issued is null) throw new ContractBrokenException("Nothing was issued.");

        if (traits.OldValidity is OldValidity.Immediate)
        {
            bench.Pass(traits.RetireDelayMax + ContractRun.Moment);
            run.Judge(nameof(ProviderTraits.OldValidity), !bench.Accepts(bench.Current), "The old credential ended with the issue.", "The old credential is still accepted after the issue.");
            run.Judge(nameof(ProviderTraits.Topology), !bench.Accepts(bench.Current), "Old and new never lived together.", "Old and new live together, and it is said to replace in place.");
            return;
        }

        if (!bench.Accepts(bench.Current))
        {
            run.Contradict(nameof(ProviderTraits.OldValidity), "The old credential was refused right after the issue.");
            run.Contradict(nameof(ProviderTraits.Topology), "The old credential ended with the issue: old and new do not live together.");
            return;
        }

        if (traits.OldValidity is OldValidity.UntilRetired)
        {
            run.Settle();
            await run.ProbeAsync(issued.Value);
            bench.Pass(Watch);
            run.Judge(nameof(ProviderTraits.OldValidity), bench.Accepts(bench.Current), $"The old credential was accepted {Watch.TotalDays} days after the issue.", $"The old credential ended within {Watch.TotalDays} days although nobody retired it.");
            return;
        }

        await TimerAsync(run, issued);
    }

    private static async Task TimerAsync(ContractRun run, IssueOutcome.Issued issued)
    {
        var (bench, traits) = (run.Bench, run.Traits);
        if (traits.OldLife is not { } life)
        {
            run.Contradict(nameof(ProviderTraits.OldLife), "A timer is stated and not after how long.");
            return;
        }

        var started = run.DoneOn ?? bench.Now;
        if (issued.OldValidUntil is { } said && traits.ClockStart is not ClockStart.FirstUse)
            run.Demand(bench.Accepts(bench.Current) && (said - started - life).Duration() <= traits.RetireDelayMax + (2 * ContractRun.Moment), "The end that the vendor says of the old credential is not the one its timer gives.");
        if (traits.ClockStart is ClockStart.FirstUse)
        {
            bench.Pass(life + traits.RetireDelayMax + ContractRun.Moment);
            run.Judge(nameof(ProviderTraits.ClockStart), bench.Accepts(bench.Current), "The old credential's clock stood until the new one was used.", "The old credential ended although the new one was never used.");
            run.Settle();
            await run.ProbeAsync(issued.Value);
            started = bench.Now;
        }

        bench.Pass(started + life - (2 * ContractRun.Moment) - bench.Now);
        if (!bench.Accepts(bench.Current))
        {
            run.Contradict(nameof(ProviderTraits.OldLife), $"The old credential ended before {life} were over.");
            return;
        }

        bench.Pass(traits.RetireDelayMax + (4 * ContractRun.Moment));
        if (!bench.Accepts(bench.Current))
        {
            run.Confirm(nameof(ProviderTraits.OldValidity), "A timer ended the old credential.");
            run.Confirm(nameof(ProviderTraits.OldLife), $"The old credential was accepted for {life} and not longer.");
            if (traits.ClockStart is ClockStart.Issue) run.Confirm(nameof(ProviderTraits.ClockStart), "The old credential ended by the issue alone.");
            if (traits.ClockStart is ClockStart.FirstUse) run.Judge(nameof(ProviderTraits.ProbeStartsClock), traits.ProbeStartsClock, "A probe was the use that started the clock.", "A probe started the clock of the old credential, and it is said to be no use.");
            return;
        }

        // Still there: does it end at all, and by what?
        await run.ProbeAsync(issued.Value);
        bench.Pass(life + traits.RetireDelayMax + ContractRun.Moment);
        if (!bench.Accepts(bench.Current)) run.Contradict(nameof(ProviderTraits.ClockStart), "The clock did not start when it is said to: the old credential outlived it and ended after a later use.");
        else if (traits.ClockStart is ClockStart.FirstUse) run.Contradict(nameof(ProviderTraits.ProbeStartsClock), $"The old credential is still accepted long after a probe and {life}: a probe is no use, or there is no timer.");
        else run.Contradict(nameof(ProviderTraits.OldLife), $"The old credential is still accepted long after {life}: no timer was seen to end it.");
    }

    /// <summary>A second issue while the first is unused shows how many places there are.</summary>
    private static async Task AnotherAsync(ContractRun run)
    {
        var (bench, traits) = (run.Bench, run.Traits);
        if (traits.Topology is Topology.InPlace)
        {
            run.DoesNotApply("In place there is never another one.");
            return;
        }

        var first = await run.IssueAsync();
        run.Settle();
        var ticket = await run.TicketAsync(attempt: 2);
        var outcome = await run.TryIssueAsync(ticket);
        if (outcome is IssueOutcome.Pending pending) outcome = await run.AwaitAsync(ticket, pending);
        if (outcome is IssueOutcome.NoCapacity && traits is { Topology: Topology.Overlap, Slots: not null })
        {
            run.Judge(nameof(ProviderTraits.Topology), bench.Accepts(bench.Current) && bench.Accepts(first.Value), "Old and new lived together.", "Old and new did not live together.");
            return;
        }

        if (outcome is not IssueOutcome.Issued second) throw new ContractBrokenException($"A second issue came to {ContractRun.Name(outcome)}.");
        run.Settle();
        if (!bench.Accepts(bench.Current)) run.Contradict(nameof(ProviderTraits.Topology), "A second issue ended the credential that consumers run.");
        else if (!bench.Accepts(second.Value)) run.Fail("The second credential is not accepted.");
        else if (traits.Topology is Topology.Pair) run.Judge(nameof(ProviderTraits.Topology), !bench.Accepts(first.Value), "A second issue wrote over the idle place and left the other alone.", "Three credentials live at once, and it is said to be a pair.");
        else run.Judge(nameof(ProviderTraits.Topology), bench.Accepts(first.Value) || traits.IssueReplay is IssueReplay.ReissueCancelsPending, "Old and new lived together.", "A second issue ended the first: it behaves like a pair.");
    }

    /// <summary>The same attempt sent again, in the same bytes.</summary>
    private static async Task TwiceAsync(ContractRun run)
    {
        var (bench, traits) = (run.Bench, run.Traits);
        const string trait = nameof(ProviderTraits.IssueReplay);
        var ticket = await run.TicketAsync();
        var first = await run.IssueAsync(ticket);
        if (traits.HandedIn)
        {
            run.Judge(trait, await run.RecoverAsync(ticket) is RecoverOutcome.Pending, "Nothing was sent, so nothing is repeated.", "A person hands in what is issued, and recovery says something else than that it waits for them.");
            return;
        }

        if (traits.IssueReplay is IssueReplay.ReadBack)
        {
            run.Judge(trait, await run.RecoverAsync(ticket) is RecoverOutcome.Issued found && Same(found.Result, first), "The issue was read back with its value.", "The issue could not be read back with its value.");
            return;
        }

        var outcome = await run.TryIssueAsync(ticket);
        if (traits.IssueReplay is IssueReplay.ReissueForbidden)
        {
            run.Judge(trait, outcome is IssueOutcome.Rejected, "A repeat was rejected.", $"A repeat came to {ContractRun.Name(outcome)} and not to Rejected.");
            return;
        }

        if (outcome is IssueOutcome.NoCapacity or IssueOutcome.Rejected && traits.IssueReplay is IssueReplay.None)
        {
            run.DoesNotApply("The vendor took no second issue.");
            return;
        }

        if (outcome is IssueOutcome.Pending pending) outcome = await run.AwaitAsync(ticket, pending);
        if (outcome is not IssueOutcome.Issued second) throw new ContractBrokenException($"A repeat came to {ContractRun.Name(outcome)}.");
        run.Settle();
        run.Demand(bench.Accepts(second.Value), "What the repeat gave is not accepted.");
        switch (traits.IssueReplay)
        {
            case IssueReplay.IdempotencyKey when traits.IssueReplayWindow is { } window:
                run.Judge(trait, Same(first, second), "A repeat gave the same credential again.", "A repeat with the same token made another credential.");
                // What the activation took is part of the window.
                bench.Pass(window - traits.ActivationDelayMax - (3 * ContractRun.Moment));
                run.Judge(nameof(ProviderTraits.IssueReplayWindow), await run.TryIssueAsync(ticket) is IssueOutcome.Issued last && Same(first, last), "A repeat at the end of the window gave the same credential.", "A repeat within the stated window made another credential.");
                break;
            case IssueReplay.SameMaterial:
                run.Judge(trait, Same(first, second), "A repeat set the same value again.", "A repeat set another value.");
                break;
            case IssueReplay.ReissueCancelsPending:
                run.Judge(trait, !bench.Accepts(first.Value), "A repeat ended what the first had made.", "What the first had made lives on beside the repeat's.");
                break;
            case IssueReplay.ReissueOrphanExpires when traits.OldLife is { } life:
                run.Demand(!Same(first, second), "A repeat gave the same value although it is said to make another.");
                bench.Pass(life + traits.RetireDelayMax + ContractRun.Moment);
                run.Judge(trait, !bench.Accepts(first.Value), "What the first had made ended by the timer.", "What the first had made lives on: no timer ended it.");
                break;
            default:
                run.Judge(trait, !Same(first, second), "A repeat made another credential.", "A repeat gave the same credential: state how, so that a lost answer can be found again.");
                break;
        }
    }

    private static bool Same(IssueOutcome.Issued one, IssueOutcome.Issued other) => one.Value.RevealToRemote() == other.Value.RevealToRemote();
}
