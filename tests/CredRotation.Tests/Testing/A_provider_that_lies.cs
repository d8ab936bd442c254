using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Testing;

/// <summary>One lie at a time: each is named in the report, by its trait or by the check that met it.</summary>
public sealed class A_provider_that_lies
{
    private static readonly IReadOnlyList<Lie> All =
    [
        // Traits that are stated otherwise than the vendor behaves.
        States("Topology", "overlap-list", traits => traits with { Topology = Topology.Pair, Slots = 2 }),
        States("Topology", "pair-provider-made", traits => traits with { Topology = Topology.Overlap, Slots = null, IssueReplay = IssueReplay.None }),
        States("Topology", "in-place-provider-made", traits => traits with { Topology = Topology.Overlap, OldValidity = OldValidity.UntilRetired }),
        States("Topology", "overlap-caller-made", traits => traits with { Topology = Topology.InPlace, OldValidity = OldValidity.Immediate }),
        new("SecretOrigin", "overlap-list", (provider, _) => new LyingProvider(provider) { States = traits => traits with { SecretOrigin = SecretOrigin.Caller }, Hears = ticket => ticket with { Material = null } }),
        States("IssueReplay", "overlap-list", traits => traits with { IssueReplay = IssueReplay.IdempotencyKey, IssueReplayWindow = TimeSpan.FromHours(1) }),
        States("IssueReplay", "overlap-list", traits => traits with { IssueReplay = IssueReplay.ReadBack }),
        States("IssueReplay", "overlap-list", traits => traits with { IssueReplay = IssueReplay.ReissueCancelsPending }),
        States("IssueReplay", "overlap-list", traits => traits with { IssueReplay = IssueReplay.ReissueForbidden }),
        States("IssueReplay", "overlap-idempotent", traits => traits with { IssueReplay = IssueReplay.None, IssueReplayWindow = null }),
        States("IssueReplayWindow", "overlap-idempotent", traits => traits with { IssueReplayWindow = TimeSpan.FromDays(3) }),
        States("OldValidity", "timer-issue-list", traits => traits with { OldValidity = OldValidity.UntilRetired, OldLife = null }),
        States("OldValidity", "timer-first-use", traits => traits with { OldValidity = OldValidity.UntilRetired, OldLife = null }),
        States("OldLife", "overlap-list", traits => traits with { OldValidity = OldValidity.Timer, OldLife = TimeSpan.FromHours(24) }),
        States("OldLife", "timer-issue", traits => traits with { OldLife = TimeSpan.FromDays(3) }),
        States("OldLife", "timer-issue-list", traits => traits with { OldLife = TimeSpan.FromHours(1) }),
        States("ClockStart", "timer-first-use", traits => traits with { ClockStart = ClockStart.Issue }),
        States("ClockStart", "timer-issue-list", traits => traits with { ClockStart = ClockStart.FirstUse, ProbeStartsClock = true }),
        new("RetireBy", "overlap-list", (provider, _) => new LyingProvider(provider) { Retires = _ => new RetireOutcome.Retired() }),
        new("RetireBy", "overlap-list", (provider, _) => new LyingProvider(provider) { Retires = _ => new RetireOutcome.AlreadyGone() }),
        new("RetireBy", "overlap-list", (provider, _) => new LyingProvider(provider) { Retires = _ => new RetireOutcome.Pending("nobody", TimeSpan.FromMinutes(1)) }),
        States("RetireBy", "overlap-list", traits => traits with { RetireBy = RetireBy.TimerOnly }),
        States("RetireBy", "overlap-list", traits => traits with { RetireBy = RetireBy.SecretValue }),
        States("RetireBy", "overlap-no-list", traits => traits with { RetireBy = RetireBy.Id }),
        States("Slots", "overlap-two-slots", traits => traits with { Slots = 3 }),
        States("Slots", "overlap-list", traits => traits with { Slots = 2 }),
        new("CanList", "overlap-list", (provider, _) => new LyingProvider(provider) { Lists = listed => [.. listed!.Where(credential => credential.Marker is null)] }),
        new("CanList", "overlap-list", (provider, _) => new LyingProvider(provider) { Lists = _ => null }),
        States("CanList", "overlap-list", traits => traits with { CanList = false }),
        States("ListShowsMarker", "overlap-list-ids-only", traits => traits with { ListShowsMarker = true }),
        States("ListShowsMarker", "overlap-list", traits => traits with { ListShowsMarker = false }),
        States("ListSettle", "overlap-list-lagging", traits => traits with { ListSettle = TimeSpan.Zero }),
        States("ActivationDelayMax", "overlap-list", traits => traits with { ActivationDelayMax = TimeSpan.Zero }),
        new("RefusedProbesAllowed", "overlap-list", (provider, model) => LocksOut(provider, model)),
        new("ProbeStartsClock", "timer-first-use", (provider, model) => IdleProbe(provider, model)),

        // Outcomes that say otherwise than it was.
        new("ended-secret", "overlap-list", (provider, model) => new LyingProvider(provider) { Probes = (candidate, outcome) => outcome is ProbeOutcome.Refused && model.Find(candidate.Value) is { GoneOn: not null } ended ? new ProbeOutcome.Works(ended.Owner, null) : outcome }),
        new("wrong-secret", "overlap-list", (provider, model) => new LyingProvider(provider) { Probes = (candidate, outcome) => model.Find(candidate.Value) is null ? new ProbeOutcome.Works("Shop", null) : outcome }),
        new("wrong-secret", "timer-issue", (provider, _) => new LyingProvider(provider) { Probes = (_, outcome) => outcome is ProbeOutcome.Refused ? new ProbeOutcome.Unknown("?", null) : outcome }),
        new("issue", "overlap-list", (provider, _) => new LyingProvider(provider) { Probes = (_, outcome) => outcome is ProbeOutcome.Refused ? new ProbeOutcome.Works("Shop", null) : outcome }),
        new("identity", "overlap-list", (provider, _) => new LyingProvider(provider) { Probes = (_, outcome) => outcome is ProbeOutcome.Works { CredentialId: { } id } works ? works with { Identity = id } : outcome }),
        new("identity", "in-place-provider-made", (provider, _) => new LyingProvider(provider) { Probes = (_, outcome) => outcome is ProbeOutcome.Works { CredentialId: { } id } works ? works with { Identity = $"owner of {id}" } : outcome }),
        new("identity", "overlap-list", (provider, _) => new LyingProvider(provider) { Probes = (_, outcome) => outcome is ProbeOutcome.Works works ? works with { CredentialId = "the-one" } : outcome }),
        new("lost-answer-issue", "overlap-list", (provider, _) => new LyingProvider(provider) { LostIssue = new IssueOutcome.Rejected("timeout") }),
        new("lost-request-issue", "timer-issue", (provider, _) => new LyingProvider(provider) { LostIssue = new IssueOutcome.Throttled(TimeSpan.FromSeconds(1)) }),
        new("lost-answer-issue", "overlap-list", (provider, _) => new LyingProvider(provider) { Recovers = (_, _) => new RecoverOutcome.NotIssued() }),
        new("lost-answer-probe", "overlap-list", (provider, _) => new LyingProvider(provider) { LostProbe = new ProbeOutcome.Refused(null) }),
        new("lost-answer-list", "overlap-list", (provider, _) => new LyingProvider(provider) { LostListIsEmpty = true }),
        new("strangers", "overlap-list", (provider, _) => new LyingProvider(provider) { Recovers = (_, listed) => new RecoverOutcome.IssuedSecretLost([.. listed!.Select(credential => credential.Id)]) }),
        new("retire-twice", "overlap-list", (provider, _) => new LyingProvider(provider) { SaysRetired = outcome => outcome is RetireOutcome.AlreadyGone ? new RetireOutcome.Rejected("404") : outcome }),
        new("retire-unknown", "overlap-list", (provider, _) => new LyingProvider(provider) { SaysRetired = outcome => outcome is RetireOutcome.AlreadyGone ? new RetireOutcome.Unknown("404") : outcome }),
        new("retire", "overlap-list", (provider, model) => new LyingProvider(provider) { SaysRetired = outcome => EndsEverything(model, outcome) }),
        new("quota", "overlap-list", (provider, _) => new LyingProvider(provider) { Issues = outcome => outcome is IssueOutcome.NoCapacity full ? new IssueOutcome.Unknown(full.Code) : outcome }),
        new("throttled-issue", "overlap-list", (provider, _) => new LyingProvider(provider) { Issues = outcome => outcome is IssueOutcome.Throttled ? new IssueOutcome.Rejected("429") : outcome }),
        new("throttled-probe", "overlap-list", (provider, _) => new LyingProvider(provider) { Probes = (_, outcome) => outcome is ProbeOutcome.Throttled ? new ProbeOutcome.Refused(null) : outcome }),
        new("throttled-retire", "overlap-list", (provider, _) => new LyingProvider(provider) { SaysRetired = outcome => outcome is RetireOutcome.Throttled ? new RetireOutcome.Retired() : outcome }),
        new("management", "overlap-list", (provider, _) => new LyingProvider(provider) { Looks = _ => new TargetOutcome.Readable(null), Issues = outcome => outcome is IssueOutcome.Rejected ? new IssueOutcome.Unknown("401") : outcome }),
        new("management", "timer-issue", (provider, _) => new LyingProvider(provider) { Looks = _ => new TargetOutcome.Readable(null) }),
        new("issue", "overlap-list", (provider, _) => new LyingProvider(provider) { Issues = outcome => outcome is IssueOutcome.Issued issued ? issued with { Id = $"id-{issued.Value.RevealToRemote()}" } : outcome }),
    ];

