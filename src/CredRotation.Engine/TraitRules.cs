namespace CredRotation.Engine;

/// <summary>Combinations of traits that could not be rotated safely: small rules, each with the fault and the remedy in words. All may speak.</summary>
internal static class TraitRules
{
    private static readonly IReadOnlyList<(Func<ProviderTraits, bool> IsUnsafe, string Fault)> Rules =
    [
        (traits => traits is { Topology: Topology.InPlace, SelfManaged: true },
            "replaces a credential in place with that very credential: one lost answer locks everybody out. Name a separate management credential in Secrets, or leave it to people."),
        (traits => traits.Topology is Topology.InPlace != (traits.OldValidity is OldValidity.Immediate),
            "states a topology and an old validity that contradict each other: in place means that the old credential ends at once, and nothing else does. Correct the traits in the provider's file."),
        (traits => traits is { Topology: Topology.Pair, OldValidity: not OldValidity.UntilRetired },
            "states a pair whose old slot ends by itself. A pair's old slot lives until it is written again. Correct the traits in the provider's file."),
        (traits => traits is { OldValidity: OldValidity.Timer, OldLife: null },
            "ends the old credential by a timer and does not say after how long. State OldLife in the provider's file."),
        (traits => traits is { OldValidity: not OldValidity.Timer, OldLife: not null },
            "states how long the old credential lives although no timer ends it. Remove OldLife from the provider's file."),
        (traits => traits is { OldValidity: OldValidity.UntilRetired, RetireBy: RetireBy.TimerOnly },
            "lets old and new live until the old one is retired and states no way to retire it. State RetireBy in the provider's file."),
        (traits => traits is { IssueReplay: IssueReplay.ReissueOrphanExpires, OldValidity: not OldValidity.Timer },
            "states that what a lost answer made dies by a timer, and that there is no timer. Correct IssueReplay in the provider's file."),
        (traits => traits is { IssueReplay: IssueReplay.IdempotencyKey, IssueReplayWindow: null },
            "repeats an issue by an idempotency key and does not say for how long the key is remembered. State IssueReplayWindow in the provider's file."),
        (traits => traits is { IssueReplay: IssueReplay.SameMaterial, SecretOrigin: SecretOrigin.Provider },
            "states that a repeat sets the same value again, and that the provider makes the value. Correct SecretOrigin or IssueReplay in the provider's file."),
        (traits => traits is { SecretOrigin: not SecretOrigin.Provider, IssueReplay: not (IssueReplay.SameMaterial or IssueReplay.ReadBack or IssueReplay.IdempotencyKey) },
            "takes a value that the caller makes, and a repeat does not set the same one again. State IssueReplay SameMaterial in the provider's file."),
        (traits => traits is { Topology: not Topology.Overlap, IssueReplay: IssueReplay.None },
            "writes over what lives and cannot say what a repeat does. State IssueReplay in the provider's file."),
        (traits => traits is { OldValidity: OldValidity.Timer, IssueReplay: IssueReplay.None, CanList: false },
            "ends the old credential by a timer, and after a lost answer the new one could neither be found nor issued again. State IssueReplay or List in the provider's file."),
        (traits => traits is { ClockStart: ClockStart.FirstUse, OldValidity: OldValidity.Timer, ProbeStartsClock: false },
            "starts its timer at the first use, and states that a probe is no use. State ProbeStartsClock in the provider's file."),
        (traits => traits is { HandedIn: true, SecretOrigin: not SecretOrigin.Provider } or { HandedIn: true, IssueReplay: not IssueReplay.ReadBack },
            "lets a person hand in what the provider made, and states that it is made or repeated by a call. State SecretOrigin Provider and IssueReplay ReadBack in the provider's file."),
        (traits => traits is { RetireBy: RetireBy.SecretValue, OldValidity: not OldValidity.UntilRetired },
            "retires by value a credential that ends by itself. State RetireBy TimerOnly in the provider's file."),
    ];

    public static IEnumerable<string> Faults(ProviderTraits traits) => Rules.Where(rule => rule.IsUnsafe(traits)).Select(rule => rule.Fault);
}
