using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Reload;

/// <summary>
/// Looks at what promotion overwrote, signals consumers in waves with the canary first, and waits for each instance's proof. Safe to repeat:
/// a signal only asks to read the vault again.
/// </summary>
internal sealed class ReloadStep(Remotes remotes, ICredentialVault vault, IConsumerSignal signals, Leases leases, IOptions<RotationOptions> options, TimeProvider clock) : IRotationStep
{
    private static readonly TimeSpan s_lookMin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lookMax = TimeSpan.FromHours(1);

    public bool Handles(Rotation rotation) => rotation.State is RotationState.Promoted;

    public async Task<StepResult> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (visit.Rotation.RestoreVersion is { } theirs) return await RestoreAsync(visit, theirs, cancellationToken);
        if (!visit.Rotation.IsOverwriteChecked && await CheckOverwrittenAsync(visit, cancellationToken) is { } strangers) return strangers;

        await leases.FoldAsync(visit, cancellationToken);
        FoldDeclared(visit);
        // Whoever fails on it must not be joined by others, whatever was proved before.
        if (Failing(visit.Rotation, clock.GetUtcNow()) is { } failing) return failing;
        if (Reloaded(visit.Rotation) is { } reloaded) return reloaded;

        var isFirstTold = visit.Rotation is { IsProvenInPlace: false, Plan.Traits.Topology: Topology.InPlace } && visit.Rotation.Consumers.All(consumer => consumer.Signals == 0);
        await SignalNextWaveAsync(visit, cancellationToken);
        return isFirstTold ? new StepResult.Moved(visit.Rotation, LedgerNote.Ours("Signalled", "Consumers were told; the new credential is tried at once.")) : Reloaded(visit.Rotation) is { } all ? all : Wait(visit.Rotation);
    }

    private StepResult.Moved? Reloaded(Rotation rotation)
        => !rotation.Consumers.All(consumer => consumer.IsSettled) ? null : new StepResult.Moved(rotation.To(RotationState.Reloaded, clock.GetUtcNow()), LedgerNote.Ours(nameof(RotationState.Reloaded),
            rotation.Consumers.All(consumer => consumer.IsAdopted) ? "Every instance of every required consumer proved the new version." : "Consumers without proof were accepted by a recorded override."));

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

    /// <summary>What keeps a value for a declared time at most has none but the new one once that time is over.</summary>
    private void FoldDeclared(Visit visit)
    {
        var now = clock.GetUtcNow();
        foreach (var progress in visit.Rotation.Consumers.Where(consumer => consumer is { Kind: ConsumerKind.OnDemand, IsSettled: false }))
        {
            if (now < visit.Rotation.FreeOn(progress)) continue;
            Replace(visit, progress.Instances.Aggregate(progress, (known, instance) => known.Proven(instance, now)));
            visit.Notes.Add(LedgerNote.Ours("Declared", $"{progress.Alias} keeps a value for {progress.HoldsAtMost:g} at most, and that is over. {ConsumerKinds.Says(progress.Worth)}", new JsonObject { ["consumer"] = progress.Alias }));
        }
    }

    private static StepResult.Waits? Failing(Rotation rotation, DateTimeOffset now)
    {
        var failing = rotation.Consumers.Where(consumer => consumer is { Failures.Count: > 0, IsExcused: false }).ToList();
        if (failing.Count == 0) return null;

        var who = string.Join(", ", failing.Select(consumer => $"{consumer.Alias} ({string.Join(", ", consumer.Failures.Select(failure => $"{failure.Instance}: {failure.What}").Distinct())})"));
        var untold = rotation.Consumers.Where(consumer => consumer is { ToldOn: null, IsSettled: false }).Select(consumer => consumer.Alias).ToList();
        return new StepResult.Waits(rotation.Holding(HoldReason.ConsumerFailing, $"{who} reports that the new version does not work for it. {(untold.Count > 0 ? $"{string.Join(", ", untold)} was not told of it and runs the old one." : "Nobody else waits to be told.")}"
            + (Rollbacks.Rollback.Refusal(rotation) is null ? " It can be rolled back while the old credential lives." : ""), now, rotation.ReserveFrom,
            Choices.ToForgetFailures, Choices.ToOverride($"Go on without {string.Join(", ", failing.Select(consumer => consumer.Alias))}: it will fail when the old credential ends.", 2)), null);
    }

    /// <summary>Those of a lower wave first, and of the first wave one consumer alone: the others hear of the new version only after those proved it.</summary>
    public static IReadOnlyList<ConsumerProgress> WaveOf(Rotation rotation)
    {
        var told = rotation.Consumers.Where(consumer => ConsumerKinds.IsSignalled(consumer.Kind)).ToList();
        // One without instances was excused before Issue and proves nothing: the others must not wait for it.
        var proving = told.Where(consumer => consumer.Instances.Count > 0).ToList();
        // In place everybody fails until they have reloaded: nobody waits for the canary.
        if (proving.Count == 0 || rotation.Plan.Traits.OldValidity is OldValidity.Immediate) return told;
        var canary = proving.MinBy(consumer => consumer.Wave)!;
        if (!canary.IsSettled) return [canary];
        var wave = proving.Where(consumer => !consumer.IsSettled).Select(consumer => (int?)consumer.Wave).Min() ?? int.MaxValue;
        return [.. told.Where(consumer => consumer.Wave <= wave)];
    }

    private async Task SignalNextWaveAsync(Visit visit, CancellationToken cancellationToken)
    {
        foreach (var progress in WaveOf(visit.Rotation).Where(consumer => !consumer.IsAdopted))
        {
            var now = clock.GetUtcNow();
            if (NextOn(visit.Rotation, progress) is { } next && now < next) continue;

            var rotation = visit.Rotation;
            var signal = new ReloadSignal(rotation.Id, rotation.Plan.Secret, rotation.RunningVersion!, Rehearsal: false, rotation.RunningSince);
            SignalAnswer answer = new SignalAnswer.Silent("it is no longer configured.");
            if (options.Value.Consumers.TryGetValue(progress.Alias, out var consumer))
                answer = await remotes.EffectAsync(visit, "consumer", $"signal {progress.Alias}", "Reload", (_, token) => signals.SignalAsync(progress.Alias, consumer, signal, token), cancellationToken);

            var told = progress with { SignalledOn = now, Signals = progress.Signals + 1, ToldOn = progress.ToldOn ?? now, LookOn = null };
            Replace(visit, answer switch
            {
                SignalAnswer.Silent silent => told with { Detail = RotationMachine.Bounded(silent.Detail) },
                SignalAnswer.ReadBack read => Read(visit, told, read, now),
                _ => told with { Detail = null },
            });
            if (answer is SignalAnswer.Silent unheard)
                visit.Notes.Add(LedgerNote.Ours("ConsumerSilent", $"{progress.Alias} did not take the signal: {unheard.Detail}", new JsonObject { ["consumer"] = progress.Alias }));
        }
    }

    /// <summary>What its platform shows: units that are gone need no proof, and new ones have to show it, too.</summary>
    private static ConsumerProgress Read(Visit visit, ConsumerProgress told, SignalAnswer.ReadBack read, DateTimeOffset now)
    {
        var units = read.Instances.Take(ConsumerProgress.InstancesMax).ToList();
        var proven = units.Where(unit => unit.RunsIt).ToDictionary(unit => unit.Instance, unit => told.Acknowledged.GetValueOrDefault(unit.Instance, now), StringComparer.Ordinal);
        foreach (var unit in units.Where(unit => unit.RunsIt && !told.Acknowledged.ContainsKey(unit.Instance)))
            visit.Notes.Add(LedgerNote.Ours("ReadBack", $"{told.Alias}, {unit.Instance}: {unit.Detail} {ConsumerKinds.Says(told.Worth)}", new JsonObject { ["consumer"] = told.Alias, ["instance"] = unit.Instance, ["worth"] = told.Worth.ToString() }));
        var wait = read.LookAgainAfter < s_lookMin ? s_lookMin : read.LookAgainAfter > s_lookMax ? s_lookMax : read.LookAgainAfter;
        return told with
        {
            Instances = [.. units.Select(unit => unit.Instance)],
            Acknowledged = proven,
            LookOn = now + wait,
            Detail = units.FirstOrDefault(unit => !unit.RunsIt) is { } missing ? RotationMachine.Bounded($"{missing.Instance}: {missing.Detail}") : null,
        };
    }

    private static void Replace(Visit visit, ConsumerProgress progress)
        => visit.Open = visit.Rotation with { Consumers = [.. visit.Rotation.Consumers.Select(known => known.Alias == progress.Alias ? progress : known)] };

    /// <summary>When it is told again, or looked at; null: now. Told again after a third of the slowest reload, then ever slower.</summary>
    private static DateTimeOffset? NextOn(Rotation rotation, ConsumerProgress progress)
        => progress.LookOn ?? progress.SignalledOn + (rotation.ReloadMaxOf(progress) / 3 * Math.Pow(2, Math.Clamp(progress.Signals - 1, 0, 6)));

    private StepResult.Waits Wait(Rotation rotation)
    {
        var now = clock.GetUtcNow();
        var open = rotation.Consumers.Where(consumer => !consumer.IsSettled).ToList();
        var late = open.Where(consumer => rotation.DueOn(consumer) <= now).ToList();
        var wave = WaveOf(rotation);
        var next = open.SelectMany(consumer => new[]
        {
            wave.Contains(consumer) ? NextOn(rotation, consumer) ?? now : null,
            consumer.Kind is ConsumerKind.OnDemand ? rotation.FreeOn(consumer) : null,
            rotation.DueOn(consumer) is { } due && due > now ? due : null,
        }).Append(now + RotationMachine.PeopleWaitMax).Min()!.Value;
        if (late.Count == 0) return new StepResult.Waits((rotation.Hold?.Reason is HoldReason.ConsumerSilent or HoldReason.ConsumerFailing ? rotation with { Hold = null } : rotation).Until(next, now), null);

        var who = string.Join(", ", late.Select(consumer => $"{consumer.Alias} ({string.Join(", ", consumer.Missing)})"));
        var pinned = late.Where(consumer => consumer.Kind is ConsumerKind.Pinned).Select(consumer => consumer.Alias).ToList();
        var said = string.Concat(late.Where(consumer => consumer.Detail is { Length: > 0 }).Select(consumer => $" {consumer.Alias}: {consumer.Detail}"));
        if (pinned.Count > 0) said += $" {string.Join(", ", pinned)} names a version in its own configuration: change it to {rotation.RunningVersion}.";
        var moved = pinned.Count > 0 ? new[] { Choices.ToSayMoved(string.Join(", ", pinned), rotation.RunningVersion!) } : [];
        var held = rotation.Rollback is not null
            ? rotation.Holding(HoldReason.ConsumerSilent, $"No proof from {who} that it runs the restored version. Both credentials work meanwhile.{said}", now, null,
                [Choices.ToRetry, .. moved, Choices.ToOverride("End the rollback without that proof: the credential that was issued stays alive and is reported.", 1)])
            : rotation.Holding(HoldReason.ConsumerSilent, $"No proof of the new version from {who}. The old credential ends at {(rotation.OldEndsOn is { } end ? EngineTime.Text(end) : "no known time: it is retired only after that proof")}.{said}", now, rotation.ReserveFrom,
            [Choices.ToRetry, .. moved, Choices.ToOverride($"Go on without that proof: {who} will fail when the old credential ends.", 2)]);
        return new StepResult.Waits(held.Until(next < held.WakeOn && next > now ? next : held.WakeOn, now), null);
    }
}
