using CredRotation.Engine.Registry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Detect;

/// <summary>
/// Takes what a vault's event says as a hint: it wakes the credential and decides nothing. Safe to repeat, in any order, and safe to lose:
/// the sweep looks with the same eyes. Trouble of ledger or vault is thrown, so that the event comes again.
/// </summary>
public sealed partial class VaultHints
{
    private readonly CredentialRegistry _registry;
    private readonly CredentialSweep _sweep;
    private readonly RotationOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<VaultHints> _logger;

    internal VaultHints(CredentialRegistry registry, CredentialSweep sweep, IOptions<RotationOptions> options, TimeProvider clock, ILogger<VaultHints> logger)
        => (_registry, _sweep, _options, _clock, _logger) = (registry, sweep, options.Value, clock, logger);

    /// <summary>Looks at the secret with the sweep's eyes where the hint may hold news, and wakes it.</summary>
    public async Task<HintOutcome> HearAsync(VaultHint hint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hint);
        var outcome = await TakeAsync(hint, cancellationToken);
        LogHeard(_logger, hint.Source, hint.Secret, outcome);
        return outcome;
    }

    private async Task<HintOutcome> TakeAsync(VaultHint hint, CancellationToken cancellationToken)
    {
        // Before anything is read: whoever can post an event must not choose which vaults we call, nor make us work.
        if (_options.Vaults.All(vault => SecretName.HostOf(vault) != hint.Secret.VaultHost)) return HintOutcome.ForeignVault;

        var id = CredentialId.Of(hint.Secret);
        var row = await _registry.FindAsync(id, cancellationToken);
        if (row is { Released: not null }) row = null;
        if (row is not null && await KnowsAsync(row, hint, cancellationToken) is { } known) return known;

        // A version that was seen with this end tells nothing new: the visit asks whether it is due without another look at the vault.
        var isNews = row is null || row.Seen.Version != hint.Version || (hint.ExpiresOn is { } end && end != row.Seen.ExpiresOn);
        if (isNews && await LookAsync(hint, isManaged: row is not null, cancellationToken) is { } found) return found;

        await _registry.TellAsync(id, new InboxItem.Hint(_clock.GetUtcNow(), hint.Source, null, null), cancellationToken);
        return HintOutcome.Woken;
    }

    /// <summary>What our own records already say about the version; null when it may matter.</summary>
    private async Task<HintOutcome?> KnowsAsync(CredentialRow row, VaultHint hint, CancellationToken cancellationToken)
    {
        if (hint.Version is null) return null;
        // Never visited, it may be known only because this very event was cut off before it could wake anybody.
        if (row.Ordinal == 0) return null;
        if (hint.IsNewVersion && row.Seen.Version == hint.Version) return HintOutcome.KnownVersion;
        if (row.Seen.Version == hint.Version) return null;

        var last = await _registry.FindRotationAsync(row.Id, row.Ordinal, cancellationToken);
        if (last?.Plan.OldVersion == hint.Version) return HintOutcome.OldVersion;

        // Our own write is heard of before we have its answer: the promotion looks itself whose version is current.
        return hint.IsNewVersion && last is { State: RotationState.PromoteSent } ? HintOutcome.KnownVersion : null;
    }

    private async Task<HintOutcome?> LookAsync(VaultHint hint, bool isManaged, CancellationToken cancellationToken)
    {
        try
        {
            return await _sweep.LookAtAsync(hint.Secret, hint.Source, cancellationToken) || isManaged ? null : HintOutcome.Unmanaged;
        }
        catch (RemoteTroubleException trouble) when (trouble.Trouble is RemoteTrouble.NotFound or RemoteTrouble.Deleted)
        {
            // An answer, not trouble: asked again it would be the same. A managed credential still is visited.
            return isManaged ? null : HintOutcome.Gone;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Source} named {Secret}: {Outcome}")]
    private static partial void LogHeard(ILogger logger, string source, SecretName secret, HintOutcome outcome);
}
