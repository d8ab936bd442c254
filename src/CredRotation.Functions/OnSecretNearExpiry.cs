using CredRotation.Adapters.EventGrid;
using CredRotation.Engine.Detect;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>Key Vault says something about a secret: write the hint down, wake that credential, return. What it cannot use is logged once and not delivered again.</summary>
public sealed partial class OnSecretNearExpiry(VaultHints hints, ILogger<OnSecretNearExpiry> logger)
{
    private const int ShownMax = 100;

    [Function(nameof(OnSecretNearExpiry))]
    public async Task RunAsync([EventGridTrigger] string delivery, CancellationToken cancellationToken)
    {
        foreach (var notice in KeyVaultEvents.Parse(delivery))
        {
            if (notice.Problem is not null)
            {
                // Thrown, this would come back thirty times and hold up the rest of its delivery; the sweep sees the vault anyway.
                LogUnusable(logger, Shown(notice.Type), Shown(notice.Problem));
                continue;
            }

            // Keys, certificates and whole vaults: nothing of ours to wake.
            if (notice.Secret is null) continue;

            var isManaged = await hints.HearAsync(notice.Secret, notice.Version, $"event {Shown(notice.Type)}", cancellationToken);
            LogHeard(logger, Shown(notice.Type), notice.Secret, isManaged);
        }
    }

    /// <summary>Event text comes from outside: bounded, one line.</summary>
    private static string Shown(string? text)
        => new([.. (text ?? "unknown").Take(ShownMax).Select(c => char.IsControl(c) ? ' ' : c)]);

    [LoggerMessage(1, LogLevel.Information, "Heard {Type} about {Secret}; managed: {IsManaged}.")]
    private static partial void LogHeard(ILogger logger, string type, Engine.SecretName secret, bool isManaged);

    [LoggerMessage(2, LogLevel.Warning, "An event of type {Type} could not be used ({Problem}). Nothing is lost: the sweep reads every vault. Look at the event subscription's source.")]
    private static partial void LogUnusable(ILogger logger, string type, string problem);
}
