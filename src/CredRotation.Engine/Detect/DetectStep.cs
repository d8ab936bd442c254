using System.Text.Json.Nodes;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Setup;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Detect;

/// <summary>
/// Opens a rotation when the current version is due, or a person asked: everything it will go by is frozen into a plan. No remote call. Safe
/// to repeat: the open rotation of a credential is found again on its row.
/// </summary>
internal sealed class DetectStep(IOptions<RotationOptions> options, IProviderCatalog providers, CredentialRegistry registry, SetupCheck setup, TimeProvider clock)
{
    /// <summary>Opens a rotation in the visit; false when nothing is to be done.</summary>
    public async Task<bool> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        var row = visit.Row;
        var now = clock.GetUtcNow();
        var wish = visit.Wish;
        visit.Wish = null;
        if (row.Released is { } released)
        {
            if (wish is not null) visit.Notes.Add(new LedgerNote($"person:{wish.PersonId}", "StartRefused", $"It was released on {EngineTime.Text(released.On)}: nothing is rotated."));
            return false;
        }

        if (!options.Value.Accounts.TryGetValue(row.Binding.Account, out var account)
            || !options.Value.Policies.TryGetValue(row.Binding.Policy, out var policy)
            || providers.Find(account.Provider) is not { } provider) return false;

        var mode = options.Value.ModeOf(policy);
        var reason = wish is not null ? $"{wish.PersonName} asked: {wish.Reason}" : DueRules.IsDue(row.Seen, policy, now);
        if (reason is null) return false;
        // What cannot succeed is not begun: half a rotation would wait for a right that nobody granted.
        if (mode is RotationMode.Rotate) mode = await setup.CeilingAsync(row.Secret.VaultHost, cancellationToken);
        if (mode is not RotationMode.Rotate)
        {
            if (wish is not null) visit.Notes.Add(new LedgerNote($"person:{wish.PersonId}", "StartRefused", $"The mode is {mode}: nothing is rotated. The setup check says what is missing, if it is not so configured."));
            return false;
        }

        var ordinal = row.Ordinal + 1;
        var signal = visit.Signal ?? (wish is null ? "sweep" : "person", wish?.On ?? now);
        var plan = RotationPlans.Make(row, account, policy, provider, reason, signal, wish?.PersonId, now);
        var planHash = CredentialRegistry.Hash(EngineJson.Write(plan));
        await registry.IndexAsync(row.Id, plan.Rotation, ordinal, cancellationToken);

        visit.Open = new Rotation
        {
            Id = plan.Rotation,
            Ordinal = ordinal,
            Plan = plan,
            PlanHash = planHash,
            StateOn = now,
            WakeOn = now,
            Consumers = [.. row.Binding.Consumers.Select(alias => ConsumerProgress.Of(alias, options.Value.Consumers.GetValueOrDefault(alias)))],
        };
        visit.RotationTag = null;
        visit.Row = row with { Ordinal = ordinal, IsOpen = true };
        visit.Notes.Add(new LedgerNote(wish is null ? LedgerNote.Self : $"person:{wish.PersonId}", nameof(RotationState.Detected), plan.Reason,
            new JsonObject { ["planHash"] = planHash, ["oldVersion"] = plan.OldVersion, ["provider"] = plan.ProviderKind, ["policy"] = row.Binding.Policy, ["approval"] = plan.Approval.ToString() }));
        return true;
    }
}
