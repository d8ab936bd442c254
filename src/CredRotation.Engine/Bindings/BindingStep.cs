using System.Text.Json.Nodes;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Bindings;

/// <summary>
/// Rule 15: binds a credential anew once enough of those who answer now consented, never while something of it was issued. Safe to repeat:
/// the new target is taken before the row says so, and the old one given back after.
/// </summary>
internal sealed class BindingStep(CredentialRegistry registry, Answerable answerable, IOptions<RotationOptions> options, TimeProvider clock)
{
    /// <summary>True when the visit changed and is to be saved before anything else.</summary>
    public async Task<bool> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (visit.Row.TargetToRelease is { } former)
        {
            if (former != AccountTarget.Of(visit.Row.Binding)) await registry.ReleaseTargetAsync(former.Account, former.Target, visit.Row.Id, cancellationToken);
            visit.Row = visit.Row with { TargetToRelease = null };
            return true;
        }

        if (visit.Row.Pending is not { Consents.Count: > 0 } change) return false;
        // What was issued under a binding ends under it.
        if (visit.Open is { } open && (open.Attempts.Count > 0 || !open.IsOpen)) return false;
        if (await FindConsentsAsync(visit, change, cancellationToken) is not { } people) return false;

        if (TagReader.Check(change.Binding, visit.Row.Secret, options.Value, clock.GetUtcNow()) is [var refusal, ..]) return Refuse(visit, $"Configuration grants it no more: {refusal.Detail}");
        if (visit.Open is { } waiting)
        {
            visit.Open = waiting.To(RotationState.Superseded, clock.GetUtcNow());
            visit.Notes.Add(LedgerNote.Ours(nameof(RotationState.Superseded), "The binding changes before anything was issued."));
            return true;
        }

        var (from, to) = (AccountTarget.Of(visit.Row.Binding), AccountTarget.Of(change.Binding));
        if (from != to && await registry.TakeTargetAsync(to.Account, to.Target, visit.Row.Id, cancellationToken) != visit.Row.Id)
            return Refuse(visit, $"Target {to.Target} of account {to.Account} belongs to another managed credential.");

        visit.Notes.Add(LedgerNote.Ours("BindingChanged", $"Bound anew with the consent of {people}.", new JsonObject
        {
            ["from"] = JsonNode.Parse(EngineJson.Write(visit.Row.Binding)),
            ["to"] = JsonNode.Parse(EngineJson.Write(change.Binding)),
            ["change"] = change.Hash,
        }));
        visit.Row = visit.Row with
        {
            Binding = change.Binding,
            Pending = null,
            TargetToRelease = from == to ? null : from,
            // Nothing was shown yet about another object: its first rotation asks an owner again.
            HasRotated = visit.Row.HasRotated && from == to,
            OwnerState = null,
            Owners = null,
        };
        return true;
    }

    /// <summary>The names of those who count, once they are enough; asked of the directory in the visit that acts on it.</summary>
    private async Task<string?> FindConsentsAsync(Visit visit, BindingChange change, CancellationToken cancellationToken)
    {
        var owners = await answerable.FindAsync(visit, cancellationToken);
        if (owners.State is not OwnerState.Healthy) return null;

        var counted = Approval.Counted(change.Consents, change.Hash, owners, ConsentMax(visit.Row), clock.GetUtcNow());
        return counted.Count >= PeopleNeeded(visit.Row) ? string.Join(", ", counted.Select(consent => consent.PersonName)) : null;
    }

    /// <summary>As many as the strictest approval that the present binding asks for.</summary>
    private int PeopleNeeded(CredentialRow row)
    {
        var strictest = new[] { options.Value.Accounts.GetValueOrDefault(row.Binding.Account)?.LowestApproval, options.Value.Policies.GetValueOrDefault(row.Binding.Policy)?.Approval }.Max();
        return strictest is ApprovalRule.TwoOwners ? 2 : 1;
    }

    private TimeSpan ConsentMax(CredentialRow row) => (options.Value.Policies.GetValueOrDefault(row.Binding.Policy) ?? new PolicyOptions()).ApprovalMax;

    /// <summary>The consents are void; while the tags ask, the next sweep asks again.</summary>
    private static bool Refuse(Visit visit, string why)
    {
        visit.Row = visit.Row with { Pending = null };
        visit.Notes.Add(LedgerNote.Ours("BindingChangeRefused", $"{why} The binding stays as it is."));
        return true;
    }
}
