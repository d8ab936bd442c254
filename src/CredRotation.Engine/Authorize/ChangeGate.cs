using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Authorize;

/// <summary>
/// Holds a rotation up outside change windows and in freezes, never past the last safe moment: no credential ends because of a calendar. An incident,
/// and what a person expedited, is not held up.
/// </summary>
internal sealed class ChangeGate(IOptions<RotationOptions> options, TimeProvider clock)
{
    /// <summary>The rotation as it waits; null: it may go on now.</summary>
    public Rotation? Closed(Visit visit)
    {
        var rotation = visit.Rotation;
        var plan = rotation.Plan;
        if (rotation.Incident is not null || rotation.IsOverridden(HoldReason.OutsideWindow) || rotation.IsOverridden(HoldReason.ApprovalNeeded)) return null;

        var now = clock.GetUtcNow();
        var freezes = ChangeWindows.FreezesOf(options.Value, plan.Binding.Policy);
        var opensOn = ChangeWindows.OpensOn(plan.Policy, [.. freezes.Values], now);
        if (opensOn <= now)
        {
            if (rotation.WindowOpensOn is not null || rotation.Hold?.Reason is HoldReason.OutsideWindow) visit.Open = rotation with { WindowOpensOn = null, Hold = null };
            return null;
        }

        var why = freezes.FirstOrDefault(freeze => freeze.Value.From <= now && now < freeze.Value.To) is { Key: { } name } frozen
            ? $"Freeze '{name}' lasts until {EngineTime.Text(frozen.Value.To)}"
            : $"No change window of policy '{plan.Binding.Policy}' is open";
        // What was promoted already may wait for its retirement as long as it likes.
        var isBeforeEnd = rotation.State >= RotationState.Promoted || plan.LastSafeMoment is not { } moment || (opensOn is { } on && on <= moment);
        if (isBeforeEnd)
        {
            var latest = now + RotationMachine.TimerWaitMax;
            return (rotation with { Hold = null, WindowOpensOn = opensOn }).Until(opensOn is { } soon && soon < latest ? soon : latest, now);
        }

        var last = plan.LastSafeMoment!.Value;
        if (last <= now && AuthorizeStep.HasStandingAuthorization(visit.Row, plan))
        {
            var said = RotationMachine.Bounded($"{HoldReason.OutsideWindow}: {why}; rotated at the last safe moment all the same, on the policy's standing authorization.");
            visit.Open = rotation with
            {
                Hold = null,
                Overrides = [.. rotation.Overrides, said],
                // Leadership may have heard that it waits; that it goes on is another thing.
                Escalation = new Escalation(now, RotationMachine.Bounded($"{plan.Secret.Name} rotates now outside its change windows: {why}, and waiting longer would let it end.")),
                IsEscalationTold = false,
            };
            return null;
        }

        var held = rotation.Holding(HoldReason.OutsideWindow, $"{why}, and none opens before {EngineTime.Text(last)}, the last safe moment: the credential ends {EngineTime.Text(plan.OldExpiresOn!.Value)}.", now, last,
            Choices.ToOverride("Go on now, outside the change windows. It is recorded.", 1), Choices.ToAbandon);
        return last > now && last < held.WakeOn ? held with { WakeOn = last } : held;
    }
}
