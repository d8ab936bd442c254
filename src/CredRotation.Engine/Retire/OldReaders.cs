using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Reload;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Retire;

/// <summary>Why the old credential may still be in use although every required consumer proved the new one.</summary>
internal abstract record OldReading
{
    /// <summary>Nobody is known to run it.</summary>
    public sealed record Clear : OldReading;

    /// <summary>The log has to catch up first.</summary>
    public sealed record Wait(DateTimeOffset Until) : OldReading;

    /// <param name="What">Sentences for people.</param>
    /// <param name="Who">Who may fail.</param>
    /// <param name="LookAgainAfter">When another look may show that it is over.</param>
    public sealed record StillRead(string What, string Who, TimeSpan LookAgainAfter) : OldReading
    {
        /// <summary>Enough of the words to know an override for exactly these by: a record is bounded, and details change.</summary>
        private string Key => RotationMachine.Bounded(Who.Length > 150 ? Who[..150] : Who);

        /// <summary>People chose to go on without exactly those.</summary>
        public bool IsExcused(Rotation rotation) => rotation.Overrides.Any(text => text.StartsWith($"{HoldReason.OldStillRead}:", StringComparison.Ordinal) && text.Contains(Key, StringComparison.Ordinal));
    }
}

/// <summary>
/// Looks, before anything is retired, for those who run or read the old version all the same: instances that came back with it, and callers
/// in the vault's log whom nobody named, or who ask for the old version by its id.
/// </summary>
internal sealed class OldReaders(Remotes remotes, ICredentialVault vault, Leases leases, IOptions<RotationOptions> options, TimeProvider clock, IVaultLog? log = null)
{
    private const string UnknownReader = "unknown-reader";
    private const int NamedMax = 10;

    /// <summary>Whoever came back hears the signal at its next heartbeat.</summary>
    private static readonly TimeSpan s_lookPause = TimeSpan.FromMinutes(1);

    /// <summary>The first reason that no override excuses. One that is excused hides no other.</summary>
    public async Task<OldReading> LookAsync(Visit visit, CancellationToken cancellationToken)
    {
        var back = await leases.OnOldAsync(visit.Rotation, cancellationToken);
        if (back.Count > 0 && Unexcused(visit, Back(visit.Rotation, back)) is { } still) return still;

        var failing = visit.Rotation.Consumers.Where(consumer => consumer is { Failures.Count: > 0, IsExcused: false }).Select(consumer => consumer.Alias).ToList();
        if (failing.Count > 0 && Unexcused(visit, Failing(failing)) is { } unable) return unable;

        if (log is null || options.Value.VaultLog is not { Workspace.Length: > 0 } asked) return new OldReading.Clear();
        var read = await AskLogAsync(visit, log, asked, cancellationToken);
        return read is OldReading.StillRead found ? Unexcused(visit, found) ?? (OldReading)new OldReading.Clear() : read;
    }

    private static OldReading.StillRead? Unexcused(Visit visit, OldReading.StillRead still) => still.IsExcused(visit.Rotation) ? null : still;

    private static OldReading.StillRead Back(Rotation rotation, IReadOnlyList<InstanceLease> back)
    {
        var who = string.Join(", ", back.Take(NamedMax).Select(lease => $"{lease.Alias} ({lease.Instance})"));
        return new($"{who} says that it runs the old version {rotation.Plan.OldVersion}; its next heartbeat is told of the new one.", who, s_lookPause);
    }

    private static OldReading.StillRead Failing(IReadOnlyList<string> failing)
    {
        var who = string.Join(", ", failing);
        return new($"{who} reports that the new version does not work for it, so that it may need the old one.", who, s_lookPause);
    }

