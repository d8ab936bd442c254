using CredRotation.Engine;
using CredRotation.Engine.Adopt;
using CredRotation.Engine.Registry;
using CredRotation.Pages.Adoptions;

namespace CredRotation.Functions.Answers;

/// <summary>An adoption as JSON: what would be written, or what came of it.</summary>
/// <param name="Result">proposed, adopted or refused.</param>
/// <param name="Change">What is sent back to agree to exactly this; null where it is refused.</param>
public sealed record AdoptionView(
    string Vault,
    string Secret,
    string Result,
    string? Change,
    string Version,
    bool IsManaged,
    Binding? Binding,
    IReadOnlyList<TagDifference> Tags,
    DateTimeOffset? ExpiresFrom,
    DateTimeOffset? ExpiresTo,
    CurrentCredential? Current,
    IReadOnlyList<Finding> Refusals,
    RehearsalView? Rehearsal)
{
    public static AdoptionView Of(AdoptionProposal proposal, bool isAdopted)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        var isRefused = proposal.Refusals.Count > 0;
        return new(
            proposal.Secret.VaultUri.AbsoluteUri, proposal.Secret.Name, isRefused ? "refused" : isAdopted ? "adopted" : "proposed", isRefused || isAdopted ? null : proposal.Change,
            proposal.Version, proposal.IsManaged || isAdopted, proposal.Binding, proposal.Differences, proposal.ExpiresFrom, proposal.ExpiresTo, proposal.Current, proposal.Refusals,
            proposal.Rehearsal is { } rehearsal ? RehearsalView.Of(rehearsal) : null);
    }
}

/// <summary>What came of a sheet, line by line.</summary>
/// <param name="Change">What is sent back to agree to all lines that are proposed; null where none is.</param>
public sealed record AdoptedSheet(IReadOnlyList<AdoptedLine> Lines, string? Change);
