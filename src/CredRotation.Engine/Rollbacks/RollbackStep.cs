using System.Text.Json.Nodes;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Issue;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Rollbacks;

/// <summary>
/// Makes the old credential current again, where it still works. Safe to repeat: the intention is saved first, and a visit that did not itself save
/// it looks whether the old value is current already. Consumers are then told as after a promotion.
/// </summary>
internal sealed class RollbackStep(Remotes remotes, ICredentialVault vault, IProviderCatalog providers, InstallationKey key, TimeProvider clock) : IRotationStep
{
    private const string Rule = "Rollback: a person takes the promotion back";

    public bool Handles(Rotation rotation)
        => rotation is { IsOpen: true, Rollback: { } back } && (!back.IsRestored || rotation.State is RotationState.Reloaded);

    public async Task<StepResult> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        var back = visit.Rotation.Rollback!;
        if (back.IsRestored) return Ended(visit.Rotation);
        if (await TryReadOldAsync(visit, cancellationToken) is not { } old) return Refused(visit.Rotation, "The old value can no longer be read from the vault.");
        if (await LookAsync(visit, cancellationToken) is { } settled) return settled;
        if (back.SentOn is null)
        {
            if (await ProbeAsync(visit, old, cancellationToken) is { } refused) return refused;
            visit.MayRollBack = true;
            var now = clock.GetUtcNow();
            return new StepResult.Moved(visit.Rotation with { Rollback = back with { SentOn = now }, WakeOn = now },
                LedgerNote.Ours("RollbackSent", "About to write the old value as the newest version.", new JsonObject { ["oldVersion"] = visit.Rotation.Plan.OldVersion }));
        }

        visit.MayRollBack = false;
        var rotation = visit.Rotation;
        // Its end is the one it had: nothing was renewed.
        var write = new VaultWrite(old, rotation.Old!.ContentType, rotation.Plan.OldExpiresOn, rotation.Old.Tags);
        var version = await remotes.EffectAsync(visit, "vault", "restore old version", Rule, (callId, token) => vault.WriteAsync(rotation.Plan.Secret, write, callId, token), cancellationToken);
        return Restored(visit, version, "The old credential is current again.");
    }

    /// <summary>What is current now: the old value again, ours, or somebody else's.</summary>
    private async Task<StepResult?> LookAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (visit.MayRollBack) return null;
        var current = await remotes.ReadAsync(visit, "vault", "read current secret", Rule, (callId, token) => vault.ReadCurrentAsync(visit.Rotation.Plan.Secret, callId, token), cancellationToken);
        remotes.Heard(visit, current.RemoteDate);
        var live = await key.FingerprintAsync(current.Value, cancellationToken);
        visit.LiveValue = current.Value;
        if (live == visit.Rotation.Old!.Fingerprint) return Restored(visit, current.Properties.Version!, "The old credential is current already.");
        return live == visit.Rotation.New!.Fingerprint ? null : Refused(visit.Rotation, $"Somebody else wrote version {current.Properties.Version} meanwhile.");
    }

    /// <summary>Going back to what is dead would be an outage of our making.</summary>
    private async Task<StepResult?> ProbeAsync(Visit visit, SecretText old, CancellationToken cancellationToken)
    {
        var provider = visit.Rotation.OpenProvider(providers);
        var probe = await remotes.EffectAsync(visit, "provider", "probe old credential", Rule, (_, token) => provider.VerifyAsync(visit.Rotation.ProbeTarget(), new Candidate(visit.Rotation.Old!.ProviderId, old), token), cancellationToken);
        remotes.Heard(visit, probe.RemoteDate);
        return probe switch
        {
            ProbeOutcome.Works or ProbeOutcome.Forbidden => null,
            ProbeOutcome.Refused => Refused(visit.Rotation, "The provider refuses the old credential."),
            _ => throw new RemoteTroubleException("provider", RemoteTrouble.Denied, "Whether the old credential still works could not be learnt, so nothing was rolled back yet."),
        };
    }

    private async Task<SecretText?> TryReadOldAsync(Visit visit, CancellationToken cancellationToken)
    {
        try
        {
            var old = await remotes.ReadAsync(visit, "vault", "read old secret", Rule, (callId, token) => vault.ReadVersionAsync(visit.Rotation.Plan.Secret, visit.Rotation.Plan.OldVersion, callId, token), cancellationToken);
            return await key.FingerprintAsync(old.Value, cancellationToken) == visit.Rotation.Old!.Fingerprint ? old.Value : null;
        }
        catch (RemoteTroubleException trouble) when (trouble.Trouble is RemoteTrouble.NotFound or RemoteTrouble.Disabled)
        {
            return null;
        }
    }

    private StepResult.Moved Restored(Visit visit, string version, string why)
    {
        var now = clock.GetUtcNow();
        var rotation = visit.Rotation;
        var old = rotation.Old!;
        visit.Row = visit.Row with
        {
            Known = new KnownCredential(old.Fingerprint, old.ProviderId),
            Seen = new SeenVersion(version, rotation.Plan.OldExpiresOn, now, old.Tags.Count > 0, now, AdoptionTags.HashOf(old.Tags)),
            // It is due again at once, and whoever took it back wants to be asked.
            WasRolledBack = true,
        };
        return new StepResult.Moved(rotation.To(RotationState.Promoted, now) with
        {
            Rollback = rotation.Rollback! with { RestoredVersion = version, RestoredOn = now },
            IsOverwriteChecked = true,
            Consumers = [.. rotation.Consumers.Select(consumer => consumer.Anew())],
        }, LedgerNote.Ours("Restored", why, new JsonObject { ["version"] = version, ["promotedVersion"] = rotation.PromotedVersion }));
    }

    /// <summary>Nobody runs the new one any more where that was proved: then it may end. Else it lives and is reported.</summary>
    private StepResult.Moved Ended(Rotation rotation)
    {
        var isProven = rotation.Consumers.Count > 0 && rotation.Consumers.All(consumer => consumer.IsAdopted);
        var mayEnd = isProven && rotation.Plan.Traits.RetireBy is RetireBy.Id or RetireBy.DisableThenDelete;
        return new StepResult.Moved(rotation.To(RotationState.RolledBack, clock.GetUtcNow()) with
        {
            Rollback = rotation.Rollback! with { IsProven = isProven },
            Suspects = [.. rotation.Suspects, .. rotation.NewAsSuspect(isUnread: mayEnd)],
        }, LedgerNote.Ours(nameof(RotationState.RolledBack), isProven
            ? $"Every instance of every required consumer runs the old credential again. The one that was issued {(mayEnd ? "is retired" : "stays alive and is reported")}."
            : "The old credential is current again; not every consumer proved that it runs it. The one that was issued stays alive and is reported."));
    }

    private StepResult.Moved Refused(Rotation rotation, string why)
        => new(rotation with { Rollback = null, WakeOn = clock.GetUtcNow() }, LedgerNote.Ours("RollbackRefused", $"{why} Nothing was rolled back; the rotation goes on."));
}
