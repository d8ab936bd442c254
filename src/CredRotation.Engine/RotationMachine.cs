namespace CredRotation.Engine;

/// <summary>State changes as pure functions: facts in, rotation out.</summary>
internal static class RotationMachine
{
    /// <summary>The longest wait for people.</summary>
    public static readonly TimeSpan PeopleWaitMax = TimeSpan.FromHours(1);

    /// <summary>The longest wait for a timer.</summary>
    public static readonly TimeSpan TimerWaitMax = TimeSpan.FromDays(1);

    public static Rotation To(this Rotation rotation, RotationState state, DateTimeOffset now)
        => rotation with { State = state, StateOn = now, WakeOn = now, Hold = null, Failures = 0, LastTrouble = null, WindowOpensOn = null };

    /// <summary>Waits until then, but never past the moment at which the reserve begins.</summary>
    public static Rotation Until(this Rotation rotation, DateTimeOffset wakeOn, DateTimeOffset now)
    {
        var latest = rotation.Incident is null && rotation.ReserveFrom is { } reserve && reserve > now && reserve < wakeOn ? reserve : wakeOn;
        return rotation with { WakeOn = latest };
    }

    /// <summary>When a list shows what an attempt made, while that is to come. Never longer from now than it takes: the attempt was sent before, whatever this host's clock says.</summary>
    public static DateTimeOffset? NotShownBefore(this IssueAttempt attempt, ProviderTraits traits, DateTimeOffset now)
    {
        var wait = traits.LandingMax + traits.ListSettle;
        var shown = attempt.SentOn + wait;
        return shown <= now ? null : shown < now + wait ? shown : now + wait;
    }

    /// <summary>Waits for a person. The same reason again keeps its age, its answers and the fact that people were told.</summary>
    public static Rotation Holding(this Rotation rotation, HoldReason reason, string detail, DateTimeOffset now, DateTimeOffset? deadline, params HoldChoice[] choices)
    {
        var bounded = Bounded(detail);
        var hold = rotation.Hold is { } same && same.Reason == reason
            // An answer was given to what the choice said then; where that changed, it counts no more.
            ? same with { Detail = bounded, Deadline = deadline, Choices = choices, Answers = [.. same.Answers.Where(answer => choices.Any(choice => choice.Name == answer.Choice && same.Choices.Contains(choice)))] }
            : new Hold(reason, bounded, now, deadline, choices, [], IsAnnounced: false);
        var wake = now + PeopleWaitMax;
        if (deadline is { } end && end > now && end < wake) wake = end;
        return (rotation with { Hold = hold }).Until(wake, now);
    }

    /// <summary>The issue is somebody else's turn: it is asked again when the provider says, and a person is told meanwhile.</summary>
    public static StepResult.Waits Pending(this Rotation rotation, string what, TimeSpan pollAfter, TimeSpan pollMin, DateTimeOffset now)
    {
        var held = (rotation with { PendingOn = now }).Holding(HoldReason.IssuePending, $"The new credential is not there yet: {what}", now, rotation.Plan.ApproveBy,
            Choices.ToRetry, new HoldChoice(Choices.Abandon, "Give this rotation up. What may still be issued is reported; the old credential stays as it is."));
        var poll = now + (pollAfter > pollMin ? pollAfter : pollMin);
        return new StepResult.Waits(poll < held.WakeOn ? held with { WakeOn = poll } : held, null);
    }

    /// <summary>A hold that may heal by itself is tried again at every wake; the others wait for an answer.</summary>
    public static bool IsRetriedOnWake(this Hold hold) => hold.Reason
        is HoldReason.ApprovalNeeded or HoldReason.OwnersMissing or HoldReason.DirectoryCannotSee or HoldReason.ConsumerSilentBeforeIssue
        or HoldReason.ConsumerSilent or HoldReason.OldStillAlive or HoldReason.ClockDisagrees or HoldReason.TooManyFailures
        or HoldReason.IssuePending or HoldReason.OldUnknown or HoldReason.OutsideWindow or HoldReason.ConsumerFailing or HoldReason.OldStillRead;

