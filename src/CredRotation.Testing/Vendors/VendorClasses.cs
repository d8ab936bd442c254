using System.Diagnostics.CodeAnalysis;
using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>Every class of vendor that the provider survey found, by its stable name.</summary>
public static class VendorClasses
{
    /// <summary>How long an old credential lives where a timer ends it.</summary>
    public static readonly TimeSpan OldLife = TimeSpan.FromHours(24);

    private static readonly ProviderTraits UntilRetired = new()
    {
        Topology = Topology.Overlap,
        IssueReplay = IssueReplay.None,
        OldValidity = OldValidity.UntilRetired,
        RetireBy = RetireBy.Id,
        CanList = true,
        ActivationDelayMax = TimeSpan.FromMinutes(2),
    };

    private static readonly ProviderTraits OnTimer = UntilRetired with
    {
        IssueReplay = IssueReplay.ReissueOrphanExpires,
        OldValidity = OldValidity.Timer,
        OldLife = OldLife,
        RetireBy = RetireBy.TimerOnly,
        CanList = false,
    };

    private static readonly ProviderTraits Pair = UntilRetired with { Topology = Topology.Pair, CanList = false, Slots = 2 };

    private static readonly ProviderTraits InPlace = OnTimer with { Topology = Topology.InPlace, OldValidity = OldValidity.Immediate, OldLife = null };

    /// <summary>A portal without any call: a person makes the credential there and hands it in, and ends the old one there.</summary>
    public static VendorClass HandedIn { get; } = new("person-hands-in", UntilRetired with { IssueReplay = IssueReplay.ReadBack, RetireBy = RetireBy.Human, CanList = false, HandedIn = true })
    {
        IssueWaitsFor = "1. Make a second key in the portal. 2. Hand it in here.",
        RetireWaitsFor = "a person who deletes it in the portal",
        ActivationDelay = TimeSpan.FromSeconds(20),
    };

    /// <summary>In the order of the survey: overlap until retired, overlap on a timer, pairs, in place, people.</summary>
    public static IReadOnlyList<VendorClass> All { get; } =
    [
        new("overlap-list", UntilRetired) { ActivationDelay = TimeSpan.FromSeconds(20) },
        new("overlap-list-lagging", UntilRetired with { ListSettle = TimeSpan.FromMinutes(2) }) { ListLag = TimeSpan.FromSeconds(90) },
        new("overlap-list-ids-only", UntilRetired with { ListShowsMarker = false }),
        new("overlap-idempotent", UntilRetired with { IssueReplay = IssueReplay.IdempotencyKey, IssueReplayWindow = TimeSpan.FromHours(24) }),
        new("overlap-read-back", UntilRetired with { IssueReplay = IssueReplay.ReadBack }),
        new("overlap-caller-made", UntilRetired with { SecretOrigin = SecretOrigin.Caller, IssueReplay = IssueReplay.SameMaterial }),
        new("overlap-key-pair", UntilRetired with { SecretOrigin = SecretOrigin.CallerKeyPair, IssueReplay = IssueReplay.SameMaterial }),
        new("overlap-no-list", UntilRetired with { RetireBy = RetireBy.SecretValue, CanList = false }) { ShowsHandle = false },
        new("overlap-two-slots", UntilRetired with { Slots = 2 }),
        new("overlap-disable-delete", UntilRetired with { RetireBy = RetireBy.DisableThenDelete }),
        new("timer-issue", OnTimer) { ShowsHandle = false, ActivationDelay = TimeSpan.FromSeconds(40) },
        new("timer-issue-idempotent", OnTimer with { IssueReplay = IssueReplay.IdempotencyKey, IssueReplayWindow = TimeSpan.FromHours(24) }),
        new("timer-issue-list", OnTimer with { IssueReplay = IssueReplay.None, RetireBy = RetireBy.Id, CanList = true }),
        new("timer-first-use", OnTimer with { ClockStart = ClockStart.FirstUse, IssueReplay = IssueReplay.ReissueCancelsPending, ProbeStartsClock = true, CanList = true }),
        new("timer-approval", OnTimer with { ClockStart = ClockStart.Approval, IssueReplay = IssueReplay.ReadBack }) { IssueWaitsFor = "an approval at the vendor" },
        new("pair-caller-made", Pair with { SecretOrigin = SecretOrigin.Caller, IssueReplay = IssueReplay.SameMaterial }),
        new("pair-provider-made", Pair with { IssueReplay = IssueReplay.ReissueCancelsPending }),
        new("pair-promote", Pair with { IssueReplay = IssueReplay.ReissueCancelsPending, RetireBy = RetireBy.Promote }),
        new("in-place-caller-made", InPlace with { SecretOrigin = SecretOrigin.Caller, IssueReplay = IssueReplay.SameMaterial }) { ShowsHandle = false },
        new("in-place-provider-made", InPlace with { IssueReplay = IssueReplay.ReissueCancelsPending }),
        new("person-no-api", UntilRetired with { IssueReplay = IssueReplay.ReadBack, RetireBy = RetireBy.Human, CanList = false }) { IssueWaitsFor = "a person who makes it in the portal", RetireWaitsFor = "a person who disables it in the portal" },
        new("person-approval", UntilRetired with { IssueReplay = IssueReplay.ReadBack }) { IssueWaitsFor = "an approval at the vendor" },
        new("person-presence", UntilRetired with { IssueReplay = IssueReplay.ReadBack }) { IssueWaitsFor = "a person with a second factor", RetireWaitsFor = "a person with a second factor" },
        HandedIn,
    ];

    public static VendorClass Find(string name) => TryFind(name, out var found) ? found : throw new ArgumentException($"There is no class of vendor called '{name}'.", nameof(name));

    public static bool TryFind(string name, [NotNullWhen(true)] out VendorClass? found)
        => (found = All.FirstOrDefault(vendor => vendor.Name == name)) is not null;
}
