using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Pages.Credentials;

namespace CredRotation.Functions.Answers;

/// <summary>What a person should know of an object, a vault or a way in, how bad it is, since when, and the remedy.</summary>
/// <param name="Vault">Null for a way in, which its name tells.</param>
/// <param name="Times">How often, at least, for what comes from outside; null for what a sweep finds.</param>
public sealed record FindingView(string? Vault, string? Kind, string Name, string Code, FindingSeverity Severity, string Detail, string Remedy, DateTimeOffset Since, DateTimeOffset LastSeenOn, DateTimeOffset? AnnouncedOn, int? Times)
{
    public static FindingView Of(ObjectFinding found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return new(
            found.About.VaultHost.Length == 0 ? null : WatchedName.OfVault(found.About.VaultHost).ToString(),
            found.About.Kind?.ToString(),
            found.About.Name,
            found.Finding.Code,
            found.Finding.Severity,
            found.Finding.Detail,
            found.Finding.Remedy,
            found.Finding.Since,
            found.LastSeenOn,
            found.AnnouncedOn,
            found.Times);
    }
}

/// <summary>An object that is watched and not rotated.</summary>
/// <param name="Credential">Its id where it was managed before, whose ledger stays.</param>
public sealed record WatchedView(string Vault, string Kind, string Name, bool IsEnabled, DateTimeOffset? ExpiresOn, string? Credential, DateTimeOffset? ReleasedOn)
{
    public static WatchedView Of(WatchedLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var seen = line.Seen;
        return new(WatchedName.OfVault(seen.VaultHost).ToString(), seen.Kind.ToString(), seen.Name, seen.IsEnabled, seen.ExpiresOn, line.Credential, line.Released?.On);
    }
}
