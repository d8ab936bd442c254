using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Issue;

/// <summary>Takes the lane of a rotation's account for its visit: the turn among this process's visits, then the row that all processes share.</summary>
internal sealed class Lanes(CredentialRegistry registry, AccountTurns turns)
{
    /// <summary>False while another visit has it, or an effect of a dead one may still land.</summary>
    public async Task<bool> TakeAsync(Visit visit, CancellationToken cancellationToken)
    {
        var plan = visit.Rotation.Plan;
        visit.Turn ??= await turns.TakeAsync(plan.Binding.Account, plan.OldExpiresOn, cancellationToken);
        if (visit.Turn is null || !await registry.TakeLaneAsync(plan.Binding.Account, visit.Row.Claim!, plan.Traits.LandingMax, cancellationToken)) return false;
        visit.Lane = plan.Binding.Account;
        return true;
    }
}
