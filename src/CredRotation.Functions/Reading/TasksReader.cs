using System.Globalization;
using CredRotation.Engine;
using CredRotation.Engine.Ladder;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Pages.Credentials;
using CredRotation.Pages.Tasks;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions.Reading;

/// <summary>Gathers what waits for one person: decisions of rotations they answer for, reminders that reached them, bindings and releases.</summary>
public sealed class TasksReader(ICredentialRegistry registry, Ownership ownership, LadderBook ladder, IOptions<RotationOptions> options, TimeProvider time)
{
    public async Task<TasksPageModel> ReadAsync(Visit visit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var now = time.GetUtcNow();
        var rows = await registry.ListAsync(cancellationToken).Where(row => row.Released is null).ToListAsync(cancellationToken);
        var notices = await ladder.ListAsync(cancellationToken).ToListAsync(cancellationToken);
        var reminded = notices.Select(notice => notice.Credential).ToHashSet();
        // Only of what may wait for somebody it is asked whose it is.
        var mine = await Mine.OfAsync(visit.Caller, rows.Where(row => row.IsOpen || row.Pending is not null || row.ReleaseAsked is not null || reminded.Contains(row.Id)), ownership, cancellationToken);
        var decisions = new List<DecisionTask>();
        foreach (var row in rows.Where(row => row.IsOpen && mine.Ids.Contains(row.Id)))
        {
            if (await registry.FindRotationAsync(row.Id, row.Ordinal, cancellationToken) is not { IsOpen: true, Hold: { } hold } rotation) continue;
            var canApprove = hold.Choices.Any(choice => choice.Name == "approve") && !visit.Caller.Is(rotation.Plan.StartedBy) && rotation.Approvals.All(given => !visit.Caller.Is(given.PersonId));
            decisions.Add(new DecisionTask(rotation, hold, canApprove, rotation.IntakeMarker is not null && rotation.HandedIn is null));
        }

        var (reminders, isUnsure) = await ReadRemindersAsync(visit.Caller, mine, notices, cancellationToken);
        var lines = rows.Where(row => mine.Ids.Contains(row.Id)).Select(row => (Row: row, Line: CredentialLine.Of(row, isMine: true, now))).ToList();
        return new TasksPageModel(
            [.. decisions.OrderBy(task => task.Hold.Deadline ?? DateTimeOffset.MaxValue).ThenBy(task => task.Hold.Since)],
            [.. reminders.OrderBy(task => task.Notice.IsAcknowledged).ThenBy(task => task.Notice.EndsOn)],
            [.. lines.Where(one => one.Row.Pending is { } change && change.Consents.All(consent => !visit.Caller.Is(consent.PersonId))).Select(one => one.Line)],
            [.. lines.Where(one => one.Line.ReleaseAsked is not null).Select(one => one.Line)],
            mine.IsUnsure || isUnsure,
            visit.Caller.Name,
            now);
    }

    private async Task<(List<ReminderTask> Reminders, bool IsUnsure)> ReadRemindersAsync(Caller caller, Mine mine, IReadOnlyList<LadderNotice> notices, CancellationToken cancellationToken)
    {
        var (reminders, isUnsure) = (new List<ReminderTask>(), false);
        foreach (var notice in notices)
        {
            var answer = mine.Ids.Contains(notice.Credential) ? OwnerAnswer.Yes : await ownership.IsRemindedAsync(caller, notice, cancellationToken);
            isUnsure |= answer == OwnerAnswer.Unknown;
            if (answer == OwnerAnswer.Yes) reminders.Add(new ReminderTask(notice, RungWords(notice)));
        }

        return (reminders, isUnsure);
    }

    private string RungWords(LadderNotice notice)
    {
        var rungs = (options.Value.Policies.GetValueOrDefault(notice.Policy) ?? new PolicyOptions()).Rungs();
        if (notice.Rung >= rungs.Count) return "after its end";
        var rung = rungs[Math.Max(0, notice.Rung)];
        return rung.TotalDays >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"at {rung.TotalDays:0.#} {(rung.TotalDays == 1 ? "day" : "days")} before")
            : string.Create(CultureInfo.InvariantCulture, $"at {rung.TotalHours:0.#} hours before");
    }
}
