namespace CredRotation.Engine.Authorize;

/// <summary>When changes are allowed: windows in a zone, minus freezes. Pure.</summary>
public static class ChangeWindows
{
    /// <summary>Windows repeat by the week; a day more on either side for those over midnight.</summary>
    private const int DaysLooked = 9;

    /// <summary>Freezes one after the other; more would only be looked at next time.</summary>
    private const int LooksMax = 100;

    /// <summary>The first moment from now on at which changes are allowed: now itself, or later. Null: none within a hundred looks.</summary>
    public static DateTimeOffset? OpensOn(PolicyOptions policy, IReadOnlyCollection<FreezeOptions> freezes, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(freezes);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(policy.Zone);
        var at = now;
        for (var look = 0; look < LooksMax; look++)
        {
            if (freezes.FirstOrDefault(freeze => freeze.From <= at && at < freeze.To) is { } frozen)
            {
                at = frozen.To;
                continue;
            }

            if (policy.Windows.Count == 0) return at;
            var next = policy.Windows.SelectMany(window => Spans(window, zone, at)).Where(span => span.To > at).Select(span => span.From > at ? span.From : at).Order().FirstOrDefault(DateTimeOffset.MaxValue);
            if (next == DateTimeOffset.MaxValue) return null;
            if (next == at) return at;
            at = next;
        }

        return null;
    }

    /// <summary>The freezes that hold this policy up, by name.</summary>
    public static IReadOnlyDictionary<string, FreezeOptions> FreezesOf(RotationOptions options, string policy)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Freezes.Where(freeze => freeze.Value.Policies.Count == 0 || freeze.Value.Policies.Contains(policy, StringComparer.Ordinal)).ToDictionary();
    }

    private static IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Spans(WindowOptions window, TimeZoneInfo zone, DateTimeOffset at)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);
        for (var day = -1; day < DaysLooked; day++)
        {
            var date = today.AddDays(day);
            if (window.Days.Count > 0 && !window.Days.Contains(date.DayOfWeek)) continue;
            var to = window.To > window.From ? date : date.AddDays(1);
            var span = (From: InUtc(date.ToDateTime(window.From), zone), To: InUtc(to.ToDateTime(window.To), zone));
            if (span.To > span.From) yield return span;
        }
    }

    /// <summary>A time that a change of clocks leaves out begins with the first that is; of one that it repeats, the first counts.</summary>
    private static DateTimeOffset InUtc(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
