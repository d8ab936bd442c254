using System.Text.Json.Nodes;
using CredRotation.Engine.Adopt;
using CredRotation.Engine.Bindings;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Releases;
using CredRotation.Engine.Reload;
using CredRotation.Engine.Rollbacks;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Authorize;

/// <summary>
/// Folds what people, consumers and events said into the visit, each re-authorized now. What does not count is refused into the ledger
/// with its reason; what cannot be judged yet stays in the inbox.
/// </summary>
internal sealed class InboxFold(CredentialRegistry registry, Answerable answerable, Leases leases, IOptions<RotationOptions> options, TimeProvider clock)
{
    private const string UnreadMessage = "newer-message";

    /// <summary>True when a full batch was folded: save it and fold on, more may wait.</summary>
    public async Task<bool> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (items, isSomethingUnread) = await registry.ReadInboxAsync(visit.Row.Id, cancellationToken);
        NoteUnread(visit, isSomethingUnread);
        foreach (var (row, item) in items)
        {
            // Counted by what is folded, not by what is read: what cannot be judged yet must not stand before what can.
            if (visit.Folded.Count >= CredentialRegistry.InboxMax) return true;
            var isFolded = item switch
            {
                InboxItem.Hint hint => Fold(visit, hint),
                InboxItem.Start start => Fold(visit, start),
                InboxItem.Acknowledge acknowledge => await FoldAsync(visit, acknowledge, cancellationToken),
                InboxItem.ReportFailure failure => Fold(visit, failure),
                InboxItem.Approve approve => await FoldAsync(visit, approve, cancellationToken),
                InboxItem.Reject reject => await FoldAsync(visit, reject, cancellationToken),
                InboxItem.HandIn handIn => await FoldAsync(visit, handIn, cancellationToken),
                InboxItem.Choose choose => await FoldAsync(visit, choose, cancellationToken),
                InboxItem.Consent consent => await FoldAsync(visit, consent, cancellationToken),
                InboxItem.Release release => await FoldAsync(visit, release, cancellationToken),
                InboxItem.AskRelease ask => Fold(visit, ask),
                InboxItem.Adopt adopt => await FoldAsync(visit, adopt, cancellationToken),
                InboxItem.Retagged retagged => Fold(visit, retagged),
                InboxItem.RollBack back => await FoldAsync(visit, back, cancellationToken),
                InboxItem.AcknowledgeReminder said => Fold(visit, said),
                _ => throw new System.Diagnostics.UnreachableException($"No meaning for {item.GetType().Name}."),
            };
            if (isFolded) visit.Folded.Add(row);
        }

