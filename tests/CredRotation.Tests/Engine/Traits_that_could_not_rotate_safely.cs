using CredRotation.Engine;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Engine;

public sealed class Traits_that_could_not_rotate_safely
{
    public static TheoryData<string, string, string> Wrong => new()
    {
        { "in place, managed by itself", "in-place-provider-made", "locks everybody out" },
        { "in place that lets the old one live", "in-place-provider-made", "contradict each other" },
        { "a pair on a timer", "pair-caller-made", "A pair's old slot lives" },
        { "a timer without a time", "timer-issue", "State OldLife" },
        { "a life without a timer", "overlap-list", "Remove OldLife" },
        { "no way to retire", "overlap-list", "State RetireBy" },
        { "an orphan that nothing ends", "overlap-list", "Correct IssueReplay" },
        { "a token without a window", "overlap-idempotent", "State IssueReplayWindow" },
        { "the same value, made by the provider", "overlap-list", "Correct SecretOrigin or IssueReplay" },
        { "a caller's value that a repeat replaces", "overlap-caller-made", "State IssueReplay SameMaterial" },
        { "in place without a word about repeats", "in-place-provider-made", "cannot say what a repeat does" },
        { "a timer, and nothing to recover by", "timer-issue", "neither be found nor issued again" },
        { "a first use that a probe is not", "timer-first-use", "State ProbeStartsClock" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Are_refused_at_start_with_fault_and_remedy(string what, string vendor, string words)
    {
        var honest = VendorClasses.Find(vendor);
        var traits = what switch
        {
            "in place, managed by itself" => honest.Traits with { SelfManaged = true },
            "in place that lets the old one live" => honest.Traits with { OldValidity = OldValidity.UntilRetired, RetireBy = RetireBy.Id },
            "a pair on a timer" => honest.Traits with { OldValidity = OldValidity.Timer, OldLife = TimeSpan.FromHours(24) },
            "a timer without a time" => honest.Traits with { OldLife = null },
            "a life without a timer" => honest.Traits with { OldLife = TimeSpan.FromHours(24) },
            "no way to retire" => honest.Traits with { RetireBy = RetireBy.TimerOnly },
            "an orphan that nothing ends" => honest.Traits with { IssueReplay = IssueReplay.ReissueOrphanExpires },
            "a token without a window" => honest.Traits with { IssueReplayWindow = null },
            "the same value, made by the provider" => honest.Traits with { IssueReplay = IssueReplay.SameMaterial },
            "a caller's value that a repeat replaces" => honest.Traits with { IssueReplay = IssueReplay.None },
            "in place without a word about repeats" => honest.Traits with { IssueReplay = IssueReplay.None },
            "a timer, and nothing to recover by" => honest.Traits with { IssueReplay = IssueReplay.None },
            "a first use that a probe is not" => honest.Traits with { ProbeStartsClock = false },
            _ => throw new ArgumentException(what, nameof(what)),
        };

        var refused = Assert.Throws<OptionsValidationException>(() => new VendorWorld(honest with { Traits = traits }).World.Host.Services.GetRequiredService<IOptions<RotationOptions>>().Value);

        var failure = Assert.Single(refused.Failures, failure => failure.Contains(words, StringComparison.Ordinal));
        Assert.StartsWith("Rotation:Accounts:", failure, StringComparison.Ordinal);
        Assert.Contains(":Provider ", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void That_leave_a_lost_credential_to_people_need_somebody_to_tell()
    {
        var refused = Assert.Throws<OptionsValidationException>(() => new VendorWorld(VendorClasses.Find("overlap-no-list"), new Dictionary<string, string?> { ["Rotation:FallbackGroup"] = null }).World.Host.Services.GetRequiredService<IOptions<RotationOptions>>().Value);

        Assert.Contains(refused.Failures, failure => failure.Contains("set Rotation:FallbackGroup", StringComparison.Ordinal));
    }
}
