using CredRotation.Engine;

namespace CredRotation.Pages.Rotations;

/// <summary>Every reason to wait, as a question to a person.</summary>
public static class HoldWords
{
    public static string Question(HoldReason reason) => reason switch
    {
        HoldReason.ApprovalNeeded => "May this rotation go ahead?",
        HoldReason.OwnersMissing => "Who answers for this credential? Its owner group has nobody left.",
        HoldReason.DirectoryCannotSee => "We may not see the owner group. Can the permission be granted?",
        HoldReason.ConsumerSilentBeforeIssue => "A consumer did not answer. Is it well? Nothing was issued.",
        HoldReason.NoConsumer => "No consumer is named. Does anything still use the old credential?",
        HoldReason.IssueRejected => "The provider refused to issue. What should happen?",
        HoldReason.NewCredentialRefused => "The new credential was refused when we tried it. Consumers never saw it.",
        HoldReason.WrongIdentity => "The new credential belongs to somebody else at the provider. Consumers never saw it.",
        HoldReason.ProbeForbidden => "The new credential lives but may not read who it is. Is that as intended?",
        HoldReason.OldCredentialRefused => "The credential in use is refused already. What should happen?",
        HoldReason.ChangedByHand => "Somebody set this secret while it was being rotated. Whose value stands?",
        HoldReason.ConsumerSilent => "A consumer has not shown that it runs the new version. Is it well?",
        HoldReason.OldStillAlive => "The old credential is still accepted after its end. What should happen?",
        HoldReason.TooManyFailures => "A step kept failing. Try again, or give up?",
        HoldReason.IssuePending => "The new credential is somebody's turn at the provider. Is it being seen to?",
        HoldReason.OldUnknown => "Which credential is the old one at the provider? Nothing is retired before that is known.",
        HoldReason.ProviderApprovalNeeded => "Has the provider approved a new credential?",
        HoldReason.OutsideWindow => "No change window opens in time. May it go on now?",
        HoldReason.ClockDisagrees => "Our clock and a remote's differ. Which one is wrong?",
        HoldReason.ConsumerFailing => "A consumer says that the new credential does not work for it. What should happen?",
        HoldReason.OldStillRead => "Somebody still runs or reads the old credential. May it be retired all the same?",
        _ => "A person is needed here.",
    };
}
