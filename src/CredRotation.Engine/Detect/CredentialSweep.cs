using System.Text.Json.Nodes;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Detect;

/// <summary>What a sweep found.</summary>
public sealed record SweepResult(int Vaults, int Secrets, int Adopted, int Woken, int Findings, IReadOnlyList<string> UnreadVaults);

/// <summary>
/// The truth that events are hints of: pages through every configured vault, properties only, adopts what tags ask for within what
/// configuration grants, and wakes what is due or was changed.
/// </summary>
public sealed partial class CredentialSweep
{
    private const string CallId = "rot-sweep";

    private readonly ICredentialVault _vault;
    private readonly CredentialRegistry _registry;
    private readonly IWorkQueue _queue;
    private readonly RotationOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<CredentialSweep> _logger;

    internal CredentialSweep(ICredentialVault vault, CredentialRegistry registry, IWorkQueue queue, IOptions<RotationOptions> options, TimeProvider clock, ILogger<CredentialSweep> logger)
        => (_vault, _registry, _queue, _options, _clock, _logger) = (vault, registry, queue, options.Value, clock, logger);

    public async Task<SweepResult> RunAsync(CancellationToken cancellationToken)
    {
        int secrets = 0, adopted = 0, woken = 0, findings = 0;
        var unread = new List<string>();
        foreach (var vault in _options.Vaults)
        {
            try
            {
                await foreach (var listed in _vault.ListSecretsAsync(vault, cancellationToken))
                {
                    secrets++;
                    switch (await TryLookAsync(listed, cancellationToken))
                    {
                        case Look.Adopted: adopted++; break;
                        case Look.Woken: woken++; break;
                        case Look.Found: findings++; break;
                        case Look.Nothing: break;
                    }
                }
            }
            catch (RemoteTroubleException trouble)
            {
                // One vault that cannot be read must not hide the others.
                unread.Add(SecretName.HostOf(vault));
                LogUnread(_logger, SecretName.HostOf(vault), trouble.Message);
            }
        }

        LogSwept(_logger, _options.Vaults.Count, secrets, adopted, woken, findings);
        return new SweepResult(_options.Vaults.Count, secrets, adopted, woken, findings, unread);
    }

    /// <summary>Looks at one secret that an event or a person named.</summary>
    /// <returns>False when it is not managed and does not ask to be.</returns>
    public async Task<bool> LookAtAsync(SecretName secret, CancellationToken cancellationToken)
    {
        if (_options.Vaults.All(vault => SecretName.HostOf(vault) != secret.VaultHost)) return false;

        var versions = await _vault.ListVersionsAsync(secret, CallId, cancellationToken);
        return versions.Count > 0 && await LookAsync(versions[^1] with { Version = null }, cancellationToken) is Look.Adopted or Look.Woken;
    }

    private enum Look { Nothing, Adopted, Woken, Found }

    /// <summary>One row that this version cannot read must not end the sweep of the others.</summary>
    private async Task<Look> TryLookAsync(SecretProperties listed, CancellationToken cancellationToken)
    {
        try
        {
            return await LookAsync(listed, cancellationToken);
        }
        catch (NewerFormatException newer)
        {
            LogNewer(_logger, listed.Secret, newer.Message);
            return Look.Nothing;
        }
    }

    private async Task<Look> LookAsync(SecretProperties listed, CancellationToken cancellationToken)
    {
        var id = CredentialId.Of(listed.Secret);
        var now = _clock.GetUtcNow();
        var row = await _registry.FindAsync(id, cancellationToken);
        if (row is null)
        {
            if (!TagReader.AsksForManagement(listed)) return Look.Nothing;
            row = await AdoptAsync(id, listed, now, cancellationToken);
            if (row is null) return Look.Found;
            await _queue.SendAsync(id, TimeSpan.Zero, cancellationToken);
            return Look.Adopted;
        }

        var seen = row.Seen;
        if (HasChanged(listed, seen) && await ReadCurrentVersionAsync(listed.Secret, now, cancellationToken) is { } newest)
        {
            if (newest.Version != seen.Version || newest.ExpiresOn != seen.ExpiresOn || newest.HasTags != seen.HasTags)
                await _registry.TellAsync(id, new InboxItem.Hint(now, "sweep", newest, newest.HasTags ? null : TagsDropped(newest, now)), cancellationToken);
            seen = newest;
        }

        if (row.IsOpen)
        {
            // The open-work index is only a hint; the sweep repairs what a crash left out of it.
            await _registry.IndexOpenAsync(id, cancellationToken);
            return Look.Nothing;
        }

        if (!_options.Policies.TryGetValue(row.Binding.Policy, out var policy) || DueRules.IsDue(seen, policy, now) is null) return Look.Nothing;
        await _queue.SendAsync(id, TimeSpan.Zero, cancellationToken);
        return Look.Woken;
    }

