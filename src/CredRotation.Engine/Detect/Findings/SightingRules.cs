using System.Globalization;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Findings;

/// <summary>What a person should know of an object: small rules, each named for the fault it finds; all may speak.</summary>
internal static class SightingRules
{
    public const string NoOwner = "no-owner";

    /// <summary>The codes that tell of an end.</summary>
    public static readonly IReadOnlySet<string> EndCodes = new HashSet<string> { "expired", "near-expiry", "unmanaged", "not-rotated" };

    /// <summary>How late a wake may be, and how often a step may fail in a row, before it counts as stuck.</summary>
    private static readonly TimeSpan StuckAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan StuckLong = TimeSpan.FromDays(1);
    private const int FailuresMax = 5;

    /// <summary>What needs nothing of anybody goes quiet after this; the row and the ledger keep it.</summary>
    private static readonly TimeSpan NewsMax = TimeSpan.FromDays(14);

    private static readonly (int Days, FindingSeverity Severity)[] Rungs =
        [(30, FindingSeverity.Notice), (14, FindingSeverity.Notice), (7, FindingSeverity.Warning), (3, FindingSeverity.Critical), (1, FindingSeverity.Critical)];

    private static readonly IReadOnlyList<Func<Sighting, Finding?>> Rules = [Expired, NearExpiry, NoExpiry, OwnerMissing, Unmanaged, NotRotated, Stuck, Disabled];

    public static IReadOnlyList<Finding> Judge(Sighting sighting)
    {
        // The certificate is listed itself, and its end is theirs.
        if (sighting.Seen.IsManaged) return BehindCertificate(sighting) is { } misplaced ? [misplaced] : [];
        // What is disabled and not managed is used by nobody.
        if (!sighting.Seen.IsEnabled && sighting.Row is null) return [];
        return [.. Rules.Select(rule => rule(sighting)).OfType<Finding>(), .. News(sighting)];
    }

    /// <summary>Of an app registration only the end is judged: who answers for it stands nowhere, and nobody adopts it from here.</summary>
    public static IEnumerable<Finding> JudgeApp(AppRegistrationSeen app, AppCredentialSeen credential, DateTimeOffset now)
    {
        // One that ended beside one that lives was replaced.
        if (credential.ExpiresOn <= now && app.Credentials.Any(other => other.ExpiresOn is null || other.ExpiresOn > now)) return [];

        var seen = new VaultObject(credential.Kind, WatchedName.AppRegistrations, $"{app.AppId}/{credential.KeyId}", IsEnabled: true, credential.ExpiresOn, null, null, new Dictionary<string, string>(), IsManaged: false);
        var sighting = new Sighting(seen, null, null, RotationMode.Observe, TimeSpan.Zero, new OwnerSight(null, IsGranted: false, null), now);
        return new[] { Expired(sighting), NearExpiry(sighting) }.OfType<Finding>().Select(found => found with { Detail = RotationMachine.Bounded($"{credential.Kind} of app registration {app.Name}. {found.Detail}") });
    }

    private static Finding? Expired(Sighting sighting)
        => sighting.Left <= TimeSpan.Zero
            ? Found(sighting, "expired", FindingSeverity.Critical, $"Expired on {End(sighting)}.", sighting.IsRotated ? "Follow its rotation; somebody may have to decide." : "Replace it now, or delete it if nobody uses it.")
            : null;

    private static Finding? NearExpiry(Sighting sighting)
    {
        // One that is rotated is spoken of when half its lead is gone and the old end still stands.
        var from = sighting.IsRotated && sighting.Lead / 2 < TimeSpan.FromDays(30) ? sighting.Lead / 2 : TimeSpan.FromDays(30);
        if (sighting.Left is not { } left || left <= TimeSpan.Zero || left > from) return null;

        var rung = Array.FindLastIndex(Rungs, rung => left <= TimeSpan.FromDays(rung.Days));
        return Found(sighting, "near-expiry", Rungs[rung].Severity, $"Expires on {End(sighting)}, within {Days(Rungs[rung].Days)}.", sighting.IsRotated ? "Follow its rotation; it should have finished by now." : "Replace it before then.") with { Rung = rung };
    }

    private static Finding? NoExpiry(Sighting sighting)
        => sighting.Seen.ExpiresOn is null
            ? Found(sighting, "no-expiry", FindingSeverity.Notice, "Never expires, as the vault says.", "Set an expiry date, so that somebody hears of it in time.")
            : null;

