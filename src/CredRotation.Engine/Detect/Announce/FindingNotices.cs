using System.Globalization;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;

namespace CredRotation.Engine.Detect.Announce;

/// <summary>Findings as messages for their receivers: what ends, and everything else, each object once, the worst first.</summary>
internal static class FindingNotices
{
    /// <summary>Objects named in one message; the rest is a number and stands on the page.</summary>
    public const int LinesMax = 25;

    private const string Page = "/api/pages/credentials";

    public static Notice Of(string? receiver, FindingDigest findings, bool areEnds)
    {
        var objects = findings.Worst;
        var counts = Enum.GetValues<FindingSeverity>().OrderDescending()
            .Select(severity => (Severity: severity, Count: findings.Count(severity)))
            .Where(count => count.Count > 0)
            .Select(count => $"{Number(count.Count)} {count.Severity.ToString().ToLowerInvariant()}");
        return new Notice(
            areEnds ? NoticeKind.NearExpiry : NoticeKind.FindingDigest,
            receiver,
            areEnds ? findings.Objects == 1 ? $"{objects[0][0].About.Name} nears its end" : $"{Number(findings.Objects)} objects near their end" : findings.Objects == 1 ? "A new finding" : $"New findings on {Number(findings.Objects)} objects",
            $"{(areEnds ? "These expire or have expired" : "This was found")}: {string.Join(", ", counts)}. Each is told again only when it gets worse.",
            areEnds ? "Nothing was changed. What has not expired works until its end." : "Nothing was changed, and rotations go on by their plans.",
            "Do what each line says. The page shows all of them, with their age.",
            [.. objects.Select(group => new NoticeFact(NameOf(group[0].About), $"{string.Join(" ", group.Select(found => found.Finding.Detail))} {group[0].Finding.Remedy}"))],
            [],
            Page,
            Math.Max(0, findings.Objects - LinesMax));
    }

    private static string NameOf(WatchedName about) => about.Kind switch
    {
        _ when about.IsWayIn => $"Events by {about.Name}",
        null when about == WatchedName.Ledger => about.Name,
        null when about.VaultHost == WatchedName.OwnerGroups => about.ToString(),
        null => about.VaultHost,
        VaultObjectKind.Secret => $"{about.Name} in {about.VaultHost}",
        var kind => $"{kind} {about.Name} in {about.VaultHost}",
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
