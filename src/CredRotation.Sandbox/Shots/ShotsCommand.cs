using System.Globalization;
using CredRotation.Engine;
using CredRotation.Sandbox.Shots.Renderer;

namespace CredRotation.Sandbox.Shots;

/// <summary><c>shots DIR</c>: drives a rotation from moment to moment and keeps pictures of every page and card, light, dark and as wide as a phone.</summary>
internal static class ShotsCommand
{
    private const string NoBrowser = "No Chromium was found, so no picture was taken; nothing else depends on it. Install the package chromium or Google Chrome, or name its program in the variable CHROMIUM.";

    private static readonly Look[] s_looks = [new("light", 1200, false), new("dark", 1200, true), new("phone", 390, false), new("phone-dark", 390, true)];

    /// <summary>0: every picture is there. 1: no browser, or a page scrolls sideways. 2: usage.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (arguments is not [{ Length: > 0 } folder] || folder.StartsWith('-'))
        {
            await Console.Error.WriteLineAsync("usage: CredRotation.Sandbox shots DIR");
            return 2;
        }

        if (Browser.Find() is not { } path)
        {
            await Console.Error.WriteLineAsync(NoBrowser);
            return 1;
        }

        Directory.CreateDirectory(folder);
        await using var day = await ShotsDay.StartAsync(cancellationToken);
        await using var browser = await Browser.StartAsync(path, cancellationToken);
        var album = new Album(browser, folder);
        await DriveAsync(day, browser, album, cancellationToken);
        foreach (var wide in album.TooWide) await Console.Error.WriteLineAsync($"Scrolls sideways: {wide}");
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{album.Count} pictures in {Path.GetFullPath(folder)}"));
        return album.TooWide.Count == 0 ? 0 : 1;
    }

    private static async Task DriveAsync(ShotsDay day, Browser browser, Album album, CancellationToken cancellationToken)
    {
        var first = await day.UntilAsync(1, rotation => rotation.Hold is { Reason: HoldReason.ApprovalNeeded, IsAnnounced: true }, cancellationToken);
        await album.AddAsync("1-approval", day.SignedIn(day.PageOf(first)), cancellationToken);
        await day.RemindAsync(cancellationToken);
        await album.AddAsync("2-tasks", day.PageNamed("tasks"), cancellationToken);
        await album.AddAsync("2-overview", day.PageNamed("overview"), cancellationToken);
        await album.AddAsync("2-owners", day.PageNamed("owners"), cancellationToken);
        await album.AddAsync("2-credential", day.CredentialOf(first), cancellationToken);
        await album.AddAsync("2-credentials", day.Credentials, cancellationToken);
        await album.AddAsync("2-rehearsal", day.RehearsalOf(first), cancellationToken);

        await day.ApproveAsync(first, cancellationToken);
        await day.UntilAsync(1, rotation => rotation.State is RotationState.Reloaded or RotationState.RetireSent, cancellationToken);
        await album.AddAsync("3-reloaded", day.PageOf(first), cancellationToken);

        var closed = await day.UntilAsync(1, rotation => rotation.IsClosed, cancellationToken);
        await album.AddAsync("4-retired", day.PageOf(first), cancellationToken);
        await album.AddAsync("4-adopt", day.Adopt, cancellationToken);
        await browser.SendFormAsync(ShotsDay.Adoption(closed), cancellationToken);
        await album.AddShownAsync("4-adoption", cancellationToken);

        day.LoseShopAtPromotion();
        await day.JumpAsync(closed.NewExpiresOn!.Value - closed.Plan.Policy.Lead, cancellationToken);
        var second = await day.UntilAsync(2, rotation => rotation.Hold is { IsAnnounced: true }, cancellationToken);
        if (second.Hold is { Reason: HoldReason.ApprovalNeeded })
        {
            await day.ApproveAsync(second, cancellationToken);
            second = await day.UntilAsync(2, rotation => rotation.Hold is { Reason: not HoldReason.ApprovalNeeded, IsAnnounced: true }, cancellationToken);
        }

        await album.AddAsync("5-silent-consumer", day.PageOf(second), cancellationToken);
        await day.UntilAsync(2, rotation => rotation.Incident is not null, cancellationToken);
        await album.AddAsync("6-incident", day.PageOf(second), cancellationToken);
        await album.AddAsync("7-inbox", day.Inbox, cancellationToken);
        await AddCardsAsync(day, album, cancellationToken);
        await album.AddAsync("8-watched", day.SignedIn(day.Credentials, "operator"), cancellationToken);
        await album.AddAsync("8-overview", day.PageNamed("overview"), cancellationToken);
        await album.AddAsync("8-unmanaged", day.PageNamed("unmanaged"), cancellationToken);
        await album.AddAsync("8-own", day.PageNamed("own"), cancellationToken);
        await album.AddAsync("9-setup", day.Setup, cancellationToken);
    }

    /// <summary>What was sent on this day, and one card of each kind and of each reason to wait.</summary>
    private static async Task AddCardsAsync(ShotsDay day, Album album, CancellationToken cancellationToken)
    {
        var (scripts, why) = await OfficialRenderer.LoadAsync(cancellationToken);
        if (scripts is null)
        {
            await Console.Error.WriteLineAsync($"Cards are only in the pictures of the inbox, drawn by the sandbox. {why}");
            return;
        }

        var folder = Directory.CreateTempSubdirectory("credrotation-cards-").FullName;
        try
        {
            var sheets = new Dictionary<string, IEnumerable<string>>
            {
                ["7-cards-of-the-day"] = day.Cards,
                ["7-cards-of-each-kind"] = SampleCards.Kinds.Values,
                ["7-cards-of-each-hold"] = SampleCards.Holds.Values,
            };
            foreach (var (name, messages) in sheets)
            {
                var file = Path.Combine(folder, $"{name}.html");
                await File.WriteAllTextAsync(file, await OfficialRenderer.PageAsync(scripts, messages, cancellationToken), cancellationToken);
                await album.AddAsync(name, new Uri(file), cancellationToken);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Album(Browser browser, string folder)
    {
        public int Count { get; private set; }

        public List<string> TooWide { get; } = [];

        public async Task AddAsync(string name, Uri uri, CancellationToken cancellationToken)
        {
            await browser.GoAsync(uri, cancellationToken);
            await AddShownAsync(name, cancellationToken);
        }

        public async Task AddShownAsync(string name, CancellationToken cancellationToken)
        {
            foreach (var look in s_looks)
            {
                var file = $"{name}-{look.Name}.png";
                await File.WriteAllBytesAsync(Path.Combine(folder, file), await browser.ShootAsync(look, cancellationToken), cancellationToken);
                if (await browser.IsWiderThanAsync(look.Width, cancellationToken)) TooWide.Add(file);
                Count++;
            }
        }
    }
}
