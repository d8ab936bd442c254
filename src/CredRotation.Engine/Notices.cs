using CredRotation.Engine.Authorize;
using System.Globalization;

namespace CredRotation.Engine;

/// <summary>What people are told, in plain words: what happened, what still works, what to do next.</summary>
internal static class Notices
{
    public static Notice Held(Rotation rotation)
    {
        var hold = rotation.Hold ?? throw new System.Diagnostics.UnreachableException("A hold notice without a hold.");
        return new Notice(NoticeKind.Hold, rotation.AnswerableGroup ?? rotation.Plan.Binding.OwnerGroup,
            $"{rotation.Plan.Secret.Name} waits for you",
            hold.Detail,
            WhatStillWorks(rotation),
            hold.Choices.Count == 0 ? "Open the page: it shows what was tried." : "Open the page and choose.",
            [.. Facts(rotation), .. hold.Reason is HoldReason.ProviderApprovalNeeded ? ProviderRequest.Facts(rotation.Plan) : [], .. hold.Deadline is { } end ? [new NoticeFact("Answer before", EngineTime.Text(end))] : Array.Empty<NoticeFact>()],
            [.. hold.Choices.Select(choice => $"{choice.Name}: {choice.Meaning}")],
            Page(rotation));
    }

    public static Notice Opened(Rotation rotation, Incident incident)
        => new(NoticeKind.Incident, rotation.AnswerableGroup ?? rotation.Plan.Binding.OwnerGroup,
            $"Incident: {rotation.Plan.Secret.Name}", incident.Detail, WhatStillWorks(rotation), "Open the page now: somebody must decide.", Facts(rotation), [], Page(rotation));

    public static Notice Escalated(Rotation rotation, Escalation escalation, string? leadership)
        => new(NoticeKind.Escalation, leadership, $"{rotation.Plan.Secret.Name}: its owners do not answer", escalation.Detail, WhatStillWorks(rotation),
            "Reach the owners, or put people into the owner group. The page shows who is asked and what they may choose.",
            [.. Facts(rotation), new NoticeFact("Owner group", rotation.Plan.Binding.OwnerGroup)], [], Page(rotation));

    public static Notice Done(Rotation rotation, Registry.ChainHead chain)
    {
        var (title, happened) = rotation.State switch
        {
            RotationState.Retired => ($"{rotation.Plan.Secret.Name} was rotated", $"Every consumer runs the new credential, and the old one has ended ({rotation.RetireProof?.TrimEnd('.')})."),
            RotationState.RolledBack => ($"{rotation.Plan.Secret.Name} was rolled back", "The promotion was taken back by a person."),
            RotationState.Abandoned => ($"{rotation.Plan.Secret.Name} was not rotated", "The rotation was rejected or given up."),
            _ => ($"{rotation.Plan.Secret.Name}: rotation superseded", "The secret was changed before anything was issued."),
        };
        var suspects = rotation.Suspects.Select(suspect => new NoticeFact("Possibly alive", $"{suspect.Marker}, ends {(suspect.EndsOn is { } end ? EngineTime.Text(end) : "by no timer: check at the provider")}"));
        return new Notice(NoticeKind.Done, rotation.AnswerableGroup ?? rotation.Plan.Binding.OwnerGroup, title, happened, WhatStillWorks(rotation),
            rotation.Suspects.Any(suspect => suspect.EndsOn is null) ? "Check the listed keys at the provider." : "Nothing.", [.. Facts(rotation), .. suspects, new NoticeFact("Chain head", string.Create(CultureInfo.InvariantCulture, $"{chain.Sequence}:{chain.Hash}"))], [], Page(rotation));
    }

    /// <summary>Only what is so in this state: a hold after promotion must not claim that nothing was issued.</summary>
    private static string WhatStillWorks(Rotation rotation) => rotation.State switch
    {
        RotationState.Detected or RotationState.Authorized when rotation.LiveCredential is LiveCredential.Refused => "Nothing that uses this credential: the provider refuses it. Nothing was issued yet.",
        RotationState.Detected or RotationState.Authorized when rotation.Attempts.Count == 0 => $"Everything: nothing was issued. The current credential expires {Until(rotation.Plan.OldExpiresOn)}.",
        RotationState.Authorized or RotationState.IssueSent or RotationState.Issued or RotationState.VerifySent or RotationState.Verified or RotationState.PromoteSent or RotationState.Promoted when rotation.Plan.Traits.OldValidity is OldValidity.Immediate
            => "Consumers that have reloaded. In place the old credential ended when the new one was issued.",
        RotationState.Authorized or RotationState.IssueSent or RotationState.Issued or RotationState.VerifySent or RotationState.Verified or RotationState.PromoteSent
            => $"Consumers run the old credential; it {Lives(rotation)}.",
        RotationState.Promoted => $"The new credential is in the vault. Consumers that have not reloaded run the old one; it {Lives(rotation)}.",
        RotationState.Reloaded or RotationState.RetireSent or RotationState.Retired => "Consumers run the new credential.",
        RotationState.RolledBack => "The restored version is current.",
        _ => $"The current credential stays; it expires {Until(rotation.Plan.OldExpiresOn)}.",
    };

    private static string Lives(Rotation rotation) => rotation.Plan.Traits.OldValidity is OldValidity.UntilRetired ? "lives until it is retired" : $"ends {Until(rotation.OldEndsOn)}";

    private static string Until(DateTimeOffset? end) => end is { } known ? EngineTime.Text(known) : "at no known time";

    private static NoticeFact[] Facts(Rotation rotation) =>
    [
        new("Vault", rotation.Plan.Secret.VaultHost),
        new("Account and target", $"{rotation.Plan.Binding.Account} / {rotation.Plan.Binding.Target}"),
        new("Got as far as", rotation.State.ToString()),
        new("Rotation", rotation.Id.Value),
    ];

    private static string Page(Rotation rotation) => $"/api/pages/rotation/{rotation.Id.Value}";
}
