using System.Text.Json.Nodes;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Releases;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Detect;

/// <summary>What came of a look at one secret.</summary>
internal enum LookResult { Nothing, Adopted, Woken }

/// <summary>What a look at one secret saw and did.</summary>
/// <param name="Seen">What the vault says of it.</param>
/// <param name="Row">The managed credential, if it is one now.</param>
/// <param name="Findings">What stands against adopting it.</param>
internal sealed record Looked(LookResult Result, SecretProperties Seen, CredentialRow? Row, IReadOnlyList<Finding> Findings);

/// <summary>Looks at one secret's properties: adopts what its tags ask for within what configuration grants, wakes what is due or was changed, and leaves alone what was released.</summary>
internal sealed partial class SecretLook(ICredentialVault vault, CredentialRegistry registry, IWorkQueue queue, IOptions<RotationOptions> options, TimeProvider clock, ILogger<SecretLook> logger)
{
    private const string CallId = "rot-sweep";
    private const string Sweep = "sweep";

    private readonly RotationOptions _options = options.Value;

    /// <summary>
    /// Looks at the newest version, as an event or a person named it. Null: no such secret, or its vault is not watched. Wakes nothing that did
    /// not change: whoever named it tells the credential why, and a visit before that would not know.
    /// </summary>
    public async Task<Looked?> RunAsync(SecretName secret, string source, CancellationToken cancellationToken)
    {
        if (_options.Vaults.All(watched => SecretName.HostOf(watched) != secret.VaultHost)) return null;

        var versions = await vault.ListVersionsAsync(secret, CallId, cancellationToken);
        return versions is [.., var newest] ? await RunAsync(newest with { Version = null }, versions, source, cancellationToken) : null;
    }

    /// <summary>Looks at what a vault's list shows, which names no version. Who calls puts what is woken on the queue.</summary>
    /// <param name="adopted">Every id in the registry: what is not there and does not ask to be needs no look at a row.</param>
    public async Task<Looked> RunAsync(SecretProperties listed, IReadOnlySet<CredentialId> adopted, CancellationToken cancellationToken)
        => TagReader.AsksForManagement(listed) || adopted.Contains(CredentialId.Of(listed.Secret))
            ? await RunAsync(listed, versions: null, Sweep, cancellationToken)
            : new Looked(LookResult.Nothing, listed, null, []);

    /// <param name="versions">Of the secret, when they were listed already.</param>
    private async Task<Looked> RunAsync(SecretProperties listed, IReadOnlyList<SecretProperties>? versions, string source, CancellationToken cancellationToken)
    {
        var id = CredentialId.Of(listed.Secret);
        var now = clock.GetUtcNow();
        var row = await registry.FindAsync(id, cancellationToken);
        if (row is null)
        {
            // The secret behind a certificate changes with it: rotating it by itself would break both.
            if (listed.IsManaged || !TagReader.AsksForManagement(listed)) return new Looked(LookResult.Nothing, listed, null, []);
            return await AdoptAsync(id, listed, versions, now, cancellationToken);
        }

        if (row.Released is { } released) return await LookAtReleasedAsync(row, released, listed, versions, source, now, cancellationToken);

        var seen = row.Seen;
        if (HasChanged(listed, seen) && await ReadCurrentVersionAsync(listed.Secret, versions, now, cancellationToken) is { } newest)
        {
            if (newest.Version != seen.Version || newest.ExpiresOn != seen.ExpiresOn || newest.HasTags != seen.HasTags || newest.Tags != seen.Tags)
                await registry.TellAsync(id, new InboxItem.Hint(now, source, newest, newest.HasTags ? null : TagsDropped(newest, now)), cancellationToken);
            seen = newest;
        }

        var findings = await HearTagsAsync(row, listed, source, now, cancellationToken);
        if (row.IsOpen)
        {
            // The open-work index is only a hint; the sweep repairs what a crash left out of it.
            await registry.IndexOpenAsync(id, cancellationToken);
            return new Looked(LookResult.Nothing, listed, row, findings);
        }

        var isDue = _options.Policies.TryGetValue(row.Binding.Policy, out var policy) && DueRules.IsDue(seen, policy, now) is not null;
        // With nothing open no wake stands for a message that was lost, nor for a change of binding that a crash cut short.
        var isToBeVisited = isDue || row is { Pending.Consents.Count: > 0 } or { TargetToRelease: not null } || IsToBeHeard(row.ReleaseAsked, now) || await registry.HasInboxAsync(id, cancellationToken);
        if (!isToBeVisited) return new Looked(LookResult.Nothing, listed, row, findings);
        return new Looked(LookResult.Woken, listed, row, findings);
    }

    /// <summary>A released secret is watched like any other; only tags that were changed since ask for its adoption anew, and the next visit decides.</summary>
    private async Task<Looked> LookAtReleasedAsync(CredentialRow row, ReleasedAdoption released, SecretProperties listed, IReadOnlyList<SecretProperties>? versions, string source, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // What a crash cut short, and what was said meanwhile: no wake stands for either.
        if (released.ToFree is not null || row.TargetToRelease is not null || await registry.HasInboxAsync(row.Id, cancellationToken)) await queue.SendAsync(row.Id, TimeSpan.Zero, cancellationToken);
        var isUndone = released.IsUndoneBy(listed) && !listed.IsManaged && TagReader.AsksForManagement(listed);
        if (!isUndone && !released.IsBehind(listed)) return new Looked(LookResult.Nothing, listed, null, []);

        Binding? asked = null;
        if (isUndone)
        {
            (asked, var findings) = TagReader.Read(listed, _options, now);
            if (asked is null) return new Looked(LookResult.Nothing, listed, null, findings);
            if (await registry.FindTargetAsync(asked.Account, asked.Target, cancellationToken) is { } owner && owner != row.Id) return new Looked(LookResult.Nothing, listed, null, [TargetTaken(asked, now)]);
        }

        if (await ReadCurrentVersionAsync(listed.Secret, versions, now, cancellationToken) is { } newest)
            await registry.TellAsync(row.Id, new InboxItem.Retagged(now, source, released.On, newest, asked), cancellationToken);
        return new Looked(asked is null ? LookResult.Nothing : LookResult.Woken, listed, null, []);
    }

