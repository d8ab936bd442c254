using Microsoft.Playwright;
using Installed = CredRotation.Sandbox.Shots.Browser;

[assembly: AssemblyFixture(typeof(CredRotation.Tests.Browser.Chromium))]

namespace CredRotation.Tests.Browser;

/// <summary>How a person looks at a page.</summary>
public enum Look { Light, Dark, Phone, PhoneDark }

/// <summary>One browser for the whole run, the machine's own, started by the first test that needs it; each test opens a profile of its own.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private readonly Lazy<Task<(IPlaywright Driver, IBrowser Browser)>> _running = new(StartAsync);

    /// <summary>Skips the test with the reason on a machine without a browser, unless everything is required.</summary>
    public async Task<IBrowserContext> OpenAsync(Look look = Look.Light, bool withScripts = true)
    {
        if (Installed.Find() is null)
        {
            const string because = "No Chromium is on this machine: install the package chromium, or name its program in the variable CHROMIUM.";
            if (Environment.GetEnvironmentVariable("CREDROTATION_REQUIRE_ALL") == "1") Assert.Fail(because);
            Assert.Skip(because);
        }

        var isPhone = look is Look.Phone or Look.PhoneDark;
        return await (await _running.Value).Browser.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = look is Look.Dark or Look.PhoneDark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
            ViewportSize = new ViewportSize { Width = isPhone ? 390 : 1200, Height = 800 },
            IsMobile = isPhone,
            HasTouch = isPhone,
            JavaScriptEnabled = withScripts,
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (!_running.IsValueCreated || !_running.Value.IsCompletedSuccessfully) return;
        var (driver, browser) = await _running.Value;
        await browser.DisposeAsync();
        driver.Dispose();
    }

    private static async Task<(IPlaywright, IBrowser)> StartAsync()
    {
        var driver = await Playwright.CreateAsync();
        return (driver, await driver.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Installed.Find(),
            Headless = true,
            Args = ["--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking", "--proxy-server=direct://"],
        }));
    }
}
