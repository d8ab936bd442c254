using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;

namespace CredRotation.Pages.Credentials;

/// <summary>How findings look on the page.</summary>
internal static class FindingWords
{
    public static string Tone(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Critical => "bad",
        FindingSeverity.Warning => "warn",
        _ => "live",
    };

    /// <summary>Secrets are the rule and need no word.</summary>
    public static string Kind(VaultObjectKind? kind) => kind is null or VaultObjectKind.Secret ? "" : $"{kind} in ";
}