    /// <summary>The choice that enough different people made, if any.</summary>
    public static HoldChoice? Decided(this Hold hold)
        => hold.Choices.FirstOrDefault(choice => hold.Answers
            .Where(answer => answer.Choice == choice.Name)
            .Select(answer => answer.PersonId)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Count() >= choice.PeopleNeeded);

    /// <summary>What a decided choice does. Overrides are recorded with the people and who will fail.</summary>
    public static Rotation Choose(this Rotation rotation, HoldChoice choice, DateTimeOffset now)
    {
        var hold = rotation.Hold ?? throw new System.Diagnostics.UnreachableException("A choice was made without a hold.");
        var people = string.Join(", ", hold.Answers.Where(answer => answer.Choice == choice.Name).Select(answer => answer.PersonName).Distinct());
        var free = rotation with { Hold = null, Failures = 0, WakeOn = now };
        var recorded = free with { Overrides = [.. rotation.Overrides, Bounded($"{hold.Reason}: {choice.Name} by {people}. {hold.Detail}")] };
        return choice.Name switch
        {
            Choices.Retry when hold.Reason is HoldReason.ConsumerFailing => free with { Consumers = [.. rotation.Consumers.Select(consumer => consumer.Failures.Count == 0 ? consumer : consumer with { Failures = [], SignalledOn = null, LookOn = null })] },
            Choices.Retry => free,
            // Only who was named: those who were not told yet still are, and have to prove it.
            Choices.Override when hold.Reason is HoldReason.ConsumerSilent or HoldReason.ConsumerFailing => recorded with { Consumers = [.. rotation.Consumers.Select(consumer => !IsNamed(rotation, hold, consumer, now) ? consumer : consumer with { IsExcused = true })] },
            Choices.ConsumerMoved => recorded with { Consumers = [.. rotation.Consumers.Select(consumer => consumer is { Kind: Reload.ConsumerKind.Pinned, IsSettled: false } ? consumer.Instances.Aggregate(consumer, (known, instance) => known.Proven(instance, now)) : consumer)] },
            // What was sent and never found may live.
            Choices.Abandon => (recorded with { Suspects = [.. rotation.Suspects, .. rotation.LastAsSuspect()] }).To(RotationState.Abandoned, now),
            // Break-glass (rule 16): one name stands for the approval and for going on although the dead credential can show nothing.
            Choices.Expedite => free with
            {
                Overrides =
                [
                    .. rotation.Overrides,
                    Bounded($"{HoldReason.ApprovalNeeded}: expedited by {people}. {hold.Detail}"),
                    Bounded($"{HoldReason.OldCredentialRefused}: expedited by {people}."),
                ],
            },
            Choices.Override or Choices.KeepOurs => recorded with { IsOverwriteChecked = free.State is RotationState.Promoted || rotation.IsOverwriteChecked },
            // In place: another credential takes the place of the one that was promoted.
            Choices.IssueAgain => (recorded with
            {
                Suspects = [.. rotation.Suspects, .. rotation.NewAsSuspect()],
                New = null,
                ExpectedVersion = rotation.PromotedVersion,
                PromotedVersion = null,
                IsOverwriteChecked = false,
                IsProvenInPlace = false,
                Consumers = [.. rotation.Consumers.Select(consumer => consumer.Anew())],
            }).To(RotationState.Authorized, now),
            Choices.RestoreTheirs => recorded with { RestoreVersion = rotation.ForeignVersion },
            Choices.ProviderAsked or Choices.ProviderApproved => free with { ProviderSaid = Said(hold, choice, now) },
            Choices.KeepTheirs => (recorded with { Suspects = [.. rotation.Suspects, .. rotation.NewAsSuspect()] }).To(RotationState.RolledBack, now),
            Choices.CloseUnproven => (recorded with
            {
                RetireProof = Bounded($"unproven; closed by {people}. {hold.Detail}"),
                // Nothing ends it by itself: it is reported until somebody does.
                Suspects = rotation is { Plan.Traits.OldValidity: OldValidity.UntilRetired, Old: { } old } ? [.. rotation.Suspects, new Suspect($"version {old.Version}", now, null, old.ProviderId)] : rotation.Suspects,
            }).To(RotationState.Retired, now),
            _ => throw new System.Diagnostics.UnreachableException($"No meaning for choice {choice.Name}."),
        };
    }

