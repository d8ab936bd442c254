using CredRotation.Adapters.EventGrid;
using CredRotation.Engine;

namespace CredRotation.Sandbox.Replay;

/// <summary>Holds what the topic received against the ledger: each ended rotation once, with a head that is the ledger's own, so that whoever kept it can tell a changed ledger.</summary>
internal static class Publications
{
    public static async Task<IReadOnlyList<string>> DifferencesAsync(Stage stage, IReadOnlyList<Rotation> rotations, CancellationToken cancellationToken)
    {
        var heads = new Dictionary<(long Sequence, string Hash), RotationId?>();
        await foreach (var (entry, hash) in stage.Registry.ReadLedgerAsync(stage.Credential, cancellationToken)) heads[(entry.Sequence, hash)] = entry.Rotation;

        var missed = new List<string>();
        // The daily anchor of the chain heads travels on the same topic.
        var left = stage.World.Topic.Events.Select(published => published.Body).Where(published => published["type"]?.ToString() != EventGridRotationEvents.AnchoredType).ToList();
        foreach (var rotation in rotations)
        {
            var told = left.Where(published => published["id"]?.ToString() == rotation.Id.Value).ToList();
            left.RemoveAll(told.Contains);
            if (told is not [var completed]) missed.Add($"Rotation {rotation.Ordinal} was published {told.Count} times.");
            else if (completed["data"]?["state"]?.ToString() != rotation.State.ToString()) missed.Add($"Rotation {rotation.Ordinal} ended {rotation.State} and was published otherwise.");
            else if (completed["data"]?["chain"] is not { } chain || heads.GetValueOrDefault((chain["sequence"]!.GetValue<long>(), chain["hash"]!.ToString())) != rotation.Id) missed.Add($"Rotation {rotation.Ordinal} was published with a chain head that is not its ledger's.");
        }

        missed.AddRange(left.Select(published => $"An event was published that no rotation asked for: {published["id"]}."));
        return missed;
    }
}