    private static bool HasChanged(SecretProperties listed, SeenVersion seen)
        => listed.ExpiresOn != seen.ExpiresOn || (listed.Tags.Count > 0) != seen.HasTags
            || (listed.CreatedOn is { } created && seen.CreatedOn is { } known && created.ToUnixTimeSeconds() != known.ToUnixTimeSeconds());

    private static Finding TagsDropped(SeenVersion newest, DateTimeOffset now)
        => new("tags-dropped", $"Version {newest.Version} carries no tags.", "The credential stays managed with its binding. Write the tags again so that people who look at the vault see it.", now);

    private async Task<CredentialRow?> AdoptAsync(CredentialId id, SecretProperties listed, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (binding, findings) = TagReader.Read(listed, _options, now);
        foreach (var finding in findings) await NoteAsync(listed.Secret, finding, cancellationToken);
        if (binding is null || await ReadCurrentVersionAsync(listed.Secret, now, cancellationToken) is not { } seen) return null;

        // The target first: once it is ours, the claim on the credential is the claim on its target.
        if (await _registry.TakeTargetAsync(binding.Account, binding.Target, id, cancellationToken) is { } owner && owner != id)
        {
            await NoteAsync(listed.Secret, new Finding("target-taken", $"Target {binding.Target} of account {binding.Account} belongs to another managed credential.", "Correct the rotate-target tag, or release the other credential first.", now), cancellationToken);
            return null;
        }

        var row = new CredentialRow { Id = id, Secret = listed.Secret, Binding = binding, AdoptedOn = now, Seen = seen };
        await _registry.AddAsync(row, LedgerNote.Ours("Adopted", $"Adopted from tags: account {binding.Account}, target {binding.Target}, policy {binding.Policy}.",
            new JsonObject { ["secret"] = listed.Secret.ToString(), ["ownerGroup"] = binding.OwnerGroup, ["consumers"] = string.Join(",", binding.Consumers) }), cancellationToken);
        LogAdopted(_logger, listed.Secret, id);
        return row;
    }

    private async Task NoteAsync(SecretName secret, Finding finding, CancellationToken cancellationToken)
    {
        await _registry.NoteFindingAsync(secret, finding, cancellationToken);
        LogFinding(_logger, secret, finding.Code);
    }

    /// <summary>The newest enabled version counts as current only if it is the newest at all: a disabled newest one is what readers meet.</summary>
    private async Task<SeenVersion?> ReadCurrentVersionAsync(SecretName secret, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var versions = await _vault.ListVersionsAsync(secret, CallId, cancellationToken);
        return versions is [.., { Version: { } version } newest] ? new SeenVersion(version, newest.ExpiresOn, newest.CreatedOn, newest.Tags.Count > 0, now) : null;
    }

    [LoggerMessage(1, LogLevel.Information, "Swept {Vaults} vaults: {Secrets} secrets, {Adopted} adopted, {Woken} woken, {Findings} findings")]
    private static partial void LogSwept(ILogger logger, int vaults, int secrets, int adopted, int woken, int findings);

    [LoggerMessage(2, LogLevel.Warning, "Vault {Vault} could not be swept: {Trouble} Other vaults were; the next sweep tries again.")]
    private static partial void LogUnread(ILogger logger, string vault, string trouble);

    [LoggerMessage(3, LogLevel.Information, "Adopted {Secret} as {Credential}")]
    private static partial void LogAdopted(ILogger logger, SecretName secret, CredentialId credential);

    [LoggerMessage(5, LogLevel.Warning, "{Secret} was left untouched: {Reason}")]
    private static partial void LogNewer(ILogger logger, SecretName secret, string reason);

    [LoggerMessage(4, LogLevel.Warning, "{Secret} asks for management and cannot have it: {Code}")]
    private static partial void LogFinding(ILogger logger, SecretName secret, string code);
}
