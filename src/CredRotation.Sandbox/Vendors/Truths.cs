using System.Globalization;
using CredRotation.Engine;

namespace CredRotation.Sandbox.Vendors;

/// <summary>How most vendors behave; each surface says where it differs.</summary>
internal static class Truths
{
    private static int s_calls;

    public static ProviderTraits UntilRetired { get; } = new()
    {
        Topology = Topology.Overlap,
        IssueReplay = IssueReplay.None,
        OldValidity = OldValidity.UntilRetired,
        RetireBy = RetireBy.Id,
        CanList = true,
    };

    public static ProviderTraits OnTimer { get; } = UntilRetired with
    {
        IssueReplay = IssueReplay.ReissueOrphanExpires,
        OldValidity = OldValidity.Timer,
        RetireBy = RetireBy.TimerOnly,
        CanList = false,
    };

    public static ProviderTraits InPlace { get; } = UntilRetired with
    {
        Topology = Topology.InPlace,
        IssueReplay = IssueReplay.ReissueCancelsPending,
        OldValidity = OldValidity.Immediate,
        RetireBy = RetireBy.TimerOnly,
        CanList = false,
    };

    /// <summary>A token that no other call has: without an idempotency key nothing is remembered.</summary>
    public static string Once(VendorCall call) => string.Create(CultureInfo.InvariantCulture, $"{call.Path}/{Interlocked.Increment(ref s_calls)}");
}
