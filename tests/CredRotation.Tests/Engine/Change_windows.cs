using System.Globalization;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;

namespace CredRotation.Tests.Engine;

public sealed class Change_windows
{
    private static readonly PolicyOptions s_nights = new() { Zone = "Europe/Berlin", Windows = [new WindowOptions { Days = [DayOfWeek.Tuesday, DayOfWeek.Friday], From = new TimeOnly(22, 0), To = new TimeOnly(4, 0) }] };

    [Theory]
    [InlineData("2026-11-24T20:59:00Z", "2026-11-24T21:00:00Z")]
    [InlineData("2026-11-24T21:00:00Z", "2026-11-24T21:00:00Z")]
    [InlineData("2026-11-25T02:59:59Z", "2026-11-25T02:59:59Z")]
    [InlineData("2026-11-25T03:00:00Z", "2026-11-27T21:00:00Z")]
    [InlineData("2026-07-07T19:00:00Z", "2026-07-07T20:00:00Z")]
    public void Are_meant_in_the_zone_of_the_policy_and_may_go_over_midnight(string now, string opens)
        => Assert.Equal(At(opens), ChangeWindows.OpensOn(s_nights, [], At(now)));

    [Theory]
    // 02:30 is left out on that day; the first time that is there is 03:00, which is 01:00 UTC.
    [InlineData("2027-03-28T00:00:00Z", "2027-03-28T01:00:00Z")]
    // 02:30 comes twice; the first one counts.
    [InlineData("2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z")]
    public void Open_once_when_the_clocks_change(string now, string opens)
        => Assert.Equal(At(opens), ChangeWindows.OpensOn(new PolicyOptions { Zone = "Europe/Berlin", Windows = [new WindowOptions { From = new TimeOnly(2, 30), To = new TimeOnly(3, 30) }] }, [], At(now)));

    [Fact]
    public void Do_not_open_in_a_freeze()
    {
        FreezeOptions[] freezes = [new() { From = At("2026-11-24T00:00:00Z"), To = At("2026-11-28T00:00:00Z") }, new() { From = At("2026-11-28T00:00:00Z"), To = At("2026-11-30T00:00:00Z") }];

        Assert.Equal(At("2026-12-01T21:00:00Z"), ChangeWindows.OpensOn(s_nights, freezes, At("2026-11-24T21:30:00Z")));
        Assert.Equal(At("2026-11-30T00:00:00Z"), ChangeWindows.OpensOn(new PolicyOptions(), freezes, At("2026-11-26T00:00:00Z")));
    }

    [Fact]
    public void Always_are_open_where_none_is_configured()
        => Assert.Equal(At("2026-11-26T00:00:00Z"), ChangeWindows.OpensOn(new PolicyOptions(), [], At("2026-11-26T00:00:00Z")));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
