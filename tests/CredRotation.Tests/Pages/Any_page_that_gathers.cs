using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Ladder;
using CredRotation.Engine.Owners;
using CredRotation.Engine.Registry;
using CredRotation.Pages;
using CredRotation.Pages.Credential;
using CredRotation.Pages.Credentials;
using CredRotation.Pages.Overview;
using CredRotation.Pages.Own;
using CredRotation.Pages.Owners;
using CredRotation.Pages.Tasks;
using CredRotation.Pages.Unmanaged;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredRotation.Tests.Pages;

public sealed class Any_page_that_gathers
{
    private const string Hostile = "<script>alert(1)</script>\"'&\u202E[link](javascript:alert(1))";
    private static readonly DateTimeOffset s_now = SampleRotations.Now;
    private static readonly PageNav s_nav = new("overview", SeesAll: true, IsOwner: true, "Europe/Berlin");

    public static TheoryData<string> Pages => ["overview", "tasks", "owners", "own", "unmanaged", "credential"];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Encodes_and_bounds_what_comes_from_outside(string name)
    {
        var page = await RenderAsync(name, string.Concat(Enumerable.Repeat(Hostile, 300)));

        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', page);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.True(page.Length < 60_000, $"The page has {page.Length} characters.");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Needs_no_inline_script_or_style(string name)
    {
        var page = await RenderAsync(name, "plain");

        Assert.DoesNotContain(" style=", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" onclick=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<style", page, StringComparison.Ordinal);
        Assert.Equal(page.Contains("data-live=\"yes\"", StringComparison.Ordinal) ? 1 : 0, page.Split("<script").Length - 1);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Shows_times_in_utc_and_in_the_zone_of_the_policy(string name)
    {
        var page = await RenderAsync(name, "plain");

        // Nine in the morning is ten in Berlin in November.
        Assert.Contains("2026-11-22 09:00:00 UTC", page, StringComparison.Ordinal);
        Assert.Contains("10:00 Europe/Berlin", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-03-29T00:30:00Z", "01:30 Europe/Berlin")]
    [InlineData("2026-03-29T01:30:00Z", "03:30 Europe/Berlin")]
    [InlineData("2026-12-31T23:30:00Z", "2027-01-01 00:30 Europe/Berlin")]
    public void Follows_the_zone_over_a_change_of_clocks_and_of_the_day(string at, string shown)
        => Assert.Equal(shown, Shown.TimeIn(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture), "Europe/Berlin"));

    [Theory]
    [InlineData("Etc/UTC")]
    [InlineData("No/Where")]
    public void Says_nothing_beside_utc_where_the_zone_is_that_or_unknown(string zone) => Assert.Null(Shown.TimeIn(s_now, zone));

    [Fact]
    public async Task Leads_only_to_pages_that_the_viewer_may_open()
    {
        var owner = await RenderAsync("tasks", "plain", new PageNav("tasks", SeesAll: false, IsOwner: true, "Etc/UTC"));
        var manager = await RenderAsync("tasks", "plain", new PageNav("tasks", SeesAll: false, IsOwner: false, "Etc/UTC"));

        Assert.Contains("href=\"/api/pages/tasks\" aria-current=\"page\"", owner, StringComparison.Ordinal);
        Assert.Contains("href=\"/api/pages/owners\"", owner, StringComparison.Ordinal);
        Assert.DoesNotContain("/api/pages/own\"", owner, StringComparison.Ordinal);
        Assert.DoesNotContain("href=\"/api/pages/owners\"", manager, StringComparison.Ordinal);
        Assert.DoesNotContain("/api/pages/credential/", manager, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offers_to_acknowledge_with_the_version_and_rung_that_are_shown()
    {
        var page = await RenderAsync("tasks", "plain");

        Assert.Contains($"action=\"/api/credentials/{Row("plain").Id.Value}/acknowledge\"", page, StringComparison.Ordinal);
        Assert.Contains("name=\"version\" value=\"v-1\"", page, StringComparison.Ordinal);
        Assert.Contains("name=\"rung\" value=\"2\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_of_the_picture_in_words_what_it_shows()
    {
        var page = await RenderAsync("overview", "plain");

        Assert.Contains("ended: 1, of these 0 managed; this week: 1, of these 1 managed", page, StringComparison.Ordinal);
        Assert.Contains("role=\"img\" aria-labelledby=\"ends-picture-title ends-picture-what\"", page, StringComparison.Ordinal);
    }

    private static CredentialRow Row(string text)
    {
        var row = SampleRotations.Row(SampleRotations.Secret, SampleRotations.OwnerGroup);
        return row with { Binding = row.Binding with { Account = text, Target = text, Consumers = [text] }, AdoptedOn = s_now };
    }

    private static object ModelOf(string name, string text)
    {
        var row = Row(text);
        var held = SampleRotations.Held(SampleRotations.Of(row));
        held = held with { Hold = held.Hold! with { Detail = text, Since = s_now } };
        var watched = new WatchedLine(new VaultObject(VaultObjectKind.Secret, text, text, true, s_now, null, null, new Dictionary<string, string>(), false));
        var finding = new ObjectFinding { About = WatchedName.Of(row.Secret), Finding = new Finding("code", text, text, s_now, FindingSeverity.Critical), IsOfSweep = true, LastSeenOn = s_now };
        var owners = new OwnerRecord
        {
            Group = text,
            GroupName = text,
            State = OwnerState.TooFew,
            StateSince = s_now,
            CheckedOn = s_now,
            AskedInVainSince = s_now,
            Detail = text,
            People = 1,
            Members = [new OwnerMember("id", text, false, s_now)],
            Departures = [new OwnerDeparture("id-2", text, s_now, s_now, text)],
        };
        var notice = new LadderNotice { Credential = row.Id, Secret = row.Secret, OwnerGroup = text, Policy = "payments", Version = "v-1", EndsOn = s_now, Rung = 2, Level = LadderLevel.Fallback, ReachedOn = s_now };
        return name switch
        {
            "overview" => new OverviewPageModel { Findings = [finding], Ends = [new EndLine(text, text, s_now, null), new EndLine(text, text, s_now.AddDays(2), row.Id.Value)], Owners = new Dictionary<OwnerState, int> { [OwnerState.Gone] = 2 }, Open = [new OpenLine(held.Id.Value, text, held.State, "Really?", true)], Tasks = 3, Managed = 1, Person = text, Now = s_now },
            "tasks" => new TasksPageModel([new DecisionTask(held, held.Hold!, true, true)], [new ReminderTask(notice, text)], [], [], true, text, s_now),
            "owners" => new OwnersPageModel([new OwnerLine(text, "Owner group", owners, [(text, row.Id.Value)])], true, false, text, s_now),
            "own" => new OwnPageModel([new OwnLine(text, text, text, s_now, "bad", text, row.Id.Value)], text, s_now),
            "unmanaged" => new UnmanagedPageModel([new UnmanagedLine(watched, "az " + text[..Math.Min(60, text.Length)], row.Id.Value)], text, s_now),
            _ => new CredentialPageModel(row, CredentialLine.Of(row, true, s_now), new PolicyOptions(), RotationMode.Rotate, owners, notice, [finding], [held], true, text, s_now),
        };
    }

    private static Task<string> RenderAsync(string name, string text, PageNav? nav = null) => name switch
    {
        "overview" => RenderAsync<OverviewPage>(name, text, nav),
        "tasks" => RenderAsync<TasksPage>(name, text, nav),
        "owners" => RenderAsync<OwnersPage>(name, text, nav),
        "own" => RenderAsync<OwnPage>(name, text, nav),
        "unmanaged" => RenderAsync<UnmanagedPage>(name, text, nav),
        _ => RenderAsync<CredentialPage>(name, text, nav),
    };

    private static async Task<string> RenderAsync<TPage>(string name, string text, PageNav? nav)
        where TPage : IComponent
    {
        await using var services = new ServiceCollection().BuildServiceProvider();
        return await new PageRenderer(services, NullLoggerFactory.Instance).RenderAsync<TPage>(ModelOf(name, text), nav ?? s_nav);
    }
}
