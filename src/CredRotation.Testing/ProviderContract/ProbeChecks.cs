using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>A probe tells what works from what does not, and whose it is: the same owner for old and new, never the credential itself.</summary>
internal static class ProbeChecks
{
    /// <summary>More would not show more.</summary>
    private const int RefusedMax = 20;

    public static readonly IReadOnlyList<(string Name, Func<ContractRun, Task> Check)> All =
    [
        ("identity", IdentityAsync),
        ("wrong-secret", WrongAsync),
        ("ended-secret", EndedAsync),
        ("refused-probes", RefusedAsync),
    ];

    private static async Task IdentityAsync(ContractRun run)
    {
        var before = await WorksAsync(run, run.Bench.Current, "the old credential");
        var issued = await run.IssueAsync();
        run.Settle();
        var after = await WorksAsync(run, issued.Value, "the new credential");
        run.Demand(before.Identity == after.Identity, "Old and new are of one owner, and the probe shows two identities.");
        foreach (var handle in new[] { before.CredentialId, after.CredentialId, issued.Id }.OfType<string>())
            run.Demand(handle != after.Identity, "The identity is the credential's own handle; it is to be its owner.");
        if (issued.Id is { } id && after.CredentialId is { } shown) run.Demand(id == shown, "The issue names another handle than a probe with the same credential.");
        if (run.Traits.Topology is not Topology.InPlace && before.CredentialId is { } old) run.Demand(old != after.CredentialId, "Old and new show one and the same handle: a retirement could not tell them apart.");
        if (before.Identity is null) run.DoesNotApply("The probe shows no identity.");
    }

    private static async Task<ProbeOutcome.Works> WorksAsync(ContractRun run, SecretText value, string whose)
        => await run.ProbeAsync(value) is var outcome && outcome is ProbeOutcome.Works works ? works : throw new ContractBrokenException($"A probe with {whose} came to {ContractRun.Name(outcome)}.");

    private static async Task WrongAsync(ContractRun run)
    {
        if (run.Traits.RefusedProbesAllowed == 0)
        {
            run.DoesNotApply("No refused probe is harmless.");
            return;
        }

        var outcome = await run.ProbeAsync(run.Bench.NeverGiven);
        run.Demand(outcome is ProbeOutcome.Refused, $"A probe with a value that nobody was given came to {ContractRun.Name(outcome)}; it is Refused.");
    }

    /// <summary>What the vendor no longer accepts must be seen to be refused: the end of the old credential is proven by it.</summary>
    private static async Task EndedAsync(ContractRun run)
    {
        var (bench, traits) = (run.Bench, run.Traits);
        var (ended, lives) = (bench.Current, bench.Current);
        if (traits.RetireBy is RetireBy.TimerOnly || traits.OldValidity is not OldValidity.UntilRetired)
        {
            lives = (await run.IssueAsync()).Value;
            run.Settle();
            await run.ProbeAsync(lives);
            bench.Pass((traits.OldLife ?? TimeSpan.Zero) + traits.RetireDelayMax + ContractRun.Moment);
        }
        else if (await RetireChecks.PrepareAsync(run) is { } prepared)
        {
            if (await run.RetireAsync(prepared.Ticket) is RetireOutcome.Pending) bench.DoErrands();
            bench.Pass(traits.RetireDelayMax + ContractRun.Moment);
            (ended, lives) = (prepared.Ends, prepared.Lives);
        }

        if (bench.Accepts(ended))
        {
            run.DoesNotApply("The old credential did not end, so that its refusal could not be seen.");
            return;
        }

        var outcome = await run.ProbeAsync(ended);
        run.Demand(outcome is ProbeOutcome.Refused, $"A probe with a credential that the vendor refuses came to {ContractRun.Name(outcome)}; it is Refused.");
        var control = await run.ProbeAsync(lives);
        run.Demand(control is ProbeOutcome.Works, $"A probe with the credential that lives came to {ContractRun.Name(control)}; it Works.");
    }

    private static async Task RefusedAsync(ContractRun run)
    {
        var times = Math.Min(run.Traits.RefusedProbesAllowed, RefusedMax);
        for (var n = 0; n < times; n++) await run.ProbeAsync(run.Bench.NeverGiven);
        run.Judge(nameof(ProviderTraits.RefusedProbesAllowed), run.Bench.Accepts(run.Bench.Current), $"{times} refused probes did no harm.", $"After {times} refused probes the vendor refuses the credential that consumers run.");
    }
}