    private static Finding? OwnerMissing(Sighting sighting) => sighting.Owner switch
    {
        { Group: null } => Found(sighting, NoOwner, FindingSeverity.Notice, $"No tag {TagReader.Owner} says who answers for it.", $"Set {TagReader.Owner} to the object id of the group that does."),
        { IsGranted: false } when sighting.Row is null => Found(sighting, NoOwner, FindingSeverity.Notice, $"Tag {TagReader.Owner} names a group that configuration does not grant for this vault.", "Correct the tag, or let the platform team add the group to OwnerGroups of an account."),
        { Reading.State: OwnerState.Gone } => Found(sighting, NoOwner, FindingSeverity.Warning, "The owner group does not exist any more.", $"Name a living group in {TagReader.Owner}; until then the fallback group answers."),
        { Reading.State: OwnerState.TooFew } => Found(sighting, NoOwner, FindingSeverity.Warning, "The owner group has fewer than two enabled members.", "Add members; until then the fallback group answers."),
        { Reading.State: OwnerState.CannotSee } => Found(sighting, NoOwner, FindingSeverity.Notice, "Whether the owner group has members cannot be seen.", "Grant the app's identity the permission to read groups and their members."),
        _ => null,
    };

    private static Finding? Unmanaged(Sighting sighting)
        => sighting is { IsSecret: true, Row: null, Left: { } left } && left > TimeSpan.Zero && left <= sighting.Lead
            ? Found(sighting, "unmanaged", FindingSeverity.Warning, "Nobody rotates it, and its end is within the lead time of a rotation.", $"Tag it with {TagReader.Account}, {TagReader.Target} and {TagReader.Owner} to have it rotated, or replace it by hand.")
            : null;

    private static Finding? NotRotated(Sighting sighting)
        => sighting is { Row: not null, IsRotated: false, Left: { } left } && left > TimeSpan.Zero && left <= sighting.Lead
            ? Found(sighting, "not-rotated", FindingSeverity.Warning, $"It is managed, and its end is within its lead time, but the mode is {sighting.Mode}: nothing is rotated.", "Set Rotation:Mode (and the policy's Mode) to Rotate, or replace it by hand.")
            : null;

    private static Finding? Stuck(Sighting sighting)
    {
        if (sighting.Row is not { IsOpen: true } row || sighting.Open is not { } open) return null;

        var late = sighting.Now - (row.WakeOn ?? open.WakeOn);
        if (late > StuckAfter)
            return Found(sighting, "stuck", late > StuckLong ? FindingSeverity.Critical : FindingSeverity.Warning, $"Its rotation stands at {open.State} and was to be visited on {EngineTime.Text(row.WakeOn ?? open.WakeOn)}.", "Check that the queue and the timers run (GET /api/health), then open the rotation's page.");
        return open.Failures >= FailuresMax
            ? Found(sighting, "stuck", FindingSeverity.Warning, $"Its rotation stands at {open.State} after repeated failures: {open.LastTrouble}", "Open the rotation's page: it says what failed. It is tried again meanwhile.")
            : null;
    }

    private static Finding? Disabled(Sighting sighting)
        => sighting is { Row: not null, Seen.IsEnabled: false }
            ? Found(sighting, "disabled", FindingSeverity.Warning, "The newest version is disabled: whoever reads the secret without a version is refused.", "Enable it, or set a new version.")
            : null;

    private static Finding? BehindCertificate(Sighting sighting)
        => sighting.IsSecret && TagReader.AsksForManagement(sighting.Seen.ToSecret())
            ? Found(sighting, "behind-certificate", FindingSeverity.Notice, "It carries rotate- tags and is the secret behind a certificate, which the vault keeps itself. It is not adopted.", "Remove the tags; renew the certificate instead.")
            : null;

    /// <summary>What visits noted on the row, as long as it is true or new.</summary>
    private static IEnumerable<Finding> News(Sighting sighting)
        => (sighting.Row?.Findings ?? [])
            .Where(noted => noted.Code == "tags-dropped" ? sighting.Row is { Seen.HasTags: false } : sighting.Now - noted.Since <= NewsMax)
            .Select(noted => noted.Code == "changed-by-hand" ? noted with { Severity = FindingSeverity.Warning } : noted);

    private static Finding Found(Sighting sighting, string code, FindingSeverity severity, string detail, string remedy) => new(code, detail, remedy, sighting.Now, severity);

    private static string End(Sighting sighting) => EngineTime.Text(sighting.Seen.ExpiresOn!.Value);

    private static string Days(int days) => days == 1 ? "a day" : string.Create(CultureInfo.InvariantCulture, $"{days} days");
}
