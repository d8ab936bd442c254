using CredRotation.Engine.Registry;
using Microsoft.Extensions.Logging;

namespace CredRotation.Engine.Detect;

/// <summary>Takes what a vault's event says as a hint: it wakes the credential and decides nothing.</summary>
public sealed partial class VaultHints
{
    private readonly CredentialRegistry _registry;
    private readonly CredentialSweep _sweep;
    private readonly TimeProvider _clock;
    private readonly ILogger<VaultHints> _logger;

    internal VaultHints(CredentialRegistry registry, CredentialSweep sweep, TimeProvider clock, ILogger<VaultHints> logger)
        => (_registry, _sweep, _clock, _logger) = (registry, sweep, clock, logger);

    /// <summary>Looks at the secret with the sweep's eyes and wakes it. False: not ours, knowingly ignored.</summary>
    public async Task<bool> HearAsync(SecretName secret, string? version, string source, CancellationToken cancellationToken)
    {
        var id = CredentialId.Of(secret);
        var row = await _registry.FindAsync(id, cancellationToken);
        // A version that was seen already tells nothing new: the visit asks whether it is due without another look at the vault.
        if (row is null || row.Seen.Version != version)
        {
            if (!await _sweep.LookAtAsync(secret, cancellationToken) && row is null)
            {
                LogIgnored(_logger, source, secret);
                return false;
            }
        }

        await _registry.TellAsync(id, new InboxItem.Hint(_clock.GetUtcNow(), source, null, null), cancellationToken);
        LogHeard(_logger, source, secret);
        return true;
    }

    [LoggerMessage(1, LogLevel.Information, "{Source} woke {Secret}")]
    private static partial void LogHeard(ILogger logger, string source, SecretName secret);

    [LoggerMessage(2, LogLevel.Information, "{Source} named {Secret}, which is not managed; ignored")]
    private static partial void LogIgnored(ILogger logger, string source, SecretName secret);
}
