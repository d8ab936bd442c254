using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Reload;

/// <summary>
/// Looks at what promotion overwrote, signals consumers in waves with the canary first, and waits for each instance's proof. Safe to repeat:
/// a signal only asks to read the vault again.
/// </summary>
internal sealed class ReloadStep(Remotes remotes, ICredentialVault vault, IConsumerSignal signals, IOptions<RotationOptions> options, TimeProvider clock) : IRotationStep
{
    public bool Handles(Rotation rotation) => rotation.State is RotationState.Promoted;

    public async Task<StepResult> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (visit.Rotation.RestoreVersion is { } theirs) return await RestoreAsync(visit, theirs, cancellationToken);
        if (!visit.Rotation.IsOverwriteChecked && await CheckOverwrittenAsync(visit, cancellationToken) is { } strangers) return strangers;

        var now = clock.GetUtcNow();
        if (visit.Rotation.Consumers.All(consumer => consumer.IsAdopted || visit.Rotation.IsOverridden(HoldReason.ConsumerSilent) || consumer.Instances.Count == 0))
        {
            return new StepResult.Moved(visit.Rotation.To(RotationState.Reloaded, now), LedgerNote.Ours(nameof(RotationState.Reloaded),
                visit.Rotation.Consumers.All(consumer => consumer.IsAdopted) ? "Every instance of every required consumer proved the new version." : "Consumers without proof were accepted by a recorded override."));
        }

