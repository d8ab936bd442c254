using System.Globalization;
using CredRotation.Engine.Authorize;

namespace CredRotation.Engine.Ladder;

/// <summary>Reminders as one message per receiver: everything whose end is near, the nearest first.</summary>
internal static class LadderNotices
{
    /// <summary>Credentials named in one message; the rest is a number and stands on the page.</summary>
    public const int LinesMax = 25;

    public static Notice Of(LadderLevel level, string? receiver, IReadOnlyList<OwnerPerson>? people, IReadOnlyList<LadderNotice> due, DateTimeOffset now)
    {
        var worst = due.OrderBy(notice => notice.EndsOn).ThenBy(notice => notice.Secret.ToString(), StringComparer.Ordinal).ToList();
        var first = worst[0];
        var ended = worst.Count(notice => notice.EndsOn <= now);
        return new Notice(
            NoticeKind.Reminder,
            receiver,
            worst.Count == 1 ? $"{first.Secret.Name} {(ended == 1 ? "has ended" : $"ends {In(first.EndsOn - now)}")}" : $"{Number(worst.Count)} credentials near their end",
            RotationMachine.Bounded($"{(worst.Count == 1 ? "It was" : "They were")} not replaced yet{(ended > 0 && worst.Count > 1 ? $", and {Number(ended)} {(ended == 1 ? "has" : "have")} ended" : "")}. {Why(level)}"),
            ended == worst.Count ? "What uses them fails now, or will at its next sign-in." : "What has not ended works until its end.",
            "Open My tasks: see what each waits for, and acknowledge what you take on. What nobody acknowledges climbs.",
            [.. worst.Take(LinesMax).Select(notice => new NoticeFact($"{notice.Secret.Name} in {notice.Secret.VaultHost}", $"{(notice.EndsOn <= now ? "Ended" : "Ends")} {EngineTime.Text(notice.EndsOn)}{(notice.EndsOn <= now ? "" : $" ({In(notice.EndsOn - now)})")}."))],
            [],
            "/api/pages/tasks",
            Math.Max(0, worst.Count - LinesMax))
        { People = people };
    }

    private static string Why(LadderLevel level) => level switch
    {
        LadderLevel.Owners => "You answer for it.",
        LadderLevel.Managers => "You hear of it because somebody who answers for it reports to you, and nobody acknowledged the reminders before.",
        LadderLevel.Fallback => "You are the fallback group: its owners are gone, or nobody acknowledged the reminders before.",
        _ => "Nobody acknowledged the reminders before, or its end is very near.",
    };

    private static string In(TimeSpan left) => left switch
    {
        { TotalHours: < 1 } => "within the hour",
        { TotalHours: < 48 } => $"in {Number((int)left.TotalHours)} {(left.TotalHours < 2 ? "hour" : "hours")}",
        _ => $"in {Number((int)left.TotalDays)} days",
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