    public static TheoryData<int, string> Lies
    {
        get
        {
            var data = new TheoryData<int, string>();
            foreach (var (lie, at) in All.Select((lie, at) => (lie, at))) data.Add(at, $"{lie.Named} on {lie.Class}");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task Is_named_in_the_report(int at, string name)
    {
        var lie = All[at];
        var report = await ProviderContract.RunAsync(_ => Task.FromResult<IProviderBench>(new VendorBench(VendorClasses.Find(lie.Class), lie.Tell)), TestContext.Current.CancellationToken);

        Assert.False(report.IsKept, $"{name} was not noticed.");
        Assert.True(report.Contradicted.Any(trait => trait.Trait == lie.Named) || report.Failed.Any(check => check.Check == lie.Named), $"{name}: {report}");
    }

    private static Lie States(string named, string vendor, Func<ProviderTraits, ProviderTraits> states) => new(named, vendor, (provider, _) => new LyingProvider(provider) { States = states });

    /// <summary>States that twenty refused probes are harmless, and is locked after five.</summary>
    private static LyingProvider LocksOut(ICredentialProvider provider, VendorModel model)
    {
        var refused = 0;
        return new LyingProvider(provider)
        {
            Probes = (_, outcome) =>
            {
                if (outcome is ProbeOutcome.Refused && ++refused == 5) EndAll(model);
                return outcome;
            },
        };
    }

    private static RetireOutcome EndsEverything(VendorModel model, RetireOutcome outcome)
    {
        if (outcome is RetireOutcome.Retired) EndAll(model);
        return outcome;
    }

    private static void EndAll(VendorModel model)
    {
        foreach (var credential in model.Credentials) model.End(credential.Id);
    }

    /// <summary>Its probe looks without using, although it states that a probe is a use.</summary>
    private static LyingProvider IdleProbe(ICredentialProvider provider, VendorModel model)
        => new(provider) { Instead = value => model.Find(value) is { } found && model.Accepts(value) ? new ProbeOutcome.Works(found.Owner, null) { CredentialId = found.Id } : new ProbeOutcome.Refused(null) };

    /// <param name="Named">The trait or the check that the report must name.</param>
    private sealed record Lie(string Named, string Class, Func<ICredentialProvider, VendorModel, ICredentialProvider> Tell);
}