        return false;
    }

    /// <summary>What a newer version was told waits for it and stops nobody; but who said it must not wait unheard.</summary>
    private void NoteUnread(Visit visit, bool isSomethingUnread)
    {
        var isKnown = visit.Row.Findings.Any(known => known.Code == UnreadMessage);
        if (isKnown == isSomethingUnread) return;

        visit.Row = visit.Row.Without(UnreadMessage);
        if (!isSomethingUnread) return;

        var unread = new Finding(UnreadMessage, "Something was said about this credential to a newer version of CredRotation, and this one cannot read it. It is left untouched. What this version is told counts as before.",
            NewerFormatException.Next, clock.GetUtcNow(), FindingSeverity.Warning);
        visit.Row = visit.Row.With(unread);
        visit.Notes.Add(LedgerNote.Ours("Finding", $"{unread.Detail} {unread.Remedy}", new JsonObject { ["code"] = unread.Code }));
    }

    private bool Fold(Visit visit, InboxItem.Hint hint)
    {
        visit.Signal ??= (hint.Source, hint.On);
        // Only what names the release may undo it.
        if (visit.Row.Released is not null) return true;
        if (hint.Finding is { } finding && visit.Row.Findings.All(known => known.Code != finding.Code))
        {
            visit.Row = visit.Row.With(finding);
            visit.Notes.Add(LedgerNote.Ours("Finding", $"{finding.Detail} {finding.Remedy}", new JsonObject { ["code"] = finding.Code }));
        }

        if (hint.Asked is { } asked) Fold(visit, asked, hint.On);
        if (hint.Seen is not { } seen || seen.SeenOn < visit.Row.Seen.SeenOn) return true;

        if (seen.Version != visit.Row.Seen.Version && seen.Version != visit.Open?.PromotedVersion)
        {
            var changed = new Finding("changed-by-hand", $"Version {seen.Version} was written by somebody else.", "Nothing needs doing if that was meant; the credential stays managed with its binding.", clock.GetUtcNow());
            visit.Row = visit.Row.With(changed);
            visit.Notes.Add(LedgerNote.Ours("Finding", $"{changed.Detail} {changed.Remedy}", new JsonObject { ["code"] = changed.Code, ["hasTags"] = seen.HasTags }));
        }

        visit.Row = visit.Row with { Seen = seen };
        return true;
    }

    /// <summary>What the tags ask for stands beside the binding until those who answer now consent. The binding itself again withdraws it.</summary>
    private static void Fold(Visit visit, Binding asked, DateTimeOffset on)
    {
        var row = visit.Row;
        if (row.Pending is { } known && (on < known.AskedOn || known.Binding.IsSame(asked))) return;
        if (asked.IsSame(row.Binding))
        {
            if (row.Pending is null) return;
            visit.Row = row with { Pending = null };
            visit.Notes.Add(LedgerNote.Ours("BindingChangeWithdrawn", "The tags ask for the present binding again."));
            return;
        }

        var change = BindingChange.Of(row, asked, on);
        visit.Row = row with { Pending = change };
        visit.Notes.Add(LedgerNote.Ours("BindingChangeAsked", "The tags ask for another binding; those who answer for the present one must consent.",
            new JsonObject { ["asked"] = JsonNode.Parse(EngineJson.Write(asked)), ["change"] = change.Hash }));
    }

    private static bool Fold(Visit visit, InboxItem.Start start)
    {
        if (visit.Open is null) visit.Wish = start;
        else visit.Notes.Add(new LedgerNote($"person:{start.PersonId}", "StartRefused", "A rotation is open already; it goes on."));
        return true;
    }

    private async Task<bool> FoldAsync(Visit visit, InboxItem.Acknowledge said, CancellationToken cancellationToken)
    {
        if (visit.Open is not { } rotation || rotation.Id != said.Rotation)
            return Refuse(visit, $"principal:{said.PrincipalId}", "AcknowledgementRefused", "It names a rotation that is not open.");
        // The consumer may be faster than our own record of the promotion.
        if (rotation.State is RotationState.PromoteSent or RotationState.Verified) return false;
        if (rotation.RunningVersion != said.Version)
            return Refuse(visit, $"principal:{said.PrincipalId}", "AcknowledgementRefused", "It names a version that this rotation did not promote.");

        if (ConsumerOf(rotation, said.PrincipalId) is not { } consumer)
            return Refuse(visit, $"principal:{said.PrincipalId}", "AcknowledgementRefused", "It does not come from the principal of a required consumer.");

        // What nobody named and holds no lease proves nothing, and would let a consumer fill the rotation's row.
        if (!consumer.Instances.Contains(said.Instance))
        {
            if (consumer.Instances.Count >= ConsumerProgress.InstancesMax || !(await leases.AliveAsync(visit.Row.Id, consumer.Alias, cancellationToken)).Contains(said.Instance))
                return Refuse(visit, $"consumer:{consumer.Alias}", "AcknowledgementRefused", $"Instance '{said.Instance}' was not named in the rehearsal and holds no lease.");
            consumer = consumer with { Instances = [.. consumer.Instances, said.Instance], IsVacant = false };
        }

        visit.Open = rotation with
        {
            WakeOn = clock.GetUtcNow(),
            Consumers = [.. rotation.Consumers.Select(known => known.Alias == consumer.Alias ? consumer.Proven(said.Instance, said.FirstSuccessOn) : known)],
        };
        visit.Notes.Add(new LedgerNote($"consumer:{consumer.Alias}", "Acknowledged", $"Instance {said.Instance} runs version {said.Version}.",
            new JsonObject { ["instance"] = said.Instance, ["version"] = said.Version, ["firstSuccessOn"] = EngineTime.Text(said.FirstSuccessOn) }));
        return true;
    }

    private bool Fold(Visit visit, InboxItem.ReportFailure said)
    {
        if (visit.Open is { } rotation && rotation.State is not (RotationState.PromoteSent or RotationState.Verified) && rotation.RunningVersion == said.Version)
        {
            if (ConsumerOf(rotation, said.PrincipalId) is not { } consumer)
                return Refuse(visit, $"principal:{said.PrincipalId}", "FailureReportRefused", "It does not come from the principal of a required consumer.");
            visit.Open = rotation with
            {
                WakeOn = clock.GetUtcNow(),
                Consumers = [.. rotation.Consumers.Select(known => known.Alias == consumer.Alias ? consumer.Failed(new ConsumerFailure(said.Instance, said.What, said.On)) : known)],
            };
            Note(consumer.Alias);
            return true;
        }

        // The consumer may be faster than our own record of the promotion.
        if (visit.Open is { State: RotationState.PromoteSent or RotationState.Verified }) return false;
        var alias = visit.Row.Binding.Consumers.FirstOrDefault(known => IsPrincipalOf(known, said.PrincipalId));
        if (alias is null) return Refuse(visit, $"principal:{said.PrincipalId}", "FailureReportRefused", "It does not come from the principal of a consumer of this credential.");
        Note(alias);
        // An older version that ended is no news.
        if (said.Version != visit.Row.Seen.Version || visit.Row.Released is not null) return true;
        var failing = new Finding("consumer-failing", $"{alias} (instance {said.Instance}) reports that the current version is {said.What}.",
            said.What == "refused" ? "Look at the credential at its provider. If it ended there, start a rotation." : "Check that the consumer's identity may read the secret.", clock.GetUtcNow(), FindingSeverity.Warning);
        visit.Row = visit.Row.With(failing);
        return true;

        void Note(string who) => visit.Notes.Add(new LedgerNote($"consumer:{who}", "ConsumerFailed", $"Instance {said.Instance} reports version {said.Version} as {said.What}.",
            new JsonObject { ["instance"] = said.Instance, ["version"] = said.Version, ["what"] = said.What }));
    }

    private ConsumerProgress? ConsumerOf(Rotation rotation, string principal) => rotation.Consumers.FirstOrDefault(consumer => IsPrincipalOf(consumer.Alias, principal));

    private bool IsPrincipalOf(string alias, string principal)
        => options.Value.Consumers.TryGetValue(alias, out var configured) && configured.Principal.Length > 0 && string.Equals(configured.Principal, principal, StringComparison.OrdinalIgnoreCase);

    private async Task<bool> FoldAsync(Visit visit, InboxItem.Approve said, CancellationToken cancellationToken)
    {
        var who = $"person:{said.PersonId}";
        if (visit.Open is not { } rotation || rotation.Id != said.Rotation || rotation.PlanHash != said.PlanHash)
            return Refuse(visit, who, "ApprovalRefused", "It names another plan than the open one.");
        if (string.Equals(rotation.Plan.StartedBy, said.PersonId, StringComparison.OrdinalIgnoreCase))
            return Refuse(visit, who, "ApprovalRefused", "Nobody approves what they started.");
        if (await IsOwnerAsync(visit, said.PersonId, cancellationToken) is not { } isOwner) return false;
        if (!isOwner) return Refuse(visit, who, "ApprovalRefused", "The person is not a current member of the answering group.");
        visit.Open = rotation with { Approvals = new Approval(said.PlanHash, said.PersonId, said.PersonName, said.On).Among(rotation.Approvals) };
        // Only who waits for it is woken: a wait for what may still land must not be cut short.
        if (rotation.Hold?.Reason is HoldReason.ApprovalNeeded) visit.Open = visit.Open with { WakeOn = clock.GetUtcNow() };
        visit.Notes.Add(new LedgerNote(who, "Approved", $"{said.PersonName} approved this plan.", new JsonObject { ["planHash"] = said.PlanHash }));
        return true;
    }

    private async Task<bool> FoldAsync(Visit visit, InboxItem.Consent said, CancellationToken cancellationToken)
    {
        var who = $"person:{said.PersonId}";
        if (visit.Row.Pending is not { } change || change.Hash != said.ChangeHash)
            return Refuse(visit, who, "ConsentRefused", "It names another change of the binding than the one that waits.");
        if (await IsOwnerAsync(visit, said.PersonId, cancellationToken) is not { } isOwner) return false;
        if (!isOwner) return Refuse(visit, who, "ConsentRefused", "The person is not a current member of the answering group.");

        visit.Row = visit.Row with { Pending = change with { Consents = new Approval(said.ChangeHash, said.PersonId, said.PersonName, said.On).Among(change.Consents) } };
        visit.Notes.Add(new LedgerNote(who, "Consented", $"{said.PersonName} consented to this change of the binding.", new JsonObject { ["change"] = said.ChangeHash }));
        return true;
    }

    private async Task<bool> FoldAsync(Visit visit, InboxItem.Release said, CancellationToken cancellationToken)
    {
        var who = $"person:{said.PersonId}";
        var row = visit.Row;
        if (row.Released is not null) return Refuse(visit, who, "ReleaseRefused", "It is released already.");
        if (visit.Open is not null) return Refuse(visit, who, "ReleaseRefused", "A rotation is open; what was begun under an adoption ends under it.");
        if (await IsOwnerAsync(visit, said.PersonId, cancellationToken) is not { } isOwner) return false;
        if (!isOwner) return Refuse(visit, who, "ReleaseRefused", "The person is not a current member of the answering group.");

        visit.Row = visit.Row with
        {
            Format = CredentialRow.CurrentFormat,
            Released = new ReleasedAdoption(said.PersonId, said.PersonName, said.Reason, clock.GetUtcNow(), row.Seen.Tags, AccountTarget.Of(row.Binding)),
            ReleaseAsked = null,
            Pending = null,
        };
        visit.Notes.Add(new LedgerNote(who, "Released", $"{said.PersonName} released it: {said.Reason}",
            new JsonObject { ["account"] = row.Binding.Account, ["target"] = row.Binding.Target, ["ownerGroup"] = row.Binding.OwnerGroup, ["asked"] = row.ReleaseAsked is { } asked ? $"person:{asked.PersonId}" : null }));
        return true;
    }

    /// <summary>An operator's wish is only kept: whoever may make it said so by a role, and it decides nothing.</summary>
    private bool Fold(Visit visit, InboxItem.AskRelease said)
    {
        var who = $"person:{said.PersonId}";
        var now = clock.GetUtcNow();
        if (visit.Row.Released is not null) return Refuse(visit, who, "ReleaseAskRefused", "It is released already.");
        if (visit.Row.ReleaseAsked is { } asked && !asked.IsOver(now)) return Refuse(visit, who, "ReleaseAskRefused", $"{asked.PersonName} asked already; the owners have until {EngineTime.Text(asked.EndsOn)}.");

        var policy = options.Value.Policies.GetValueOrDefault(visit.Row.Binding.Policy) ?? new PolicyOptions();
        visit.Row = visit.Row with { ReleaseAsked = new ReleaseRequest(said.PersonId, said.PersonName, said.Reason, now, now + policy.ApprovalMax) };
        visit.Notes.Add(new LedgerNote(who, "ReleaseAsked", $"{said.PersonName} asks the owners to release it: {said.Reason}"));
        return true;
    }

    private static bool Fold(Visit visit, InboxItem.AcknowledgeReminder said)
    {
        visit.Notes.Add(new LedgerNote($"person:{said.PersonId}", "ReminderAcknowledged", $"{said.PersonName} takes on what the reminder of its end said.", new JsonObject { ["version"] = said.Version, ["rung"] = said.Rung }));
        return true;
    }

    private static bool Fold(Visit visit, InboxItem.Retagged said)
    {
        // It names another release, or none is any more: the tags were judged since.
        if (visit.Row.Released is not { } released || released.On != said.ReleasedOn) return true;

        if (said.Asked is not null) visit.Retagged = said;
        else visit.Row = visit.Row with { Released = released with { Tags = said.Seen.Tags }, Seen = said.Seen };
        return true;
    }

    /// <summary>Which credential consumers run is only a help for the first rotation: what the ledger knows from a promotion stands above it.</summary>
    private async Task<bool> FoldAsync(Visit visit, InboxItem.Adopt said, CancellationToken cancellationToken)
    {
        var who = $"person:{said.PersonId}";
        // What a probe shows needs nobody's word; what a person picked will be ended, so an owner must have picked it.
        if (said is { How: CurrentFound.Picked, Current: not null })
        {
            if (await IsOwnerAsync(visit, said.PersonId, cancellationToken) is not { } isOwner) return false;
            if (!isOwner) return Refuse(visit, who, "AdoptionPickRefused", "Only a current member of the answering group may say which credential consumers run. It stays adopted; a person retires the old one.");
        }

        if (visit.Row is { HasRotated: false, IsOpen: false } && said.Current is { } current) visit.Row = visit.Row with { Known = current };
        visit.Notes.Add(new LedgerNote(who, "AdoptedByPerson", $"{said.PersonName} had it adopted.", new JsonObject { ["found"] = said.How.ToString(), ["providerId"] = said.Current?.ProviderId }));
        return true;
    }

    private async Task<bool> FoldAsync(Visit visit, InboxItem.Reject said, CancellationToken cancellationToken)
    {
        var who = $"person:{said.PersonId}";
        if (visit.Open is not { } rotation || rotation.Id != said.Rotation || rotation.PlanHash != said.PlanHash)
            return Refuse(visit, who, "RejectionRefused", "It names another plan than the open one.");
        if (rotation.State > RotationState.Authorized || rotation.Attempts.Count > 0)
            return Refuse(visit, who, "RejectionRefused", "The credential was issued already; a rejection can no longer stop it.");
        if (await IsOwnerAsync(visit, said.PersonId, cancellationToken) is not { } isOwner) return false;
        if (!isOwner) return Refuse(visit, who, "RejectionRefused", "The person is not a current member of the answering group.");

        visit.Open = rotation.To(RotationState.Abandoned, clock.GetUtcNow());
        visit.Notes.Add(new LedgerNote(who, nameof(RotationState.Abandoned), $"{said.PersonName} rejected this plan. {said.Reason}"));
        return true;
    }

    private async Task<bool> FoldAsync(Visit visit, InboxItem.HandIn said, CancellationToken cancellationToken)
    {
        var who = $"person:{said.PersonId}";
        if (visit.Open is not { } rotation || rotation.Id != said.Rotation || rotation.IntakeMarker != said.Marker)
            return Refuse(visit, who, "HandInRefused", "The rotation does not wait for it any more.");
        if (await IsOwnerAsync(visit, said.PersonId, cancellationToken) is not { } isOwner) return false;
        if (!isOwner) return Refuse(visit, who, "HandInRefused", "The person is not a current member of the answering group.");

        // The newest counts: who hands in twice corrects themselves.
        visit.Open = rotation with { HandedIn = new HandedIn(said.StagedVersion, said.PersonId, said.PersonName, said.On), IntakeTrouble = null, WakeOn = clock.GetUtcNow() };
        visit.Notes.Add(new LedgerNote(who, "HandedIn", $"{said.PersonName} handed in a new credential. It is staged and will be tried.", new JsonObject { ["staged"] = said.StagedVersion }));
        return true;
    }

    private async Task<bool> FoldAsync(Visit visit, InboxItem.Choose said, CancellationToken cancellationToken)
    {
        var who = $"person:{said.PersonId}";
        if (visit.Open is not { Hold: { } hold } rotation || rotation.Id != said.Rotation || rotation.PlanHash != said.PlanHash || rotation.State != said.ExpectedState)
            return Refuse(visit, who, "ChoiceRefused", "The rotation moved on before the choice was read.");
        // Approving and rejecting have calls of their own with rules of their own.
        if (said.Choice is Choices.Approve or Choices.Reject || hold.Choices.All(choice => choice.Name != said.Choice))
            return Refuse(visit, who, "ChoiceRefused", "The hold does not offer it.");
        if (await IsOwnerAsync(visit, said.PersonId, cancellationToken) is not { } isOwner) return false;
        if (!isOwner) return Refuse(visit, who, "ChoiceRefused", "The person is not a current member of the answering group.");
        if (hold.Answers.Any(known => known.Choice == said.Choice && string.Equals(known.PersonId, said.PersonId, StringComparison.OrdinalIgnoreCase))) return true;

        visit.Open = rotation with { Hold = hold with { Answers = [.. hold.Answers, new HoldAnswer(said.Choice, said.PersonId, said.PersonName, said.On)] } };
        visit.Notes.Add(new LedgerNote(who, "Chosen", $"{said.PersonName} chose {said.Choice}.", new JsonObject { ["hold"] = hold.Reason.ToString(), ["choice"] = said.Choice }));
        return true;
    }

    private async Task<bool> FoldAsync(Visit visit, InboxItem.RollBack said, CancellationToken cancellationToken)
    {
        var who = $"person:{said.PersonId}";
        if (visit.Open is not { } rotation || rotation.Id != said.Rotation || rotation.PlanHash != said.PlanHash || rotation.State != said.ExpectedState)
            return Refuse(visit, who, "RollbackRefused", "The rotation moved on before it was read.");
        if (Rollback.Refusal(rotation) is { } refusal) return Refuse(visit, who, "RollbackRefused", refusal);
        if (await IsOwnerAsync(visit, said.PersonId, cancellationToken) is not { } isOwner) return false;
        if (!isOwner) return Refuse(visit, who, "RollbackRefused", "The person is not a current member of the answering group.");

        visit.Open = rotation with { Rollback = new Rollback(said.PersonId, said.PersonName, said.On), Hold = null, Failures = 0, LastTrouble = null, WakeOn = clock.GetUtcNow() };
        visit.Notes.Add(new LedgerNote(who, "RollbackAsked", $"{said.PersonName} takes the promotion back.", new JsonObject { ["promotedVersion"] = rotation.PromotedVersion }));
        return true;
    }

    /// <summary>Null: the directory cannot tell now, so the item waits.</summary>
    private async Task<bool?> IsOwnerAsync(Visit visit, string personId, CancellationToken cancellationToken)
    {
        var owners = await answerable.FindAsync(visit, cancellationToken);
        return owners.State switch
        {
            OwnerState.Unavailable or OwnerState.CannotSee => null,
            _ => owners.Has(personId),
        };
    }

    private static bool Refuse(Visit visit, string who, string what, string why)
    {
        visit.Notes.Add(new LedgerNote(who, what, why));
        return true;
    }
}
