using CredRotation.Engine.Adopt;

namespace CredRotation.Pages.Adoptions;

/// <summary>A form for one secret, with what would be written where it was asked for.</summary>
/// <param name="Members">What the form held.</param>
/// <param name="Proposal">Null where nothing was asked yet.</param>
public sealed record AdoptionPageModel(IReadOnlyDictionary<string, string> Members, AdoptionProposal? Proposal, string Person, DateTimeOffset Now)
{
    /// <summary>What is asked for each, in the form's order.</summary>
    public static IReadOnlyList<(string Name, string Label, string Hint, bool IsNeeded)> Fields { get; } =
    [
        ("vault", "Vault", "https://kv-payments.vault.azure.net/", true),
        ("secret", "Secret", "payment-gateway-api-key", true),
        ("account", "Account", "Alias, as it is configured", true),
        ("target", "Target", "The object at the provider", true),
        ("owner", "Owner group", "The group's object id", true),
        ("policy", "Policy", "Empty: the default policy", false),
        ("consumers", "Consumers", "Aliases; empty: the policy's", false),
        ("expiresOn", "Ends on", "2027-01-31T00:00:00Z, or empty", false),
    ];

    public string Value(string name) => Members.GetValueOrDefault(name) ?? "";
}

/// <summary>What came of one line of a sheet.</summary>
/// <param name="Result">proposed, adopted, refused, moved-on (it is not what was agreed to) or unanswered (a remote did not answer).</param>
public sealed record AdoptedLine(long Line, string? Vault, string? Secret, string Result, string Says, string? Next);

/// <summary>What came of a sheet, with a way to agree to it.</summary>
/// <param name="Change">Null: there is nothing to agree to.</param>
public sealed record AdoptedSheetPageModel(IReadOnlyList<AdoptedLine> Rows, string Csv, string? Change, string Person, DateTimeOffset Now);