        var isFirstTold = visit.Rotation is { IsProvenInPlace: false, Plan.Traits.Topology: Topology.InPlace } && visit.Rotation.Consumers.All(consumer => consumer.Signals == 0);
        await SignalNextWaveAsync(visit, cancellationToken);
        return isFirstTold ? new StepResult.Moved(visit.Rotation, LedgerNote.Ours("Signalled", "Consumers were told; the new credential is tried at once.")) : Wait(visit.Rotation);
    }

    /// <summary>The version before ours must be the expected one; any other written since is somebody else's.</summary>
    private async Task<StepResult?> CheckOverwrittenAsync(Visit visit, CancellationToken cancellationToken)
    {
        var plan = visit.Rotation.Plan;
        var versions = await remotes.ReadAsync(visit, "vault", "list versions", "Promote: what was overwritten",
            (callId, token) => vault.ListVersionsAsync(plan.Secret, callId, token), cancellationToken);
        var rotation = visit.Rotation;
        // Creation times have whole seconds, so order within one second says nothing: any other version that may be newer than our look before Issue counts.
        var looked = rotation.Attempts[0].SentOn - Remotes.ClockSkewMax;
        var expected = versions.FirstOrDefault(version => version.Version == rotation.ExpectedVersion)?.CreatedOn;
        var stranger = versions.LastOrDefault(version => version.Version != rotation.PromotedVersion && version.Version != rotation.ExpectedVersion && version.Version != plan.OldVersion
            && version.CreatedOn >= looked && (expected is null || version.CreatedOn >= expected));
        if (stranger is null)
        {
            visit.Open = rotation with { IsOverwriteChecked = true };
            return null;
        }

        var now = clock.GetUtcNow();
        return new StepResult.Waits((rotation with { ForeignVersion = stranger.Version }).Holding(HoldReason.ChangedByHand, $"Version {stranger.Version} was written by somebody else while we promoted {rotation.PromotedVersion}. Which one shall stand?", now, rotation.ReserveFrom,
            new HoldChoice(Choices.KeepOurs, "Keep the new credential; theirs stays readable as another version."),
            new HoldChoice(Choices.RestoreTheirs, "Write their value as the newest version and end this rotation; what was issued is reported.")), null);
    }

    private async Task<StepResult> RestoreAsync(Visit visit, string version, CancellationToken cancellationToken)
    {
        var plan = visit.Rotation.Plan;
        var theirs = await remotes.ReadAsync(visit, "vault", "read their version", "Promote: a person chose to restore theirs",
            (callId, token) => vault.ReadVersionAsync(plan.Secret, version, callId, token), cancellationToken);
        var restored = await remotes.EffectAsync(visit, "vault", "restore their version", "Promote: a person chose to restore theirs",
            (callId, token) => vault.WriteAsync(plan.Secret, new VaultWrite(theirs.Value, theirs.Properties.ContentType, theirs.Properties.ExpiresOn, theirs.Properties.Tags), callId, token), cancellationToken);
        var now = clock.GetUtcNow();
        var rotation = visit.Rotation;
        visit.Row = visit.Row with { Seen = visit.Row.Seen with { Version = restored, ExpiresOn = theirs.Properties.ExpiresOn, CreatedOn = now, SeenOn = now } };
        return new StepResult.Moved(rotation.To(RotationState.RolledBack, now) with { Suspects = [.. rotation.Suspects, .. rotation.NewAsSuspect()] },
            LedgerNote.Ours(nameof(RotationState.RolledBack), $"Their version stands again as {restored}. The credential that was issued stays alive and is reported."));
    }

    /// <summary>The canary is the first consumer; the others hear of the new version only after it proved it.</summary>
    private async Task SignalNextWaveAsync(Visit visit, CancellationToken cancellationToken)
    {
        // One without instances was excused before Issue and proves nothing: the others must not wait for it.
        var canary = visit.Rotation.Consumers.FirstOrDefault(consumer => consumer.Instances.Count > 0) ?? visit.Rotation.Consumers[0];
        // In place everybody fails until they have reloaded: nobody waits for the canary.
        var wave = canary.IsAdopted || visit.Rotation.Plan.Traits.OldValidity is OldValidity.Immediate ? visit.Rotation.Consumers : [canary];
        foreach (var progress in wave.Where(consumer => !consumer.IsAdopted).ToList())
        {
            var now = clock.GetUtcNow();
            if (progress.SignalledOn is { } last && now < last + SignalPause(visit.Rotation, progress)) continue;

            var rotation = visit.Rotation;
            var signal = new ReloadSignal(rotation.Id, rotation.Plan.Secret, rotation.RunningVersion!, Rehearsal: false);
            SignalAnswer answer = new SignalAnswer.Silent("it is no longer configured.");
            if (options.Value.Consumers.TryGetValue(progress.Alias, out var consumer))
                answer = await remotes.EffectAsync(visit, "consumer", $"signal {progress.Alias}", "Reload", (_, token) => signals.SignalAsync(progress.Alias, consumer, signal, token), cancellationToken);

            visit.Open = visit.Rotation with
            {
                Consumers = [.. visit.Rotation.Consumers.Select(known => known.Alias == progress.Alias ? known with { SignalledOn = now, Signals = known.Signals + 1 } : known)],
            };
            if (answer is SignalAnswer.Silent silent)
                visit.Notes.Add(LedgerNote.Ours("ConsumerSilent", $"{progress.Alias} did not take the signal: {silent.Detail}", new JsonObject { ["consumer"] = progress.Alias }));
        }
    }

    /// <summary>Again after a third of the slowest reload, then ever slower.</summary>
    private static TimeSpan SignalPause(Rotation rotation, ConsumerProgress progress)
        => rotation.Plan.Policy.ReloadMax / 3 * Math.Pow(2, Math.Clamp(progress.Signals - 1, 0, 6));

    private StepResult.Waits Wait(Rotation rotation)
    {
        var now = clock.GetUtcNow();
        var due = (rotation.Rollback?.RestoredOn ?? rotation.PromotedOn!.Value) + rotation.Plan.Policy.ReloadMax;
        var silent = rotation.Consumers.Where(consumer => !consumer.IsAdopted).ToList();
        var next = silent.Where(consumer => consumer.SignalledOn is not null).Select(consumer => consumer.SignalledOn!.Value + SignalPause(rotation, consumer)).Append(now + RotationMachine.PeopleWaitMax).Min();
        if (now < due) return new StepResult.Waits(rotation.Until(next < due ? next : due, now), null);

        var who = string.Join(", ", silent.Select(consumer => $"{consumer.Alias} ({string.Join(", ", consumer.Instances.Where(instance => !consumer.Acknowledged.ContainsKey(instance)))})"));
        var held = rotation.Rollback is not null
            ? rotation.Holding(HoldReason.ConsumerSilent, $"No proof from {who} that it runs the restored version. Both credentials work meanwhile.", now, null,
                Choices.ToRetry, Choices.ToOverride("End the rollback without that proof: the credential that was issued stays alive and is reported.", 1))
            : rotation.Holding(HoldReason.ConsumerSilent, $"No proof of the new version from {who}. The old credential ends at {(rotation.OldEndsOn is { } end ? EngineTime.Text(end) : "no known time: it is retired only after that proof")}.", now, rotation.ReserveFrom,
            Choices.ToRetry, Choices.ToOverride($"Go on without that proof: {who} will fail when the old credential ends.", 2));
        return new StepResult.Waits(held.Until(next < held.WakeOn && next > now ? next : held.WakeOn, now), null);
    }
}