    private async Task<OldReading> AskLogAsync(Visit visit, IVaultLog log, VaultLogOptions asked, CancellationToken cancellationToken)
    {
        var rotation = visit.Rotation;
        var now = clock.GetUtcNow();
        // What happened just now is not in it yet.
        var arrivesOn = rotation.StateOn + asked.Lag;
        if (now < arrivesOn)
        {
            // A vault that nobody uses writes nothing: this look is an entry of our own, which the log has to show.
            await remotes.ReadAsync(visit, "vault", "list versions", "Retire: an entry that the vault's log has to show", (callId, token) => vault.ListVersionsAsync(rotation.Plan.Secret, callId, token), cancellationToken);
            return new OldReading.Wait(arrivesOn);
        }

        var answer = await remotes.ReadAsync(visit, "vault", "read audit log", "Retire: rule 8, who else reads the old version",
            (_, token) => log.ReadersAsync(rotation.Plan.Secret, rotation.PromotedOn!.Value - asked.LookBack, token), cancellationToken);
        return answer switch
        {
            VaultLogAnswer.Read read when read.CompleteUntil < rotation.StateOn => Unknown($"The newest entry that has arrived is of {EngineTime.Text(read.CompleteUntil)}, before the last proof."),
            VaultLogAnswer.Read read => Judge(visit, read.Readers),
            VaultLogAnswer.NoEvidence none => Unknown(none.Detail),
            VaultLogAnswer.Partial partial => Unknown(partial.Detail),
            VaultLogAnswer.NotAllowed refused => Unknown(refused.Detail),
            VaultLogAnswer.Unavailable silent => Unknown(silent.Detail),
            _ => throw new System.Diagnostics.UnreachableException($"No meaning for {answer.GetType().Name}."),
        };

        OldReading.StillRead Unknown(string detail) => new($"Whoever reads it unknown to us could not be learnt from the vault's log. {detail}", "Whoever reads it unknown to us", asked.Lag);
    }

    private OldReading Judge(Visit visit, IReadOnlyList<VaultReader> readers)
    {
        var rotation = visit.Rotation;
        var promoted = rotation.PromotedOn!.Value;
        var principals = rotation.Consumers.Select(consumer => (consumer.Alias, options.Value.Consumers.GetValueOrDefault(consumer.Alias)?.Principal)).Where(pair => pair.Principal is { Length: > 0 })
            .ToDictionary(pair => pair.Principal!, pair => pair.Alias, StringComparer.OrdinalIgnoreCase);
        var strangers = readers.Where(reader => !principals.ContainsKey(reader.ObjectId)).GroupBy(reader => reader.ObjectId, StringComparer.OrdinalIgnoreCase).ToList();
        Note(visit, [.. strangers.Select(Named)]);

        // By its id the old one is still read; and who has read nothing since the promotion can only have the old one.
        var old = readers.Where(reader => reader.Version == rotation.Plan.OldVersion && reader.LastOn > (principals.ContainsKey(reader.ObjectId) ? rotation.StateOn : promoted))
            .Select(reader => principals.GetValueOrDefault(reader.ObjectId) is { } alias ? $"{alias} (asks for the old version by its id)" : $"{Text(reader)} (asks for the old version by its id)");
        var asleep = strangers.Where(stranger => !stranger.Any(reader => reader.LastOn > promoted && reader.Version is null || reader.Version == rotation.PromotedVersion)).Select(stranger => $"{Named(stranger)} (read it before the new version was there, and not since)");
        var who = old.Concat(asleep).Distinct(StringComparer.Ordinal).ToList();
        if (who.Count == 0) return new OldReading.Clear();

        var named = $"{string.Join(", ", who.Take(NamedMax))}{(who.Count > NamedMax ? $" and {who.Count - NamedMax} more" : "")}";
        return new OldReading.StillRead($"The vault's log shows who may still run the old version: {named}. Name them as consumers, or have them changed.", named, options.Value.VaultLog!.Lag);
    }

    /// <summary>What nobody named is told of beside the rotation, too, and as long as it is so.</summary>
    private void Note(Visit visit, IReadOnlyList<string> strangers)
    {
        var known = visit.Row.Findings.FirstOrDefault(finding => finding.Code == UnknownReader);
        if (strangers.Count == 0)
        {
            visit.Row = visit.Row.Without(UnknownReader);
            return;
        }

        var found = new Finding(UnknownReader, RotationMachine.Bounded($"Read by callers that no consumer names: {string.Join(", ", strangers.Take(NamedMax))}{(strangers.Count > NamedMax ? $" and {strangers.Count - NamedMax} more" : "")}."),
            "Name each as a consumer with its Principal, or take its right to read the secret away.", known?.Since ?? clock.GetUtcNow(), FindingSeverity.Warning);
        if (known?.Detail == found.Detail) return;
        visit.Row = visit.Row.With(found);
        visit.Notes.Add(LedgerNote.Ours("Finding", $"{found.Detail} {found.Remedy}", new System.Text.Json.Nodes.JsonObject { ["code"] = found.Code }));
    }

    private static string Named(IGrouping<string, VaultReader> reader) => Text(reader.First());

    private static string Text(VaultReader reader) => $"identity {reader.ObjectId}{(reader.AppId is { Length: > 0 } app ? $" of application {app}" : "")}";
}
