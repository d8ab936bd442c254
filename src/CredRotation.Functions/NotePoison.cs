using CredRotation.Adapters.Storage;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>What failed on every attempt was set aside by the host, where nobody looks: it becomes a finding, and of its text only a credential's id is believed.</summary>
public sealed partial class NotePoison(ICredentialRegistry registry, TimeProvider clock, ILogger<NotePoison> logger)
{
    private const string Code = "poison-message";

    [Function("NotePoisonRotation")]
    public async Task OnRotationAsync([QueueTrigger(AdvanceRotation.Queue + QueueRules.PoisonSuffix, Connection = "AzureWebJobsStorage")] string body, CancellationToken cancellationToken)
    {
        var credential = CredentialId.TryParse(body?.Trim().Trim('"'), out var id) ? await registry.FindAsync(id, cancellationToken) : null;
        var about = credential is null ? WatchedName.OfWayIn(nameof(AdvanceRotation)) : WatchedName.Of(credential.Secret);
        await NoteAsync(
            AdvanceRotation.Queue,
            about,
            "Visits to it failed on every attempt of a message, which was set aside. Nothing is lost: an open rotation is woken from the registry and tried again.",
            "Look at the log of AdvanceRotation for what it failed of; where it goes on, the rotation's page says where it stands.",
            cancellationToken);
    }

    [Function("NotePoisonEvent")]
    public Task OnEventAsync([QueueTrigger(HearEvent.Queue + QueueRules.PoisonSuffix, Connection = "AzureWebJobsStorage")] string body, CancellationToken cancellationToken)
        => NoteAsync(
            HearEvent.Queue,
            WatchedName.OfWayIn(nameof(HearEvent)),
            "An event could not be heard on any attempt and was set aside. Nothing is lost: the sweep reads every vault.",
            "Look at the log of HearEvent for what it failed of: usually the ledger or a vault did not answer for several minutes.",
            cancellationToken);

    private async Task NoteAsync(string queue, WatchedName about, string detail, string remedy, CancellationToken cancellationToken)
    {
        LogPoison(logger, queue, about);
        RotationTelemetry.CountPoison(queue);
        await registry.NoteFindingAsync(about, new Finding(Code, detail, remedy, clock.GetUtcNow(), FindingSeverity.Warning), times: 1, cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Error, "A message of queue {Queue} failed on every attempt and was set aside; about {About}. It is a finding now.")]
    private static partial void LogPoison(ILogger logger, string queue, WatchedName about);
}
