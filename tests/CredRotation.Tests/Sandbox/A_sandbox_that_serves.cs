using System.Diagnostics;
using System.Net;
using System.Text.Json;
using CredRotation.Benchmarks.KilledProcess;
using CredRotation.Sandbox.Wire;

namespace CredRotation.Tests.Sandbox;

/// <summary><c>serve --json</c>, and the app as a second process with the settings it printed.</summary>
public sealed class A_sandbox_that_serves
{
    private static readonly TimeSpan s_sweepMax = TimeSpan.FromSeconds(60);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prints_one_line_with_which_the_app_runs_and_people_sign_in()
    {
        using var sandbox = SandboxCommand.Start("serve", "--seed", "5", "--json");
        try
        {
            var line = await sandbox.StandardOutput.ReadLineAsync(Stop);
            using var printed = JsonDocument.Parse(line!);
            Assert.Equal(["settings", "pages"], printed.RootElement.EnumerateObject().Select(member => member.Name));
            var settings = printed.RootElement.GetProperty("settings").EnumerateObject().ToDictionary(setting => setting.Name, setting => setting.Value.GetString()!);

            await using var app = await HostProcess.StartAsync(settings, Stop);
            var page = new Uri(printed.RootElement.GetProperty("pages").GetProperty("owner-1").GetString()!);
            await AssertOpensAsync(page);

            sandbox.Kill(entireProcessTree: true);
            Assert.Equal("", await sandbox.StandardOutput.ReadToEndAsync(Stop));
        }
        finally
        {
            if (!sandbox.HasExited) sandbox.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Until the first sweep has adopted something, nobody owns anything and the page is closed to owners.</summary>
    private static async Task<HttpResponseMessage> OpenAsync(HttpClient http, Uri page, string cookie)
    {
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Stop))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, page) { Headers = { { "Cookie", cookie } } };
            var answer = await http.SendAsync(request, Stop);
            if (answer.StatusCode is not HttpStatusCode.Forbidden || Stopwatch.GetElapsedTime(started) > s_sweepMax) return answer;
            answer.Dispose();
        }
    }

    /// <summary>As a browser does: follows the redirect with the cookie.</summary>
    private static async Task AssertOpensAsync(Uri page)
    {
        using var http = PinnedTransport.Client("none");
        using var signedIn = await http.GetAsync(page, Stop);
        Assert.Equal(HttpStatusCode.Redirect, signedIn.StatusCode);
        var to = new Uri(page, signedIn.Headers.Location!);
        Assert.DoesNotContain("token", to.AbsoluteUri, StringComparison.OrdinalIgnoreCase);
        var cookie = Assert.Single(signedIn.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);

        using var answer = await OpenAsync(http, to, cookie.Split(';')[0]);
        Assert.Equal((HttpStatusCode.OK, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Contains("payment-gateway-api-key", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);

        using var stranger = await http.GetAsync(to, Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
    }
}