    private static bool IsToBeHeard(ReleaseRequest? asked, DateTimeOffset now) => asked is { IsTold: false } || asked?.IsOver(now) is true;

    /// <summary>Rule 15: tags of a managed credential that ask for another binding are a finding and a question to those who answer now, never a change.</summary>
    private async Task<IReadOnlyList<Finding>> HearTagsAsync(CredentialRow row, SecretProperties listed, string source, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (asked, findings) = ReadTags(row, listed, _options, now);
        if (asked is null) return findings;

        var isAnotherThanKnown = row.Pending is { } known ? !known.Binding.IsSame(asked) : !row.Binding.IsSame(asked);
        if (isAnotherThanKnown) await registry.TellAsync(row.Id, new InboxItem.Hint(now, source, null, null, asked), cancellationToken);
        return findings;
    }

    /// <summary>What the tags of a managed credential ask for, null when they cannot be meant, with what stands against it.</summary>
    public static (Binding? Asked, IReadOnlyList<Finding> Findings) ReadTags(CredentialRow row, SecretProperties listed, RotationOptions options, DateTimeOffset now)
    {
        // Lost tags ask for nothing: the binding stays.
        var (asked, findings) = TagReader.AsksForManagement(listed) ? TagReader.Read(listed, options, now) : (row.Binding, []);
        return asked is null || row.Binding.IsSame(asked) ? (asked, findings) : (asked, [BindingWaits(row.Binding, asked, now)]);
    }

    public static Finding TargetTaken(Binding binding, DateTimeOffset now)
        => new("target-taken", $"Target {binding.Target} of account {binding.Account} belongs to another managed credential.", "Correct the rotate-target tag, or release the other credential first.", now, Findings.FindingSeverity.Warning);

    private static Finding BindingWaits(Binding current, Binding asked, DateTimeOffset now)
        => new("binding-change", RotationMachine.Bounded($"Its tags ask for another binding: {string.Join("; ", current.DifferencesTo(asked).Select(difference => $"{difference.What} {difference.To} instead of {difference.From}"))}. Nothing changes until one who answers for it now consents."),
            "Consent on the credentials page if that is meant; else write the tags as they were.", now, Findings.FindingSeverity.Warning);

    private static bool HasChanged(SecretProperties listed, SeenVersion seen)
        => listed.ExpiresOn != seen.ExpiresOn || (listed.Tags.Count > 0) != seen.HasTags
            || (seen.Tags is { } tags && tags != AdoptionTags.HashOf(listed.Tags))
            || (listed.CreatedOn is { } created && seen.CreatedOn is { } known && created.ToUnixTimeSeconds() != known.ToUnixTimeSeconds());

    private static Finding TagsDropped(SeenVersion newest, DateTimeOffset now)
        => new("tags-dropped", $"Version {newest.Version} carries no tags.", "The credential stays managed with its binding. Write the tags again so that people who look at the vault see it.", now);

    private async Task<Looked> AdoptAsync(CredentialId id, SecretProperties listed, IReadOnlyList<SecretProperties>? versions, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (binding, findings) = TagReader.Read(listed, _options, now);
        if (binding is null || await ReadCurrentVersionAsync(listed.Secret, versions, now, cancellationToken) is not { } seen) return new Looked(LookResult.Nothing, listed, null, findings);

        // The target first: once it is ours, the claim on the credential is the claim on its target.
        if (await registry.TakeTargetAsync(binding.Account, binding.Target, id, cancellationToken) is { } owner && owner != id)
            return new Looked(LookResult.Nothing, listed, null, [TargetTaken(binding, now)]);

        var row = new CredentialRow { Id = id, Secret = listed.Secret, Binding = binding, AdoptedOn = now, Seen = seen };
        await registry.AddAsync(row, LedgerNote.Ours("Adopted", $"Adopted from tags: account {binding.Account}, target {binding.Target}, policy {binding.Policy}.",
            new JsonObject { ["secret"] = listed.Secret.ToString(), ["ownerGroup"] = binding.OwnerGroup, ["consumers"] = string.Join(",", binding.Consumers) }), cancellationToken);
        LogAdopted(logger, listed.Secret, id);
        return new Looked(LookResult.Adopted, listed, row, []);
    }

    /// <summary>The newest enabled version counts as current only if it is the newest at all: a disabled newest one is what readers meet.</summary>
    private async Task<SeenVersion?> ReadCurrentVersionAsync(SecretName secret, IReadOnlyList<SecretProperties>? versions, DateTimeOffset now, CancellationToken cancellationToken)
    {
        versions ??= await vault.ListVersionsAsync(secret, CallId, cancellationToken);
        return versions is [.., { Version: { } version } newest] ? new SeenVersion(version, newest.ExpiresOn, newest.CreatedOn, newest.Tags.Count > 0, now, AdoptionTags.HashOf(newest.Tags)) : null;
    }

    [LoggerMessage(1, LogLevel.Information, "Adopted {Secret} as {Credential}")]
    private static partial void LogAdopted(ILogger logger, SecretName secret, CredentialId credential);
}