    /// <summary>Who the hold's words name. What was late when it was raised is late now.</summary>
    private static bool IsNamed(Rotation rotation, Hold hold, ConsumerProgress consumer, DateTimeOffset now)
        => hold.Reason is HoldReason.ConsumerFailing ? consumer.Failures.Count > 0 : !consumer.IsSettled && rotation.DueOn(consumer) <= now;

    private static ProviderWord Said(Hold hold, HoldChoice choice, DateTimeOffset now)
    {
        var by = hold.Answers.Last(answer => answer.Choice == choice.Name);
        return new ProviderWord(choice.Name == Choices.ProviderApproved, by.PersonId, by.PersonName, now);
    }

    /// <summary>The new credential as a suspect, when it stays alive unused.</summary>
    /// <param name="isUnread">Nobody but us ever had its value.</param>
    public static IEnumerable<Suspect> NewAsSuspect(this Rotation rotation, bool isUnread = false)
        => rotation.New is { } issued && rotation.Attempts is [.., var last] ? [new Suspect(last.Ticket.Marker, last.SentOn, null, issued.ProviderId, isUnread)] : [];

    /// <summary>The last attempt as a suspect, when its result is not known or will not be used.</summary>
    private static IEnumerable<Suspect> LastAsSuspect(this Rotation rotation)
        => rotation.Attempts is [.., var last] && rotation.Suspects.All(known => known.Marker != last.Ticket.Marker) ? [new Suspect(last.Ticket.Marker, last.SentOn, null, rotation.New?.ProviderId, IsUnread: rotation.PromotedVersion is null)] : [];

    public static string Bounded(string text)
    {
        var clean = new string([.. text.Take(500).Select(c => char.IsControl(c) ? ' ' : c)]);
        return text.Length > 500 ? clean + "…" : clean;
    }
}

/// <summary>The closed set of choices a hold may offer, each with its meaning.</summary>
internal static class Choices
{
    public const string Approve = "approve";
    public const string Reject = "reject";
    public const string Retry = "retry";
    public const string Abandon = "abandon";
    public const string Override = "override";
    public const string Expedite = "expedite";
    public const string IssueAgain = "issue-again";
    public const string KeepOurs = "keep-ours";
    public const string KeepTheirs = "keep-theirs";
    public const string RestoreTheirs = "restore-theirs";
    public const string CloseUnproven = "close-unproven";
    public const string ConsumerMoved = "consumer-moved";
    public const string ProviderAsked = "provider-asked";
    public const string ProviderApproved = "provider-approved";

    public static readonly HoldChoice ToSayAsked = new(ProviderAsked, "I asked the provider; it has not answered yet.");

    public static readonly HoldChoice ToSayApproved = new(ProviderApproved, "The provider approved. Go on.");

    public static readonly HoldChoice ToRetry = new(Retry, "Try this step again now.");

    public static readonly HoldChoice ToForgetFailures = new(Retry, "The cause is gone: forget these reports and tell it again.");

    public static HoldChoice ToSayMoved(string who, string version) => new(ConsumerMoved, $"I changed {who} to version {version}, and it works. Go on.");

    public static readonly HoldChoice ToAbandon = new(Abandon, "Give this rotation up. The old credential stays as it is.");

    public static HoldChoice ToApprove(int people) => new(Approve, "Let this plan run.", people);

    public static HoldChoice ToApproveRetire(int people) => new(Approve, "Let the old credential be retired.", people);

    public static readonly HoldChoice ToIssueAgain = new(IssueAgain, "Issue another credential now and promote that.");

    public static readonly HoldChoice ToExpedite = new(Expedite, "Break glass: issue and promote now, on your name alone. It is recorded.");

    public static readonly HoldChoice ToReject = new(Reject, "Do not rotate. The old credential stays as it is.");

    public static HoldChoice ToOverride(string consequence, int people) => new(Override, consequence, people);
}
