using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CredRotation.Sandbox.Shots;

/// <summary>How a picture is taken.</summary>
public sealed record Look(string Name, int Width, bool IsDark);

/// <summary>An installed Chromium without a window, told over its own debugging protocol what to show; ended when disposed.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private const int HeightMax = 12_000;
    private static readonly string[] s_names = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable", "/usr/bin/chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", @"C:\Program Files\Google\Chrome\Application\chrome.exe"];
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly string _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonObject>> _answers = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _events = new();
    private Task _reading = Task.CompletedTask;
    private string? _session;
    private int _calls;

    private Browser(Process process, string profile) => (_process, _profile) = (process, profile);

    /// <summary>The path of a Chromium on this machine: the variable CHROMIUM, else where they are usually installed; null without one.</summary>
    public static string? Find()
        => Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } own ? (File.Exists(own) ? own : null) : s_names.FirstOrDefault(File.Exists);

    public static async Task<Browser> StartAsync(string path, CancellationToken cancellationToken)
    {
        var profile = Directory.CreateTempSubdirectory("credrotation-shots-").FullName;
        var start = new ProcessStartInfo(path) { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments = ["--headless", "--remote-debugging-port=0", $"--user-data-dir={profile}", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--hide-scrollbars", "--proxy-server=direct://", "about:blank"];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        // Chromium refuses its own sandbox to root, as in most containers. It only ever opens pages of this machine here.
        if (Environment.UserName == "root") start.ArgumentList.Insert(0, "--no-sandbox");

        var browser = new Browser(new Process { StartInfo = start, EnableRaisingEvents = true }, profile);
        try
        {
            await browser.ConnectAsync(cancellationToken);
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Goes somewhere and waits until it has loaded.</summary>
    public async Task GoAsync(Uri uri, CancellationToken cancellationToken)
    {
        var loaded = _events["Page.loadEventFired"] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = await CallAsync("Page.navigate", new JsonObject { ["url"] = uri.AbsoluteUri }, cancellationToken);
        if ((string?)answer["errorText"] is { Length: > 0 } error) throw new InvalidOperationException($"The browser could not open {uri.GetLeftPart(UriPartial.Path)}: {error}");
        await loaded.Task.WaitAsync(s_patience, TimeProvider.System, cancellationToken);
    }

    /// <summary>Fills the fields of the page's first form and sends it, and waits until what it answers has loaded.</summary>
    public async Task SendFormAsync(IReadOnlyDictionary<string, string> fields, CancellationToken cancellationToken)
    {
        var loaded = _events["Page.loadEventFired"] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var script = $"const form = document.forms[0]; for (const [name, value] of Object.entries({JsonSerializer.Serialize(fields)})) form.elements[name].value = value; form.submit();";
        await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = $"{{ {script} }}" }, cancellationToken);
        await loaded.Task.WaitAsync(s_patience, TimeProvider.System, cancellationToken);
    }

    /// <summary>The whole page as a picture.</summary>
    public async Task<byte[]> ShootAsync(Look look, CancellationToken cancellationToken)
    {
        await CallAsync("Emulation.setEmulatedMedia", new JsonObject
        {
            ["features"] = new JsonArray { Feature("prefers-color-scheme", look.IsDark ? "dark" : "light"), Feature("prefers-reduced-motion", "reduce") },
        }, cancellationToken);
        await SizeAsync(look.Width, 800, cancellationToken);
        var metrics = await CallAsync("Page.getLayoutMetrics", [], cancellationToken);
        var height = Math.Clamp((int)Math.Ceiling((double)metrics["cssContentSize"]!["height"]!), 1, HeightMax);
        await SizeAsync(look.Width, height, cancellationToken);
        var picture = await CallAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png" }, cancellationToken);
        return Convert.FromBase64String((string)picture["data"]!);
    }

    /// <summary>Whether the page is wider than its window, which on a phone means scrolling sideways.</summary>
    public async Task<bool> IsWiderThanAsync(int width, CancellationToken cancellationToken)
        => (double)(await CallAsync("Page.getLayoutMetrics", [], cancellationToken))["cssContentSize"]!["width"]! > width;

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        try
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            // It was never started, or has ended.
        }

        _process.Dispose();
        _closing.Dispose();
        try
        {
            Directory.Delete(_profile, recursive: true);
        }
        catch (IOException)
        {
            // A helper process is still writing; the temporary folder is the system's to clean.
        }
    }

    private static JsonObject Feature(string name, string value) => new() { ["name"] = name, ["value"] = value };

    private async Task SizeAsync(int width, int height, CancellationToken cancellationToken)
        => await CallAsync("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = width < 500 }, cancellationToken);

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        const string listening = "DevTools listening on ";
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text && text.StartsWith(listening, StringComparison.Ordinal) && Uri.TryCreate(text[listening.Length..].Trim(), UriKind.Absolute, out var uri)) address.TrySetResult(uri);
        };
        _process.Exited += (_, _) => address.TrySetException(new InvalidOperationException("The browser ended before it could be used."));
        _process.Start();
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();

        _socket.Options.Proxy = null;
        await _socket.ConnectAsync(await address.Task.WaitAsync(s_patience, TimeProvider.System, cancellationToken), cancellationToken);
        _reading = ReadAsync(_closing.Token);
        var target = await CallAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" }, cancellationToken);
        var attached = await CallAsync("Target.attachToTarget", new JsonObject { ["targetId"] = (string?)target["targetId"], ["flatten"] = true }, cancellationToken);
        _session = (string?)attached["sessionId"];
        await CallAsync("Page.enable", [], cancellationToken);
    }

    private async Task<JsonObject> CallAsync(string method, JsonObject parameters, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _calls);
        var answer = _answers[id] = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (_session is not null) message["sessionId"] = _session;
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        return await answer.Task.WaitAsync(s_patience, TimeProvider.System, cancellationToken);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        using var whole = new MemoryStream();
        while (true)
        {
            var part = await _socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            if (part.MessageType is WebSocketMessageType.Close) return;
            whole.Write(buffer, 0, part.Count);
            if (!part.EndOfMessage) continue;
            Hear(JsonNode.Parse(whole.GetBuffer().AsSpan(0, (int)whole.Length)) as JsonObject);
            whole.SetLength(0);
        }
    }

    private void Hear(JsonObject? message)
    {
        if (message?["id"] is { } id && _answers.TryRemove((int)id, out var answer))
        {
            if (message["error"] is { } error) answer.TrySetException(new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The browser refused: {error["message"]}")));
            else answer.TrySetResult(message["result"] as JsonObject ?? []);
        }
        else if ((string?)message?["method"] is { } happened && _events.TryGetValue(happened, out var waiting))
        {
            waiting.TrySetResult();
        }
    }
}
