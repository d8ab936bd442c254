using System.Runtime.ExceptionServices;
using CredRotation.Adapters.EventGrid;
using CredRotation.Engine;
using CredRotation.Engine.Detect;

namespace CredRotation.Functions;

/// <summary>
/// Hears a delivery of Key Vault's events, whichever way it came: what may matter wakes its credential, and everything else is logged with
/// its reason and never thrown, because thrown it would only come again. Trouble of ledger or vault is thrown, so that nothing is lost.
/// </summary>
public sealed partial class EventHearing(VaultHints hints, ILogger<EventHearing> logger)
{
    /// <summary>Failed events of one delivery after which the rest is left to its next delivery.</summary>
    private const int FailuresMax = 3;

    private const int ShownMax = 100;
    private const string NewVersion = "NewVersionCreated";

    public async Task HearAsync(IReadOnlyList<KeyVaultEvent> delivery, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        Exception? first = null;
        var failures = 0;
        foreach (var notice in delivery)
        {
            try
            {
                await HearAsync(notice, cancellationToken);
            }
            catch (Exception trouble) when (!cancellationToken.IsCancellationRequested)
            {
                // One that fails must not keep the others of its delivery from being heard.
                first ??= trouble;
                if (++failures == FailuresMax) break;
            }
        }

        if (first is not null) ExceptionDispatchInfo.Throw(first);
    }

    private async Task HearAsync(KeyVaultEvent notice, CancellationToken cancellationToken)
    {
        var type = Shown(notice.Type);
        if (notice.Problem is not null)
        {
            LogUnusable(logger, type, Shown(notice.Problem));
            return;
        }

        if (notice.Secret is not { } secret)
        {
            LogNothingToWake(logger, type, Shown(notice.ObjectName));
            return;
        }

        var isNewVersion = notice.Type.EndsWith(NewVersion, StringComparison.OrdinalIgnoreCase);
        var outcome = await hints.HearAsync(new VaultHint(secret, notice.Version, notice.ExpiresOn, isNewVersion, $"event {type}"), cancellationToken);
        LogHeard(logger, type, secret, outcome);
        if (outcome is HintOutcome.ForeignVault) LogForeign(logger, type, secret.VaultHost);
    }

    /// <summary>Event text comes from outside: bounded, one line.</summary>
    private static string Shown(string? text)
        => new([.. (text ?? "unknown").Take(ShownMax).Select(c => char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? ' ' : c)]);

    [LoggerMessage(1, LogLevel.Information, "Heard {Type} about {Secret}: {Outcome}.")]
    private static partial void LogHeard(ILogger logger, string type, SecretName secret, HintOutcome outcome);

    [LoggerMessage(2, LogLevel.Warning, "An event of type {Type} could not be used ({Problem}). Nothing is lost: the sweep reads every vault. Look at the event subscription's source.")]
    private static partial void LogUnusable(ILogger logger, string type, string problem);

    [LoggerMessage(3, LogLevel.Information, "{Type} about {Name} wakes nothing: keys, certificates and access policies are not rotated here. The sweep announces what expires.")]
    private static partial void LogNothingToWake(ILogger logger, string type, string name);

    [LoggerMessage(4, LogLevel.Warning, "{Type} came from {Vault}, which Rotation:Vaults does not list; it was ignored. Remove that event subscription, or add the vault.")]
    private static partial void LogForeign(ILogger logger, string type, string vault);
}
