using System.Text.Json.Serialization;

namespace CredRotation.Engine.Rollbacks;

/// <summary>A person takes a promotion back: the old credential becomes current again, consumers prove that they run it, and the new one ends.</summary>
/// <param name="SentOn">Written before the old value is; null: not begun.</param>
/// <param name="RestoredVersion">The version that holds the old value again; null: not written yet.</param>
/// <param name="IsProven">Every instance of every required consumer proved the restored version.</param>
public sealed record Rollback(string PersonId, string PersonName, DateTimeOffset On, DateTimeOffset? SentOn = null, string? RestoredVersion = null, DateTimeOffset? RestoredOn = null, bool IsProven = false)
{
    [JsonIgnore]
    public bool IsRestored => RestoredVersion is not null;

    /// <summary>Why this rotation cannot be rolled back now, as a sentence for people; null: it can.</summary>
    public static string? Refusal(Rotation rotation)
    {
        ArgumentNullException.ThrowIfNull(rotation);
        return rotation switch
        {
            { Rollback: { } known } => $"{known.PersonName} rolls it back already.",
            { State: RotationState.RetireSent or RotationState.Retired } => "The old credential is being retired or has ended, so there is nothing to go back to.",
            { State: not (RotationState.Promoted or RotationState.Reloaded) } => "Nothing was promoted that could be taken back.",
            { Plan.Traits.OldValidity: OldValidity.Immediate } => "The old credential ended when the new one was issued.",
            { Plan.Traits.OldValidity: OldValidity.Timer } => $"The provider ends the old credential by itself{(rotation.OldEndsOn is { } end ? $" on {EngineTime.Text(end)}" : "")}: going back would only bring the outage later. Start another rotation instead.",
            { Plan.Traits.Topology: not Topology.Overlap } => "Old and new share their places at the provider, so what stands in them cannot be kept. Start another rotation instead.",
            { Old: null } or { New: null } => "The ledger does not know both credentials.",
            _ => null,
        };
    }
}
