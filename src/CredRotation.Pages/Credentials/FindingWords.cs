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

    public static string Name(WatchedName about) => about.Kind is null && about.VaultHost.Length > 0 ? "The vault itself" : Shown.Name(about.Name);

    public static string Place(WatchedName about) => about == WatchedName.Ledger ? "" : about.IsWayIn ? "a way in of events" : Kind(about.Kind) + Shown.Name(about.VaultHost);

    /// <summary>Secrets are the rule and need no word.</summary>
    private static string Kind(VaultObjectKind? kind) => kind is null or VaultObjectKind.Secret ? "" : $"{kind} in ";
}
