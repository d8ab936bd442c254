using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Evidence;

/// <summary>
/// The record of a rotation for people who were not there: self-contained, without a value, and checked offline by a program that shares no
/// code with this one. Entries are the stored texts themselves, since their hashes are over exactly these characters.
/// </summary>
/// <param name="Format">1. A checker refuses what it does not know.</param>
/// <param name="PlanText">The frozen plan as it was written, when its hash can still be shown; null when another version wrote it.</param>
/// <param name="FirstSequence">The first entry that is given; 1 unless the chain is longer than <see cref="EntriesMax"/>.</param>
public sealed record EvidenceFile(
    int Format,
    RotationId Rotation,
    CredentialId Credential,
    string Vault,
    string Secret,
    int Ordinal,
    RotationState State,
    DateTimeOffset MadeOn,
    string PlanHash,
    string? PlanText,
    IReadOnlyList<Approval> Approvals,
    IReadOnlyList<string> Overrides,
    string? RetireProof,
    bool IsRetirementProven,
    IReadOnlyList<Suspect> Suspects,
    IReadOnlyList<RemoteCall> Calls,
    long FirstSequence,
    ChainHead Head,
    IReadOnlyList<string> Entries,
    IReadOnlyList<string> Anchors,
    IReadOnlyList<string> DoesNotProve)
{
    public const int CurrentFormat = 1;

    /// <summary>Entries in one file; of a longer chain the newest are given.</summary>
    public const int EntriesMax = 10_000;

    /// <summary>What nobody may read into it.</summary>
    public static readonly IReadOnlyList<string> Limits =
    [
        "That nobody rewrote the whole chain: compare its head with one that left the ledger (completed event, done card, daily anchor).",
        "That what was never written happened or did not happen: the chain shows what CredRotation noted.",
        "That the times are right: each is one host's clock, held against a remote's only before irreversible effects.",
        "That the directory told the truth about who was a member when somebody approved.",
        "That the provider goes on refusing the old credential: a refused probe is a moment.",
        "The list of calls and the state beside the chain: only entries, the plan and approvals are held against it.",
    ];

    public static EvidenceFile Of(CredentialRow credential, Rotation rotation, IReadOnlyList<string> chain, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(credential);
        ArgumentNullException.ThrowIfNull(rotation);
        ArgumentNullException.ThrowIfNull(chain);
        var plan = EngineJson.Write(rotation.Plan);
        var isProven = rotation.RetireProof is { } proof && !proof.StartsWith("unproven", StringComparison.Ordinal);
        return new EvidenceFile(CurrentFormat, rotation.Id, credential.Id, rotation.Plan.Secret.VaultHost, rotation.Plan.Secret.Name, rotation.Ordinal, rotation.State, now,
            rotation.PlanHash, CredentialRegistry.Hash(plan) == rotation.PlanHash ? plan : null,
            rotation.Approvals, rotation.Overrides, rotation.RetireProof, isProven, rotation.Suspects, rotation.Calls,
            Math.Max(1, chain.Count == 0 ? 1 : credential.Chain.Sequence - chain.Count + 1), credential.Chain, chain,
            ["the completed event on the configured topic", "the done card and mail", "the daily anchor: the app's log, and the topic where one is configured"],
            Limits);
    }
}
