using CredRotation.Engine;
using CredRotation.Sandbox.Shots;
using CredRotation.Tests.Browser;

[assembly: AssemblyFixture(typeof(OpenedPages))]

namespace CredRotation.Tests.Browser;

/// <summary>One day of the sandbox that waits for an approval, started by the first test that looks at a page; nobody answers there.</summary>
public sealed class OpenedPages : IAsyncDisposable
{
    /// <summary>Every page there is, by who opens it. A new page joins by a line here.</summary>
    private static readonly Dictionary<string, (string Person, Func<ShotsDay, Rotation, Uri> Address)> s_pages = new()
    {
        ["overview"] = ("owner-1", (day, _) => day.PageNamed("overview")),
        ["overview of an operator"] = ("operator", (day, _) => day.PageNamed("overview")),
        ["tasks"] = ("owner-1", (day, _) => day.PageNamed("tasks")),
        ["owners"] = ("owner-1", (day, _) => day.PageNamed("owners")),
        ["credentials"] = ("owner-1", (day, _) => day.Credentials),
        ["credentials of an operator"] = ("operator", (day, _) => day.Credentials),
        ["credential"] = ("owner-1", (day, rotation) => day.CredentialOf(rotation)),
        ["credential of an operator"] = ("operator", (day, rotation) => day.CredentialOf(rotation)),
        ["rotation"] = ("owner-1", (day, rotation) => day.PageOf(rotation)),
        ["rehearsal"] = ("owner-1", (day, rotation) => day.RehearsalOf(rotation)),
        ["adopt"] = ("owner-1", (day, _) => day.Adopt),
        ["adopt by an operator"] = ("operator", (day, _) => day.Adopt),
        ["unmanaged"] = ("operator", (day, _) => day.PageNamed("unmanaged")),
        ["own"] = ("operator", (day, _) => day.PageNamed("own")),
        ["setup"] = ("operator", (day, _) => day.Setup),
        ["a refusal"] = ("owner-1", (day, _) => day.Setup),
        ["nothing there"] = ("operator", (day, _) => day.PageNamed("nowhere")),
        ["inbox"] = ("owner-1", (day, _) => day.Inbox),
    };

    private readonly Lazy<Task<(ShotsDay Day, Rotation Rotation)>> _day = new(StartAsync);

    public static TheoryData<string> Names { get; } = [.. s_pages.Keys];

    /// <summary>The pages of the app itself; the inbox is the sandbox's.</summary>
    public static TheoryData<string> OfTheApp { get; } = [.. s_pages.Keys.Where(name => name != "inbox")];

    /// <summary>A page by its name, and where somebody signs in first to see it.</summary>
    public async Task<(Uri SignIn, Uri Page)> FindAsync(string name)
    {
        var (day, rotation) = await _day.Value;
        var page = s_pages[name].Address(day, rotation);
        return (day.SignedIn(day.Adopt, s_pages[name].Person), page);
    }

    public async ValueTask DisposeAsync()
    {
        if (_day.IsValueCreated && _day.Value.IsCompletedSuccessfully) await (await _day.Value).Day.DisposeAsync();
    }

    private static async Task<(ShotsDay, Rotation)> StartAsync()
    {
        var day = await ShotsDay.StartAsync(CancellationToken.None);
        return (day, await day.UntilAsync(1, rotation => rotation.Hold is { Reason: HoldReason.ApprovalNeeded, IsAnnounced: true }, CancellationToken.None));
    }
}
