using System.Runtime.ExceptionServices;
using CredRotation.Adapters.EventGrid;
using CredRotation.Engine;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Detect.Health;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;

namespace CredRotation.Functions;

/// <summary>
/// Hears a delivery of Key Vault's events, whichever way it came: what may matter wakes its credential, what is of no use becomes a finding of
/// that way in, and neither is ever thrown, because thrown it would only come again. Trouble of ledger or vault is thrown, so that nothing is lost.
/// </summary>
public sealed partial class EventHearing(VaultHints hints, ICredentialRegistry registry, EventsHeard heard, TimeProvider clock, ILogger<EventHearing> logger)
{
    /// <summary>Failed events of one delivery after which the rest is left to its next delivery.</summary>
    private const int FailuresMax = 3;

    private const int ShownMax = 100;
    private const string NewVersion = "NewVersionCreated";

    /// <param name="wayIn">The function by which it came.</param>
    public async Task<Heard> HearAsync(string wayIn, IReadOnlyList<KeyVaultEvent> delivery, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        Exception? first = null;
        var (woken, ignored, failures) = (0, 0, 0);
        var unusable = new Dictionary<string, (Finding Finding, int Times)>();
        foreach (var notice in delivery)
        {
            try
            {
                var (isWoken, finding) = await HearAsync(notice, cancellationToken);
                if (finding is not null) unusable[finding.Code] = (finding, unusable.GetValueOrDefault(finding.Code).Times + 1);
                else if (isWoken) woken++;
                else ignored++;
            }
            catch (Exception trouble) when (!cancellationToken.IsCancellationRequested)
            {
                // One that fails must not keep the others of its delivery from being heard.
                first ??= trouble;
                if (++failures == FailuresMax) break;
            }
        }

        // Once per delivery: thousands of useless events cost a few writes, and the sender has its answer in time.
        foreach (var (finding, times) in unusable.Values) await registry.NoteFindingAsync(WatchedName.OfWayIn(wayIn), finding, times, cancellationToken);
        var heard = new Heard(woken, ignored, unusable.Values.Sum(noted => noted.Times));
        LogDelivery(logger, wayIn, heard.Woken, heard.Ignored, heard.Unusable, failures);
        if (first is not null) ExceptionDispatchInfo.Throw(first);
        return heard;
    }

    private async Task<(bool IsWoken, Finding? Unusable)> HearAsync(KeyVaultEvent notice, CancellationToken cancellationToken)
    {
        if (notice.Problem is { } problem)
        {
            LogUnusable(logger, problem.Detail);
            return (false, UnusableEvents.Of(problem, clock.GetUtcNow()));
        }

        var type = Shown(notice.Type);
        if (notice.Secret is not { } secret)
        {
            LogNothingToWake(logger, type, Shown(notice.ObjectName));
            return (false, null);
        }

        var isNewVersion = notice.Type.EndsWith(NewVersion, StringComparison.OrdinalIgnoreCase);
        var outcome = await hints.HearAsync(new VaultHint(secret, notice.Version, notice.ExpiresOn, isNewVersion, $"event {type}"), cancellationToken);
        LogHeard(logger, type, secret, outcome);
        if (outcome is not HintOutcome.ForeignVault) await heard.NoteAsync(secret.VaultHost, cancellationToken);
        return (outcome is HintOutcome.Woken, outcome is HintOutcome.ForeignVault ? UnusableEvents.OfForeignVault(Shown(secret.VaultHost), clock.GetUtcNow()) : null);
    }

    /// <summary>Event text comes from outside: bounded, one line.</summary>
    private static string Shown(string? text)
        => new([.. (text ?? "unknown").Take(ShownMax).Select(c => char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? ' ' : c)]);

    [LoggerMessage(1, LogLevel.Information, "Heard {Type} about {Secret}: {Outcome}.")]
    private static partial void LogHeard(ILogger logger, string type, SecretName secret, HintOutcome outcome);

    [LoggerMessage(2, LogLevel.Warning, "An event could not be used: {Problem} Nothing is lost: the sweep reads every vault. The findings say what to look at.")]
    private static partial void LogUnusable(ILogger logger, string problem);

    [LoggerMessage(3, LogLevel.Information, "{Type} about {Name} wakes nothing: keys, certificates and access policies are not rotated here. The sweep announces what expires.")]
    private static partial void LogNothingToWake(ILogger logger, string type, string name);

    [LoggerMessage(4, LogLevel.Information, "A delivery by {WayIn}: {Woken} woke their credential, {Ignored} were ignored, {Unusable} are counted in findings, {Failed} failed.")]
    private static partial void LogDelivery(ILogger logger, string wayIn, int woken, int ignored, int unusable, int failed);
}
