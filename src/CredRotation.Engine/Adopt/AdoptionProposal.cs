using System.Security.Cryptography;
using System.Text;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Rehearse;

namespace CredRotation.Engine.Adopt;

/// <summary>How the credential that consumers run was found at the provider.</summary>
public enum CurrentFound
{
    /// <summary>A probe with the value showed its id.</summary>
    ByProbe,

    /// <summary>The value works, and the provider lists one credential of the target.</summary>
    OnlyOne,

    /// <summary>A person picked it from several.</summary>
    Picked,

    /// <summary>Several are listed; one may be picked.</summary>
    Several,

    /// <summary>The provider shows no id; a person retires it.</summary>
    NotShown,

    /// <summary>How it ends needs no id.</summary>
    NotNeeded,
}

/// <summary>The credential that consumers run, as far as the provider shows it.</summary>
/// <param name="Id">The provider's id; null where none was found.</param>
/// <param name="Offered">What a person may pick from.</param>
public sealed record CurrentCredential(CurrentFound How, string? Id, IReadOnlyList<ListedCredential> Offered, string Says);

/// <summary>One tag as it is and as it would be; null where there is none.</summary>
public sealed record TagDifference(string Tag, string? From, string? To);

/// <summary>What an adoption would write, with what it rests on. Nothing of it was done.</summary>
/// <param name="Version">The current version, which is the one that is tagged.</param>
/// <param name="Refusals">What stands against it, each with its remedy; with any of them nothing is adopted.</param>
/// <param name="Rehearsal">What would happen to it once it was adopted; null where it is refused.</param>
public sealed record AdoptionProposal(
    SecretName Secret,
    string Version,
    Binding? Binding,
    bool IsManaged,
    IReadOnlyList<TagDifference> Differences,
    DateTimeOffset? ExpiresFrom,
    DateTimeOffset? ExpiresTo,
    CurrentCredential? Current,
    RehearsalReport? Rehearsal,
    IReadOnlyList<Finding> Refusals)
{
    /// <summary>Something in the vault would be written.</summary>
    public bool WouldWrite => Differences.Count > 0 || ExpiresFrom != ExpiresTo;

    /// <summary>What a person who agrees has seen: with anything of it different the adoption is another one.</summary>
    public string Change
    {
        get
        {
            var seen = new StringBuilder().Append(Secret).Append('\n').Append(Version).Append('\n').Append(EngineJson.Write(Binding)).Append('\n').Append(Current?.How).Append(' ').Append(Current?.Id).Append('\n')
                .Append(ExpiresFrom?.ToUnixTimeSeconds()).Append('>').Append(ExpiresTo?.ToUnixTimeSeconds());
            foreach (var difference in Differences) seen.Append('\n').Append(difference.Tag).Append('=').Append(difference.From).Append('>').Append(difference.To);
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(seen.ToString())))[..16];
        }
    }
}

/// <summary>What came of an adoption that a person agreed to.</summary>
/// <param name="HasMovedOn">What was agreed to is not what would be done now; nothing was.</param>
public sealed record AdoptionResult(AdoptionProposal Proposal, bool IsAdopted, bool HasMovedOn);
