using CredRotation.Adapters.EventGrid;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>Key Vault says something about a secret, by Event Grid's own call: write the hint down, wake that credential, return.</summary>
public sealed class OnSecretNearExpiry(EventHearing hearing)
{
    [Function(nameof(OnSecretNearExpiry))]
    public Task RunAsync([EventGridTrigger] string delivery, CancellationToken cancellationToken)
        => hearing.HearAsync(nameof(OnSecretNearExpiry), KeyVaultEvents.Parse(delivery), cancellationToken);
}
