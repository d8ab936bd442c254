using System.Text.Json.Nodes;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Verify;

namespace CredRotation.Engine.Promote;

/// <summary>
/// Makes the proven credential the one that consumers read: one vault write with tags, content type and the right new expiry. Safe to repeat:
/// a visit that did not itself write <c>PromoteSent</c> first compares the current value's fingerprint with the staged one; a tag proves nothing.
/// </summary>
internal sealed class PromoteStep(Remotes remotes, ICredentialVault vault, InstallationKey key, ChangeGate gate, TimeProvider clock) : IRotationStep
{
    public bool Handles(Rotation rotation) => rotation.State is RotationState.Verified or RotationState.PromoteSent;

    public async Task<StepResult> RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        var rotation = visit.Rotation;
        if (rotation.State is RotationState.Verified)
        {
            // Where a clock runs nothing delays it any more (rule 8).
            if (rotation.Plan.Traits.OldValidity is OldValidity.UntilRetired && gate.Closed(visit) is { } closed) return new StepResult.Waits(closed, null);
            visit.MayPromote = true;
            var expected = rotation.ExpectedVersion ?? rotation.Plan.OldVersion;
            return new StepResult.Moved(rotation.To(RotationState.PromoteSent, clock.GetUtcNow()) with { ExpectedVersion = expected },
                LedgerNote.Ours(nameof(RotationState.PromoteSent), "About to write the new version.", new JsonObject { ["expectedVersion"] = expected, ["expiresOn"] = rotation.NewExpiresOn is { } end ? EngineTime.Text(end) : null }));
        }

        if (!visit.MayPromote && await LookAsync(visit, cancellationToken) is { } settled) return settled;

        visit.MayPromote = false;
        var value = await StagedValue.ReadAsync(visit, remotes, vault, key, "Promote: the staged value", cancellationToken);
        rotation = visit.Rotation;
        var write = new VaultWrite(value, rotation.Old?.ContentType, rotation.NewExpiresOn, rotation.Old?.Tags ?? new Dictionary<string, string>());
        var version = await remotes.EffectAsync(visit, "vault", "write new version", "Promote",
            (callId, token) => vault.WriteAsync(rotation.Plan.Secret, write, callId, token), cancellationToken);
        return Promoted(visit, version, "The new version is current.");
    }

    /// <summary>Another visit may have written already, and somebody else may have, too.</summary>
    private async Task<StepResult?> LookAsync(Visit visit, CancellationToken cancellationToken)
    {
        var rotation = visit.Rotation;
        var current = await remotes.ReadAsync(visit, "vault", "read current secret", "Promote: recover, it happened if the fingerprint is ours",
            (callId, token) => vault.ReadCurrentAsync(rotation.Plan.Secret, callId, token), cancellationToken);
        remotes.Heard(visit, current.RemoteDate);
        var version = current.Properties.Version!;
        var live = await key.FingerprintAsync(current.Value, cancellationToken);
        if (live == rotation.New!.Fingerprint) return Promoted(visit, version, "Recovered: the current value is the staged one.");
        if (version == rotation.ExpectedVersion) return null;
        if (live == rotation.Old?.Fingerprint)
        {
            // The same value written again is what is replaced.
            visit.Open = visit.Rotation with { ExpectedVersion = version };
            return null;
        }

        var now = clock.GetUtcNow();
        rotation = visit.Rotation;
        if (rotation.ForeignVersion == version && rotation.IsOverridden(HoldReason.ChangedByHand)) return null;
        return new StepResult.Waits((rotation with { ForeignVersion = version }).Holding(HoldReason.ChangedByHand, $"Version {version} was written by somebody else before ours. The old credential's clock runs.", now, rotation.ReserveFrom,
            new HoldChoice(Choices.KeepOurs, "Write ours over theirs; theirs stays readable as an older version."),
            new HoldChoice(Choices.KeepTheirs, "Keep theirs and end this rotation; what was issued is reported.")), null);
    }

    private StepResult.Moved Promoted(Visit visit, string version, string why)
    {
        var now = clock.GetUtcNow();
        var rotation = visit.Rotation;
        // Only a clean write of this visit proves when; a recovered one is at least as old as PromoteSent.
        visit.Row = visit.Row with { Known = new KnownCredential(rotation.New!.Fingerprint, rotation.New.ProviderId), Seen = new SeenVersion(version, rotation.NewExpiresOn, now, rotation.Old?.Tags.Count > 0, now, rotation.Old is { } old ? AdoptionTags.HashOf(old.Tags) : null) };
        return new StepResult.Moved(rotation.To(RotationState.Promoted, now) with { PromotedVersion = version, PromotedOn = now },
            LedgerNote.Ours(nameof(RotationState.Promoted), why, new JsonObject { ["version"] = version, ["expiresOn"] = rotation.NewExpiresOn is { } end ? EngineTime.Text(end) : null }));
    }
}
